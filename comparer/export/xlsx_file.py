"""Everything as an Excel workbook: the score table, the ratings behind it, statistics, and what all of it means.

Text is only ever written as text: no cell becomes a formula or a link, whatever it begins with.
"""

from collections.abc import Sequence
from datetime import UTC
from io import BytesIO
from pathlib import Path
from typing import Any

from comparer import __version__
from comparer.errors import InputError
from comparer.export.definitions import COLUMNS, figure_name, meaning
from comparer.export.rows import RATING_COLUMNS, Value, rating_row
from comparer.export.source import Source, filter_used, minute
from comparer.export.xlsx_cell import Formats, cell_text
from comparer.export.xlsx_cost import write_cost, write_price_sheet
from comparer.export.xlsx_statistics import write_statistics
from comparer.fit.findings import STATISTICS
from comparer.fit.recommendation import item_name, recommend
from comparer.fit.score_table import Cell, Row, ScoreTable
from comparer.palette import VERDICT_SHADES, model_shade, shade

MOST_ROWS = 1_048_576

_WIDTHS = {"rated_at": 18, "question": 44, "answer": 60, "note": 30, "reasons": 22, "model_id": 26, "pictures": 16}
_MODEL_COLUMNS = ("pass_rate", "low", "high", "cases", "ratings", "verdict")


def write_workbook(source: Source, file: Path) -> None:
    """Write the sheets Summary, Ratings, Statistics, Definitions, and Cost and Prices where somebody has set any.

    Raises InputError `too_many_rows`, OSError, StoreError.
    """
    from xlsxwriter import Workbook

    content = BytesIO()
    table = source.table()
    with Workbook(content, {"in_memory": True}) as book:
        book.set_properties({"title": source.say("report.title"), "comments": f"Model Comparer {__version__}"})

        def style(**properties: Any) -> Any:
            return book.add_format({"font_name": "Calibri", "font_size": 11, "valign": "top", **properties})

        _Summary(book.add_worksheet(source.say("sheet.summary")), source, table, style).write()
        _write_ratings(book.add_worksheet(source.say("sheet.ratings")), source, style)
        write_statistics(book.add_worksheet(source.say("sheet.statistics")), source, style)
        cost = source.cost()
        if cost is not None:
            write_cost(book.add_worksheet(source.say("sheet.cost")), cost, source, style)
            write_price_sheet(book.add_worksheet(source.say("sheet.prices")), cost, source, style)
        _write_definitions(book.add_worksheet(source.say("sheet.definitions")), source, table, style)
    file.write_bytes(content.getvalue())


class _Summary:
    """The first sheet: the recommendation with its reasons, and below it items by models."""

    def __init__(self, sheet: Any, source: Source, table: ScoreTable, style: Formats) -> None:
        self._sheet, self._source, self._table = sheet, source, table
        self._grey = style(font_color="#475569")
        self._title = style(bold=True, font_size=16)
        self._big = style(bold=True, font_size=13)
        self._plain = style(border=1, border_color="#E2E8F0")
        self._head = style(bold=True, border=1, border_color="#E2E8F0", text_wrap=True)
        self._percent = style(num_format="0%", border=1, border_color="#E2E8F0")
        self._verdicts = {
            verdict: style(
                bold=True,
                border=1,
                border_color="#E2E8F0",
                font_color=shade(name),
                bg_color=shade(f"{name}-fill"),
            )
            for verdict, name in VERDICT_SHADES.items()
        }
        self._models = [
            style(bold=True, font_color=model_shade(place), bottom=5, bottom_color=model_shade(place))
            for place in range(len(table.models))
        ]

    def write(self) -> None:
        """Fill the sheet."""
        sheet, say = self._sheet, self._source.say
        sheet.hide_gridlines(2)
        sheet.set_column(0, 0, 30)
        sheet.set_column(1, 1, 11)
        self._text(0, 0, say("report.title"), self._title)
        self._text(1, 0, f"{minute(self._source.written_at)} · Model Comparer {__version__}", self._grey)
        advice = recommend(self._table)
        headline, *reasons = [
            reason.sentence(self._source.language, self._source.labels) for reason in advice.reasons
        ]
        self._text(3, 0, headline, self._big)
        for number, reason in enumerate(reasons):
            self._text(4 + number, 0, f"• {reason}", None)
        top = 5 + len(reasons)
        self._write_heads(top)
        for number, row in enumerate(self._table.rows):
            self._write_row(top + 2 + number, row)
        sheet.freeze_panes(0, 1)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)

    def _write_heads(self, top: int) -> None:
        say = self._source.say
        self._text(top + 1, 0, say("fit.item"), self._head)
        self._text(top + 1, 1, say("figure.threshold"), self._head)
        for place, model in enumerate(self._table.models):
            first = self._first(place)
            self._sheet.merge_range(top, first, top, first + len(_MODEL_COLUMNS) - 1, "", self._models[place])
            self._text(top, first, self._source.label(model), self._models[place])
            for number, name in enumerate(_MODEL_COLUMNS):
                self._text(top + 1, first + number, say(f"column.{name}"), self._head)
            self._sheet.set_column(first, first + 4, 8.5)
            self._sheet.set_column(first + 5, first + 5, 12)
        self._sheet.set_column(self._first(len(self._table.models)), self._first(len(self._table.models)), 24)
        self._text(top + 1, self._first(len(self._table.models)), say("fit.column_smallest"), self._head)

    def _write_row(self, at: int, row: Row) -> None:
        self._text(at, 0, item_name(row.item, self._source.language), self._head)
        self._sheet.write_number(at, 1, row.threshold, self._percent)
        for place, model in enumerate(self._table.models):
            self._write_cell(at, self._first(place), row.cells[model])
        smallest = row.smallest_sufficient
        label = self._source.say("fit.not_yet") if smallest is None else self._source.label(smallest)
        self._text(at, self._first(len(self._table.models)), label, self._plain)

    def _write_cell(self, at: int, first: int, cell: Cell) -> None:
        for number, rate in enumerate((cell.pass_rate, cell.low, cell.high)):
            if rate is None:
                self._sheet.write_blank(at, first + number, None, self._plain)
            else:
                self._sheet.write_number(at, first + number, rate, self._percent)
        self._sheet.write_number(at, first + 3, cell.cases, self._plain)
        self._sheet.write_number(at, first + 4, cell.ratings, self._plain)
        self._text(at, first + 5, self._source.say(f"verdict.{cell.verdict}"), self._verdicts[cell.verdict])

    def _first(self, place: int) -> int:
        """The column where the model at `place` begins; behind the last model, the column after it."""
        return 2 + place * len(_MODEL_COLUMNS)

    def _text(self, row: int, column: int, words: str, look: Any) -> None:
        self._sheet.write_string(row, column, cell_text(words, self._source.say("export.shortened")), look)


def _write_ratings(sheet: Any, source: Source, style: Formats) -> None:
    head = style(bold=True, bottom=2, bottom_color="#94A3B8", bg_color="#F1F5F9")
    plain, when = style(), style(num_format="yyyy-mm-dd hh:mm:ss", align="left")
    shortened = source.say("export.shortened")
    for place, name in enumerate(RATING_COLUMNS):
        sheet.write_string(0, place, name, head)
        sheet.set_column(place, place, _WIDTHS.get(name, min(20, max(9, len(name) + 3))))
    items = {item.key: item for item in source.store.items()}
    at = 0
    for at, rated in enumerate(source.store.rated_answers(source.ratings), start=1):
        if at >= MOST_ROWS:
            raise InputError("too_many_rows", limit=f"{MOST_ROWS:,}")
        row = rating_row(rated, items)
        sheet.set_row(at, 15)  # a long answer stays on one line until its reader opens it
        for place, name in enumerate(RATING_COLUMNS):
            if name == "rated_at":
                sheet.write_datetime(at, place, rated.rated_at.astimezone(UTC).replace(tzinfo=None), when)
            else:
                _write_value(sheet, at, place, row[name], plain, shortened)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, at, len(RATING_COLUMNS) - 1)


def _write_value(sheet: Any, row: int, column: int, value: Value, look: Any, shortened: str) -> None:
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value, look)
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value, look)
    elif value:
        sheet.write_string(row, column, cell_text(value, shortened), look)


def _write_definitions(sheet: Any, source: Source, table: ScoreTable, style: Formats) -> None:
    say, language = source.say, source.language
    head, term, prose = style(bold=True, font_size=13), style(bold=True), style(text_wrap=True)
    blocks: Sequence[tuple[str, list[tuple[str, str]]]] = (
        (
            say("report.about"),
            [
                (say("report.version"), f"Model Comparer {__version__}"),
                (say("report.date"), minute(source.written_at)),
            ],
        ),
        (say("report.filter"), filter_used(source)),
        (
            say("report.thresholds"),
            [(item_name(row.item, language), f"{row.threshold:.0%}") for row in table.rows],
        ),
        (say("sheet.statistics"), [(figure_name(name, language), meaning(name, language)) for name in STATISTICS]),
        (say("report.columns"), [(name, meaning(name, language)) for name in COLUMNS]),
    )
    shortened = say("export.shortened")
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 100)
    top = 0
    for title, pairs in blocks:
        sheet.write_string(top, 0, title, head)
        for at, (name, value) in enumerate(pairs, start=top + 1):
            sheet.write_string(at, 0, cell_text(name, shortened), term)
            sheet.write_string(at, 1, cell_text(value, shortened), prose)
        top += len(pairs) + 2
    sheet.hide_gridlines(2)
