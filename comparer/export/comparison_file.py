"""A comparison of runs as CSV: every common case with both scores and texts, so that the test can be done again."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from comparer.export.csv_file import write_csv
from comparer.export.rows import Value
from comparer.run_records import Judge
from comparer.suites.judged_reading import Compared, Side

COLUMNS = (
    "suite", "judge", "reference_run", "reference_model", "reference_precision", "candidate_run", "candidate_model",
    "candidate_precision", "case", "item", "change", "reference_score", "candidate_score", "difference",
    "reference_text", "candidate_text",
)  # fmt: skip


def write_comparison(destination: Path, reference: Side, candidates: Sequence[Compared], judge: Judge) -> None:
    """Write one row for each case of each candidate, changes first: regressions, improvements, other words, same."""
    write_csv(destination, COLUMNS, (row for one in candidates for row in _rows(reference, one, judge)))


def _rows(reference: Side, compared: Compared, judge: Judge) -> Iterator[dict[str, Value]]:
    candidate = compared.side
    items = {case.id: case.item for case in reference.cases}
    kinds: dict[str, str] = {change.case: change.kind for change in compared.comparison.changes}
    unchanged = (reference.results.keys() & candidate.results.keys()) - kinds.keys() - compared.changed_cases
    for case in (*kinds, *sorted(unchanged)):
        first, second = reference.results[case], candidate.results[case]
        scores = (first.score, second.score)
        yield {
            "suite": reference.run.request.suite,
            "judge": judge,
            **_named("reference", reference),
            **_named("candidate", candidate),
            "case": case,
            "item": items[case],
            "change": kinds.get(case, "unchanged"),
            "reference_score": first.score,
            "candidate_score": second.score,
            "difference": None if None in scores else (second.score or 0.0) - (first.score or 0.0),
            "reference_text": first.text,
            "candidate_text": second.text,
        }


def _named(side_of: str, side: Side) -> dict[str, Value]:
    model = side.run_model
    return {
        f"{side_of}_run": side.run.id,
        f"{side_of}_model": model.key,
        f"{side_of}_precision": model.precision,
    }
