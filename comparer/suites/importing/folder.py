"""A folder with `suite.toml`, or with one table and the pictures that it names -> a staged suite."""

from dataclasses import replace
from pathlib import Path

from comparer.errors import InputError
from comparer.suites.cases import Suite
from comparer.suites.importing.staging import Staging
from comparer.suites.importing.tables import SUFFIXES, stage_table
from comparer.suites.importing.vlmevalkit import is_benchmark, stage_benchmark
from comparer.suites.problems import Problems, refuse
from comparer.suites.reading import CASES, HEAD, read_suite
from comparer.suites.writing import write_suite


def stage_folder(folder: Path, stage: Staging) -> Suite:
    """Stage what `folder`, or the only folder in it, holds. Raises `SuiteError`."""
    inner = _without_wrapping(folder)
    if (inner / HEAD).is_file():
        return _stage_suite(inner, stage)
    tables = sorted(path for path in inner.iterdir() if path.suffix.lower() in SUFFIXES and not path.is_symlink())
    if len(tables) != 1:
        names = ", ".join(path.name for path in tables[:5])
        raise refuse("no_suite_inside" if not tables else "several_tables", folder.name, names=names)
    if is_benchmark(tables[0]):
        return stage_benchmark(tables[0], stage, base=inner)
    return stage_table(tables[0], stage, base=inner)


def _without_wrapping(folder: Path) -> Path:
    """Archives often hold one folder that holds everything."""
    while not (folder / HEAD).exists():
        inside = [path for path in folder.iterdir() if not path.name.startswith((".", "__MACOSX"))]
        if len(inside) != 1 or not inside[0].is_dir() or inside[0].is_symlink():
            break
        folder = inside[0]
    return folder


def _stage_suite(folder: Path, stage: Staging) -> Suite:
    suite = read_suite(folder)
    problems = Problems(CASES)
    kept: set[str] = set()
    root = folder.resolve()
    for row, case in enumerate(suite.cases, start=1):
        for place, picture in enumerate(case.pictures):
            if picture in kept:
                continue
            try:
                if not (folder / picture).resolve().is_relative_to(root):  # a link
                    raise InputError("picture_outside_folder", name=picture)
                stage.copy(folder / picture, picture)
                kept.add(picture)
            except InputError as error:
                problems.add_error(error, row, f"pictures[{place}]")
    problems.raise_if_any()
    head = suite.head.model_copy(update={"name": stage.options.name or suite.name})
    staged = replace(suite, head=head, folder=stage.folder)
    write_suite(staged)
    return staged
