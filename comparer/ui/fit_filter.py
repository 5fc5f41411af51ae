"""The filter over the score table: its value, its controls, and the line that says what is filtered."""

from dataclasses import dataclass, replace
from datetime import date
from html import escape
from typing import Any

import gradio as gr
from gradio.blocks import Block

from comparer.errors import InputError
from comparer.run_records import Judge
from comparer.store import RatingFilter
from comparer.texts import Language, text
from comparer.ui.context import Context
from comparer.ui.days import beginning, end, read_day
from comparer.ui.i18n import Localizer, Updates

ALL_PRECISIONS = ""
DAYS_JS = """
element.addEventListener('change', () => {
  const [since, until] = element.querySelectorAll('input');
  if (since.validity.rangeUnderflow || until.validity.rangeUnderflow) return;   // a year half typed
  trigger('days', { since: since.value, until: until.value });
});
"""


@dataclass(frozen=True, slots=True)
class FitFilter:
    """Which ratings the page shows; empty means all. Days are whole ones in UTC, both are included."""

    lineup: str = ""
    """Whose ratings; empty for the lineup that answers here."""
    precision: str = ALL_PRECISIONS
    reviewers: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    blind_only: bool = False
    judge: Judge = "people"
    """Whose verdicts the table shows: people's, or those of automatic checks in runs of suites. Never both."""

    def ratings(self, context: Context, without_conversation: str = "") -> RatingFilter:
        """This filter on the ratings of its lineup. Raises `LineupError` for one that nobody knows."""
        return replace(
            context.of(self.lineup).ratings(self.blind_only, without_conversation),
            precision=self.precision,
            reviewers=self.reviewers,
            since=beginning(self.since),
            until=end(self.until),
        )

    def within(self, since: str, until: str) -> "FitFilter":
        """The same between two days as ISO writes them (2026-01-10), empty for no limit.

        Raises InputError `date_unusable` or `dates_reversed`.
        """
        first, last = read_day(since), read_day(until)
        if first and last and first > last:
            raise InputError("dates_reversed", since=since, until=until)
        return replace(self, since=first, until=last)


EVERYTHING = FitFilter()


def reviewer_name(name: str, language: Language) -> str:
    """A reviewer as the page calls them."""
    return name or text("chart.unnamed", language)


@dataclass(frozen=True)
class FilterControls:
    """The components; `value` holds the `FitFilter` that they stand for."""

    value: gr.State
    judge: gr.Radio
    lineup: gr.Dropdown
    precision: gr.Dropdown
    reviewers: gr.Dropdown
    days: gr.HTML
    blind_only: gr.Checkbox
    chips: gr.HTML
    clear: gr.Button


def build_filter(texts: Localizer) -> FilterControls:
    """Lay the controls out in one row, the line that says what is filtered below."""
    add = texts.add
    with gr.Row(elem_id="fit-filter"):
        judge = add(
            gr.Radio,
            {"label": "suites.judge", "choices": _judges},
            value="people",
            elem_id="filter-judge",
        )
        lineup = add(
            gr.Dropdown,
            {"label": "filter.lineup"},
            choices=[],
            filterable=False,
            visible=False,
            elem_id="filter-lineup",
        )
        precision = add(
            gr.Dropdown,
            {"label": "filter.precision"},
            choices=_precisions((), texts.first),
            value=ALL_PRECISIONS,
            filterable=False,
            elem_id="filter-precision",
        )
        reviewers = add(
            gr.Dropdown,
            {"label": "fit.filter_reviewers"},
            choices=[],
            value=[],
            multiselect=True,
            elem_id="filter-reviewers",
        )
        days = gr.HTML(days_html(EVERYTHING, texts.first), js_on_load=DAYS_JS, elem_id="filter-days")
        blind_only = add(
            gr.Checkbox, {"label": "fit.filter_blind"}, value=False, elem_id="blind-only", container=False
        )
    with gr.Row(elem_id="fit-filtered", visible=True):
        chips = gr.HTML(elem_id="filter-chips")
        clear = add(gr.Button, {"value": "fit.filter_clear"}, size="sm", visible=False, elem_id="filter-clear")
    return FilterControls(gr.State(EVERYTHING), judge, lineup, precision, reviewers, days, blind_only, chips, clear)


class FilterHandlers:
    """What the controls do to the filter, and how they show it. Reads the table's choices, never the table."""

    def __init__(self, context: Context, controls: FilterControls) -> None:
        self._context = context
        self._controls = controls

    @property
    def shown(self) -> list[Block]:
        """What `show` changes."""
        controls = self._controls
        return [
            controls.value,
            controls.judge,
            controls.lineup,
            controls.precision,
            controls.reviewers,
            controls.days,
            controls.blind_only,
            controls.chips,
            controls.clear,
        ]

    def show(self, shown: FitFilter, language: Language) -> Updates:
        """All controls as the filter stands. Raises `ComparerError`."""
        controls, store = self._controls, self._context.store
        names = dict.fromkeys([*(reviewer.name for reviewer in store.reviewers()), *shown.reviewers])
        own, by_people = self._context.lineup.name, shown.judge == "people"
        others = [(name, name) for name in store.lineups() if name != own and self._context.knows(name)]
        precisions = dict.fromkeys([*store.precisions(self._context.of(shown.lineup).ratings()), shown.precision])
        return {
            controls.value: shown,
            controls.judge: shown.judge,
            controls.lineup: gr.update(choices=[(own, ""), *others], value=shown.lineup, visible=bool(others)),
            controls.precision: gr.update(choices=_precisions(tuple(precisions), language), value=shown.precision),
            controls.reviewers: gr.update(
                choices=[(reviewer_name(name, language), name) for name in names],
                value=list(shown.reviewers),
                interactive=by_people,
            ),
            controls.days: days_html(shown, language),
            controls.blind_only: gr.update(value=shown.blind_only, interactive=by_people),
            controls.chips: chips_html(shown, language),
            controls.clear: gr.update(visible=shown != EVERYTHING),
        }


def _judges(language: Language) -> list[tuple[str, str]]:
    return [(text(f"suites.judge_{judge}", language), judge) for judge in ("people", "checks")]


def _precisions(found: tuple[str, ...], language: Language) -> list[tuple[str, str]]:
    return [(text("fit.filter_any_precision", language), ALL_PRECISIONS), *((name, name) for name in found if name)]


def days_html(shown: FitFilter, language: Language) -> str:
    """Two native date fields: they speak the browser's language and can hold nothing but a date."""

    def field(key: str, day: date | None) -> str:
        label = escape(text(f"filter.{key}", language))
        value = day.isoformat() if day else ""
        return f"<label><span>{label}</span><input type='date' min='2000-01-01' name='{key}' value='{value}'></label>"

    return (
        f"<div class='days' title='{escape(text('fit.filter_days_hint', language))}'>"
        f"{field('since', shown.since)}{field('until', shown.until)}</div>"
    )


def chips_html(shown: FitFilter, language: Language) -> str:
    """What the table is filtered by, one chip each; empty without a filter."""
    by_people = shown.judge == "people"
    chips: list[tuple[str, Any]] = [
        ("judge", "" if by_people else text("suites.judge_checks", language)),
        ("lineup", shown.lineup),
        ("precision", shown.precision),
        ("reviewers", ("、" if language == "zh" else ", ").join(reviewer_name(r, language) for r in shown.reviewers)),
        ("since", shown.since),
        ("until", shown.until),
        ("blind_only", text("filter.yes", language) if shown.blind_only else ""),
    ]
    made = "".join(
        f"<span class='chip'><span class='muted'>{escape(text(f'filter.{key}', language))}</span>"
        f"{escape(str(value))}</span>"
        for key, value in chips
        if value
    )
    if not made:
        return ""
    return f"<p class='chips' role='status'><b>{escape(text('fit.filtered', language))}</b>{made}</p>"
