"""The formats by name, and the one function that writes them."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from comparer.errors import InputError
from comparer.export.battles import battles
from comparer.export.cost_part import cost_json
from comparer.export.csv_file import write_csv
from comparer.export.files import write_whole
from comparer.export.html_file import write_report
from comparer.export.markdown_file import write_markdown
from comparer.export.rows import (
    IMPORT_COLUMNS,
    RATING_COLUMNS,
    SUMMARY_COLUMNS,
    csv_import_columns,
    for_import,
    jsonable,
    moment,
    rating_row,
    summary_rows,
)
from comparer.export.source import CostReader, Source, no_cost
from comparer.export.statistics import statistics_json
from comparer.export.xlsx_file import write_workbook
from comparer.fit.recommendation import recommend, to_json
from comparer.store import ALL_RATINGS, RatingFilter, Store
from comparer.texts import Language
from comparer.transfer import VERSION, ItemDefinition


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of file: how it is named and how it is written."""

    file_name: str
    write: Callable[[Source, Path], None]


def export(
    format_name: str,
    store: Store,
    *,
    models: Sequence[str],
    destination: Path,
    ratings: RatingFilter = ALL_RATINGS,
    language: Language = "en",
    labels: Mapping[str, str] = MappingProxyType({}),
    read_cost: CostReader = no_cost,
) -> Path:
    """Write the ratings or the score table to a file; returns where it lies.

    `format_name` is a key of `FORMATS`; `models` are the table's, smallest first, and `labels` say what a reader
    calls them; `read_cost` gives the cost part of those formats that have one. `destination` is the file, or a folder
    that is there, in which it gets a name with the day. An earlier file of that name is replaced only when the new
    one is whole. Raises InputError `unknown_format`, `export_not_written` or what the format cannot hold, and
    StoreError.
    """
    chosen = FORMATS.get(format_name)
    if chosen is None:
        raise InputError("unknown_format", format=format_name, known=", ".join(FORMATS))
    target = destination
    if destination.is_dir():
        target = destination / chosen.file_name.format(day=datetime.now(UTC).date().isoformat())
    source = Source(store, models, ratings, language, labels, read_cost)
    return write_whole(target, lambda file: chosen.write(source, file))


def _write_ratings_csv(source: Source, file: Path) -> None:
    items = {item.key: item for item in source.store.items()}
    definitions = {defined.item.key: defined for defined in _definitions(source)}
    rows = (
        rating_row(rated, items) | csv_import_columns(rated, definitions)
        for rated in source.store.rated_answers(source.ratings)
    )
    write_csv(file, (*RATING_COLUMNS, *IMPORT_COLUMNS), rows)


def _definitions(source: Source) -> list[ItemDefinition]:
    everyone = source.store.items(include_archived=True)
    return [ItemDefinition(item, place) for place, item in enumerate(everyone)]


def _write_summary_csv(source: Source, file: Path) -> None:
    write_csv(file, SUMMARY_COLUMNS, summary_rows(source.table()))


def _write_json(source: Source, file: Path) -> None:
    table, cost = source.table(), source.cost()
    items = {item.key: item for item in source.store.items()}
    whole = {
        "version": VERSION,
        "exported_at": moment(source.written_at),
        "models": list(source.models),
        **to_json(table, recommend(table), source.language),
        "statistics": statistics_json(source.evidence()),
        "cost": None if cost is None else cost_json(cost, source.language),
        "items": [jsonable(defined) for defined in _definitions(source)],
        "ratings": [
            rating_row(rated, items) | {"case_key": rated.origin.case_key, "for_import": for_import(rated)}
            for rated in source.store.rated_answers(source.ratings)
        ],
        "votes": [jsonable(vote) for vote in source.store.carried_votes(source.ratings)],
    }
    file.write_text(json.dumps(whole, ensure_ascii=False, indent=1) + "\n", "utf-8")


def _write_battles(source: Source, file: Path) -> None:
    with file.open("w", encoding="utf-8", newline="\n") as out:
        for row in battles(source.store.votes(source.ratings)):
            out.write(json.dumps(row, ensure_ascii=False) + "\n")


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "csv": Format("comparer-ratings-{day}.csv", _write_ratings_csv),
        "csv-summary": Format("comparer-summary-{day}.csv", _write_summary_csv),
        "json": Format("comparer-{day}.json", _write_json),
        "xlsx": Format("comparer-{day}.xlsx", write_workbook),
        "markdown": Format("comparer-summary-{day}.md", write_markdown),
        "html": Format("comparer-report-{day}.html", write_report),
        "battles": Format("comparer-battles-{day}.jsonl", _write_battles),
    }
)
"""Every format by the name that the endpoint and the command line take."""
