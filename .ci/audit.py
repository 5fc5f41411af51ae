"""Asks pip-audit about the installed packages, prints all that is known, and fails where something can be done.

PyPI's advisories carry no severity, so "high" cannot be the rule. Instead the build fails for a vulnerability of a
package for which a repaired release is there that this project's own ranges and those of all installed packages allow
(an update is all it takes), or that nothing but this project's own range shuts out (the range must be widened). What
nobody has repaired yet, or what another package holds back, is listed and does not fail: there is nothing to do here.
Where the service cannot be asked (no network, a mirror without it) that is said, and does not fail either.

    python .ci/audit.py [--report FILE]    FILE: a report of `pip-audit -f json`, instead of asking
"""

import argparse
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

PROJECT = "comparer"
PIP_AUDIT = ("pip_audit", "--local", "--vulnerability-service", "pypi", "-f", "json", "--desc", "off")
WITHIN_S = 300

Ranges = dict[str, dict[str, SpecifierSet]]
"""By package, who asks for which releases of it."""


def installed_ranges() -> Ranges:
    """What the installed packages ask for, without what only their extras do."""
    ranges: Ranges = defaultdict(dict)
    for one in distributions():
        for line in one.requires or ():
            needed = Requirement(line)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                ranges[canonicalize_name(needed.name)][canonicalize_name(one.name)] = needed.specifier
    return ranges


def allowed(version: str, ranges: Iterable[SpecifierSet]) -> bool:
    return all(one.contains(Version(version), prereleases=True) for one in ranges)


def judge(report: dict[str, Any], ranges: Ranges) -> tuple[list[str], list[str]]:
    """What is known, a line each; and of these the lines about which something can be done here."""
    told, to_do = [], []
    for package in report["dependencies"]:
        name = canonicalize_name(package["name"])
        asked = ranges.get(name, {})
        others = [one for who, one in asked.items() if who != PROJECT]
        for found in package.get("vulns", ()):
            fixes = found["fix_versions"]
            line = f"{name} {package['version']}: {found['id']}, repaired in {', '.join(fixes) or 'no release yet'}"
            if any(allowed(fix, asked.values()) for fix in fixes):
                line += " (update it)"
                to_do.append(line)
            elif any(allowed(fix, others) for fix in fixes):
                line += f" (widen the range {asked[PROJECT]} in pyproject.toml)"
                to_do.append(line)
            told.append(line)
    return told, to_do


def ask() -> dict[str, Any] | None:
    """pip-audit's report on this environment; None where the service does not answer."""
    try:
        asked = subprocess.run(
            [sys.executable, "-m", *PIP_AUDIT], capture_output=True, text=True, check=False, timeout=WITHIN_S
        )
        return dict(json.loads(asked.stdout))
    except (subprocess.TimeoutExpired, ValueError):
        return None


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--report", type=Path)
    file = options.parse_args().report
    report = json.loads(file.read_text("utf-8")) if file else ask()
    unasked = [one["name"] for one in report["dependencies"] if "skip_reason" in one] if report else []
    if report is None or len(unasked) == len(report["dependencies"]):
        print("pip-audit: the vulnerability service could not be asked; nothing was audited")
        return 0
    told, to_do = judge(report, installed_ranges())
    for line in told:
        print(f"pip-audit: {line}")
    audited = len(report["dependencies"]) - len(unasked)
    print(f"pip-audit: {audited} packages audited, {len(told)} vulnerabilities, {len(to_do)} to be dealt with here")
    if unasked:
        print(f"pip-audit: the service knows nothing of {len(unasked)} packages: {', '.join(sorted(unasked))}")
    return 1 if to_do else 0


if __name__ == "__main__":
    raise SystemExit(main())
