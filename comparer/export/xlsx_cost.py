"""The sheets of the cost part: the choice with every estimate and formula, and the price table."""

from typing import Any

from comparer.cost.rows import estimate_rows
from comparer.cost.telling import flip_says, groups, reasons, said_once
from comparer.cost.view import CostView
from comparer.export.cost_part import figure_name, needs_words, speed_words
from comparer.export.prices_file import COLUMNS, kept_price_rows
from comparer.export.source import Source
from comparer.export.xlsx_cell import Formats, cell_text

_LINE = {"border": 1, "border_color": "#E2E8F0"}


def write_cost(sheet: Any, view: CostView, source: Source, style: Formats) -> None:
    """The decision, all options, what it rests on, and every figure as a number with its formula as text."""
    _Sheet(sheet, view, source, style).write()


class _Sheet:
    def __init__(self, sheet: Any, view: CostView, source: Source, style: Formats) -> None:
        self._sheet, self._view, self._source = sheet, view, source
        self._at = 0
        self._title, self._head = style(bold=True, font_size=13), style(bold=True, **_LINE)
        self._plain, self._wide = style(**_LINE), style(text_wrap=True, **_LINE)
        self._number, self._line = style(num_format="#,##0.00##", **_LINE), style()

    def write(self) -> None:
        view, source, say = self._view, self._source, self._source.say
        language, labels = source.language, view.facts.lineup.labels
        self._sheet.hide_gridlines(2)
        for column, width in enumerate((34, 16, 18, 90)):
            self._sheet.set_column(column, column, width)
        self._words([view.decision.headline.say(language, labels)], self._title)
        if view.facts.lineup.demo:
            self._words([say("cost.demo_note")], self._line)
        for need in said_once(view.decision.needs, language, labels):
            self._words([need], self._line)
        self._gap()
        self._options()
        self._gap(say("cost.flips_title"))
        for flip in view.flips:
            self._words([flip_says(flip, view.facts.plan, language, labels)], self._line)
        self._gap(say("report.cost_rests_on"))
        for name, value in needs_words(view, language):
            self._words([name, value], self._plain)
        for one in view.models:
            self._gap(f"{one.spec.label}, {one.spec.precision}, {one.gpu.name}")
            self._words([speed_words(one, language)], self._line)
            self._words(
                [say("report.cost_figure"), say("report.cost_value"), "", say("report.cost_formula")], self._head
            )
            for row in estimate_rows(one.estimate, language):
                self._figure(row)

    def _options(self) -> None:
        view, source = self._view, self._source
        language, labels = source.language, view.facts.lineup.labels
        self._words(
            [source.say(f"cost.column_{name}") for name in ("option", "standing", "cheapest", "why")], self._head
        )
        for group in groups(view.decision):
            standing = "chosen" if view.decision.chosen in group.options else f"standing_{group.standing}"
            why = " ".join(reasons(view.decision, group, language, labels))
            cheapest = group.cheapest
            self._write(0, f"{labels[group.model]}, {group.precision}")
            self._write(1, source.say(f"cost.{standing}"))
            self._write(2, None if cheapest is None or cheapest.monthly is None else float(cheapest.monthly))
            self._write(3, why)
            self._at += 1

    def _figure(self, row: dict[str, Any]) -> None:
        self._write(0, figure_name(row["figure"], self._source.language))
        self._write(1, row["value"])
        self._write(2, row["unit"])
        self._write(3, row["formula"])
        self._at += 1

    def _write(self, column: int, value: str | float | None) -> None:
        if value is None:
            self._sheet.write_blank(self._at, column, None, self._plain)
        elif isinstance(value, str):
            words = cell_text(value, self._source.say("export.shortened"))
            self._sheet.write_string(self._at, column, words, self._wide if column == 3 else self._plain)
        else:
            self._sheet.write_number(self._at, column, value, self._number)

    def _words(self, cells: list[str], look: Any) -> None:
        for column, words in enumerate(cells):
            self._sheet.write_string(self._at, column, cell_text(words, self._source.say("export.shortened")), look)
        self._at += 1

    def _gap(self, title: str = "") -> None:
        self._at += 1
        if title:
            self._words([title], self._title)


def write_price_sheet(sheet: Any, view: CostView, source: Source, style: Formats) -> None:
    """One row a card; prices as numbers, an unknown one an empty cell."""
    head, plain, number = style(bold=True, **_LINE), style(**_LINE), style(num_format="0.00##", **_LINE)
    for column, name in enumerate(COLUMNS):
        sheet.write_string(0, column, name, head)
        sheet.set_column(column, column, 26 if name == "source" else 14)
    for at, row in enumerate(kept_price_rows(view.facts.prices), start=1):
        for column, name in enumerate(COLUMNS):
            value = row[name]
            if value is None:
                sheet.write_blank(at, column, None, plain)
            elif name.endswith("per_hour"):
                sheet.write_number(at, column, float(value), number)
            elif isinstance(value, bool):
                sheet.write_boolean(at, column, value, plain)
            elif isinstance(value, int | float):
                sheet.write_number(at, column, value, plain)
            else:
                sheet.write_string(at, column, cell_text(value, source.say("export.shortened")), plain)
