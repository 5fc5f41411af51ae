"""What holds the project together: dependencies, import directions, the README's promises."""

import ast
import re
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

from packaging.specifiers import SpecifierSet

from comparer.paths import ASSETS

ROOT = ASSETS.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


def test_a_space_installs_what_the_project_needs() -> None:
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    wanted = [line for line in lines if line and not line.startswith("#")]
    assert wanted == PYPROJECT["project"]["dependencies"]


def test_imports_follow_the_flow_of_data() -> None:
    checked = run(sys.executable, "-c", "from importlinter.cli import lint_imports; raise SystemExit(lint_imports())")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_importing_the_package_is_cheap() -> None:
    code = (
        "import sys, comparer.errors, comparer.lineup, comparer.metrics, comparer.dialogue, comparer.pictures\n"
        "import comparer.charts, comparer.export, comparer.cost.fits, comparer.cost.rows, comparer.cost.article\n"
        "heavy = {'torch', 'transformers', 'plotly', 'gradio', 'sqlalchemy'} & set(sys.modules)\n"
        "raise SystemExit(', '.join(heavy) or None)"
    )
    checked = run(sys.executable, "-c", code)
    assert checked.returncode == 0, checked.stderr


def test_trainer_needs_neither_page_nor_database() -> None:
    for source in (ROOT / "comparer" / "demo").rglob("*.py"):
        if source.name == "commands.py":
            continue
        for node in ast.walk(ast.parse(source.read_text("utf-8"))):
            names = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            assert not {name.split(".")[0] for name in names} & {"gradio", "sqlalchemy", "typer", "bitsandbytes"}, (
                source
            )


def test_readme_front_matter_matches_the_project() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    matter = dict(
        line.split(":", 1) for line in readme.split("---")[1].strip().splitlines() if re.match(r"^[a-z_A-Z]+:", line)
    )
    assert matter["sdk"].strip() == "gradio" and matter["app_file"].strip() == "app.py"
    import gradio

    assert matter["sdk_version"].strip().strip('"') == gradio.__version__


def test_readme_lists_every_option() -> None:
    from comparer.settings import Settings

    readme = (ROOT / "README.md").read_text("utf-8")
    for name in Settings.model_fields:
        assert f"`--{name.replace('_', '-')}`" in readme, name


def test_a_vulnerability_fails_the_build_where_something_can_be_done() -> None:
    audit = runpy.run_path(str(ROOT / ".ci" / "audit.py"))

    def found(name: str, *fixes: str) -> dict[str, Any]:
        return {"name": name, "version": "1.0", "vulns": [{"id": f"PYSEC-{name}", "fix_versions": list(fixes)}]}

    ranges = {
        "stale": {"comparer": SpecifierSet(">=1,<2"), "other": SpecifierSet("!=1.1")},
        "capped-here": {"comparer": SpecifierSet("<2"), "other": SpecifierSet(">=1")},
        "capped-elsewhere": {"comparer": SpecifierSet(">=1"), "other": SpecifierSet("<2")},
    }
    packages = [
        found("Stale", "1.1", "1.2"), found("capped_here", "2.0"), found("capped-elsewhere", "2.0"),
        found("unrepaired"), {"name": "fine", "version": "1.0", "vulns": []}, {"name": "x", "skip_reason": "none"},
    ]  # fmt: skip
    told, to_do = audit["judge"]({"dependencies": packages}, ranges)
    assert [line.split(" ")[0] for line in told] == ["stale", "capped-here", "capped-elsewhere", "unrepaired"]
    assert [line.split(" ")[0] for line in to_do] == ["stale", "capped-here"]
    assert audit["installed_ranges"]()["starlette"]  # the ranges of what is installed here can be read


def test_a_service_that_cannot_be_asked_does_not_fail_the_build_and_says_so(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    report.write_text('{"dependencies": [{"name": "x", "skip_reason": "not found"}]}')
    checked = run(sys.executable, str(ROOT / ".ci" / "audit.py"), "--report", str(report))
    assert checked.returncode == 0 and "nothing was audited" in checked.stdout


def test_readme_pictures_exist() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", readme)
    assert pictures
    for picture in pictures:
        assert (ROOT / picture).is_file(), picture
