"""The sheet of statistics: for each one its sentences, and its figures as numbers."""

from math import isfinite
from typing import Any

from comparer.export.source import Source
from comparer.export.xlsx_cell import Formats, cell_text
from comparer.fit.finding import Column, Estimate, Finding, Kind, Value
from comparer.fit.findings import findings, what_was_used

_FORMATS: dict[Kind, str] = {
    "text": "@",
    "count": "#,##0",
    "share": "0%",
    "points": "+0%;-0%;0%",
    "alpha": "0.00",
    "ratio": "0.00",
    "p_value": "0.0000",
}


def write_statistics(sheet: Any, source: Source, style: Formats) -> None:
    """Fill the sheet. An interval takes three columns; an end that nothing bounds is an empty cell."""
    _Sheet(sheet, source, style).write()


class _Sheet:
    def __init__(self, sheet: Any, source: Source, style: Formats) -> None:
        self._sheet, self._source = sheet, source
        self._at = 0
        line = {"border": 1, "border_color": "#E2E8F0"}
        self._title = style(bold=True, font_size=13)
        self._sentence, self._grey = style(), style(font_color="#475569")
        self._head = style(bold=True, text_wrap=True, **line)
        self._looks = {kind: style(num_format=shape, **line) for kind, shape in _FORMATS.items()}

    def write(self) -> None:
        evidence, language = self._source.evidence(), self._source.language
        self._sheet.hide_gridlines(2)
        self._sheet.set_column(0, 0, 32)
        self._sheet.set_column(1, 20, 12)
        for sentence in what_was_used(evidence, language):
            self._line(sentence, self._grey)
        for one in findings(evidence, language, self._source.labels):
            self._at += 1
            self._write_finding(one)

    def _write_finding(self, one: Finding) -> None:
        self._line(one.title, self._title)
        for sentence in one.says:
            self._line(sentence, self._sentence)
        if one.takes:
            self._line(one.takes, self._grey)
        if one.rows:
            heads = [title for column in one.columns for title in self._titles(column)]
            for place, title in enumerate(heads):
                self._text(place, title, self._head)
            self._at += 1
        for row in one.rows:
            place = 0
            for column, value in zip(one.columns, row, strict=True):
                place = self._write_value(place, column, value)
            self._at += 1

    def _titles(self, column: Column) -> list[str]:
        if not column.interval:
            return [column.title]
        return [column.title, self._source.say("column.low"), self._source.say("column.high")]

    def _write_value(self, place: int, column: Column, value: Value) -> int:
        """Returns the next free column."""
        if column.interval:
            ends = value if isinstance(value, Estimate) else Estimate(None, None, None)
            for number, end in enumerate(ends):
                self._number(place + number, column, end)
            return place + 3
        if isinstance(value, int | float) or value is None:
            self._number(place, column, value)
        else:
            self._text(place, str(value), self._looks["text"])
        return place + 1

    def _number(self, place: int, column: Column, value: float | None) -> None:
        if value is None or not isfinite(value):
            self._sheet.write_blank(self._at, place, None, self._looks[column.kind])
        else:
            self._sheet.write_number(self._at, place, value, self._looks[column.kind])

    def _line(self, words: str, look: Any) -> None:
        self._text(0, words, look)
        self._at += 1

    def _text(self, place: int, words: str, look: Any) -> None:
        self._sheet.write_string(self._at, place, cell_text(words, self._source.say("export.shortened")), look)
