"""`comparer bench gpu`: what the three sizes of Qwen3-VL need of this card, measured at their real size.

    python -m comparer.bench.gpu [--models 4b,8b,30b] [--precisions bf16,int8,nf4] [--budget-s 540] [--resume]

Builds each model with random weights from its published configuration (nothing is downloaded), and measures: building
it on the card, prefill against picture size and context, time per token (one conversation and many, as transformers
decodes by default and compiled with a static cache), peak memory, and memory after the release. Speed and memory do
not depend on what the weights say, but for the experts of the 30B-A3B: trained ones are not chosen evenly.

What is measured goes to the file (format: `comparer.bench.measurements`) at once, so that a run that was cut off goes
on with `--resume`. Needs torch, transformers and accelerate only, bitsandbytes for int8 and nf4.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from time import monotonic

from comparer.bench.environment import (
    choose_device,
    describe_device,
    describe_versions,
    file_name,
    repository_commit,
)
from comparer.bench.measurements import SHIPPED
from comparer.bench.notebook import open_notebook
from comparer.bench.plan import MODELS, PRECISIONS, SHRUNK_SIZES, Sizes
from comparer.bench.runner import Run
from comparer.bench.table import row, table
from comparer.errors import ComparerError, InputError


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure as the command line says and print the table; 1 when something failed, 2 when it cannot begin."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _parse(given)
    try:
        return _measure(options, given)
    except ComparerError as error:
        sys.stderr.write(f"comparer: {error}\n")
        return 2


def _measure(options: argparse.Namespace, given: Sequence[str]) -> int:
    models = _chosen(options.models, MODELS)
    precisions = _chosen(options.precisions, PRECISIONS)
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    device = choose_device(options.device, shrunk=options.shrink)
    described = describe_device(device)
    file = _file(options.out, described.name, options.shrink)
    notebook = open_notebook(
        file,
        device=described,
        versions=describe_versions(),
        commit=repository_commit(),
        command=" ".join(("python -m comparer.bench.gpu", *given)),
        shrunk=options.shrink,
        resume=options.resume,
        force=options.force,
    )
    run = Run(
        notebook,
        sizes=SHRUNK_SIZES if options.shrink else Sizes(),
        repeats=options.repeats,
        device=device,
        until_s=monotonic() + options.budget_s,
        say=lambda one: _print(row(one), sys.stderr.write),
    )
    failed = run.all(models, precisions)
    content = notebook.measurements
    _print(json.dumps(json.loads(content.to_json())) if options.json else table(content, file), sys.stdout.write)
    return 1 if failed else 0


def _file(wanted: Path | None, device: str, shrunk: bool) -> Path:
    """Where to write. Figures of toys have no place of their own, and none among those that are shipped."""
    if not shrunk:
        return wanted or SHIPPED / file_name(device)
    if wanted is None or SHIPPED.resolve() in wanted.resolve().parents:
        raise InputError("bench_shrunk_here", folder=str(SHIPPED))
    return wanted


def _chosen(said: str, known: Collection[str]) -> list[str]:
    """The names that were asked for; "30b" is enough for "30B-A3B". Raises InputError for an unknown one."""
    names = {short: name for name in known for short in (name.lower(), name.lower().partition("-")[0])}
    chosen = [part.strip().lower() for part in said.split(",") if part.strip()]
    for part in chosen:
        if part not in names:
            raise InputError("bench_unknown", name=part, known=", ".join(known))
    return list(dict.fromkeys(names[part] for part in chosen))


def _print(line: str, write: Callable[[str], object]) -> None:
    write(f"{line}\n")
    sys.stdout.flush()  # a run that is cut off has said what it did


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "comparer bench gpu", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--models", default="4b,8b,30b", help="which, separated by commas (default: %(default)s)")
    add("--precisions", default=",".join(PRECISIONS), help="which, separated by commas (default: %(default)s)")
    add("--repeats", type=int, choices=range(5, 101), metavar="N", default=5, help="runs of each, at least 5")
    add("--budget-s", type=float, default=540.0, help="begin no measurement after so many seconds (default: 540)")
    add("--out", type=Path, help="file to write (default: assets/measurements/<card>.json)")
    add("--resume", action="store_true", help="go on in the file with what is missing or failed")
    add("--force", action="store_true", help="replace the file")
    add("--device", default="auto", help="auto, cuda:N, or cpu (with --shrink only)")
    add("--shrink", action="store_true", help="toys of the same architecture: tries the path; figures mean nothing")
    add("--json", action="store_true", help="print the file's content as one JSON object instead of a table")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    raise SystemExit(main())
