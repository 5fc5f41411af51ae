"""Cases from elsewhere -> a suite in the library: a folder, a ZIP, a table, or a benchmark of VLMEvalKit.

All or nothing: an import that finds anything wrong names every wrong row and keeps none of it.
"""

from pathlib import Path

from comparer.suites.cases import Suite
from comparer.suites.importing.archive import stage_archive
from comparer.suites.importing.folder import stage_folder
from comparer.suites.importing.staging import ImportOptions, install, staging
from comparer.suites.importing.tables import stage_table
from comparer.suites.importing.vlmevalkit import is_benchmark, rotated_questions, stage_benchmark
from comparer.suites.problems import refuse

__all__ = ["SUFFIXES", "ImportOptions", "import_suite", "rotated_questions"]

_TABLES = (".csv", ".jsonl", ".xlsx")
SUFFIXES = (".zip", ".tsv", *_TABLES)
"""Of the files that can be imported; folders can be, too."""


def import_suite(source: Path, library: Path, options: ImportOptions | None = None) -> Suite:
    """Import `source` into the folder `library`, as a suite of its own. Raises `SuiteError`.

    A folder or a ZIP holds either a suite, or one table with the pictures that it names by path; a table that comes
    alone can name addresses only. Every picture is decoded once, to see that it can be, and kept as it came.
    """
    options = options or ImportOptions()
    with staging(library, options) as stage:
        suffix = source.suffix.lower()
        if source.is_dir():
            suite = stage_folder(source, stage)
        elif not source.is_file():
            raise refuse("file_missing", source.name)
        elif suffix == ".zip":
            suite = stage_archive(source, stage)
        elif suffix == ".tsv" and is_benchmark(source):
            suite = stage_benchmark(source, stage)
        elif suffix in SUFFIXES:
            suite = stage_table(source, stage)
        else:
            raise refuse("unknown_format", source.name, known=", ".join(SUFFIXES))
        return install(suite, library)
