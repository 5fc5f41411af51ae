"""The panel "Run" of the Test suites tab: pick a suite, run it, watch the runs, read one. Knows no handlers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Any

import gradio as gr

from comparer.lineup import shipped_lineups
from comparer.suites.grid import SHOWN, Show
from comparer.suites.reading import Found
from comparer.texts import Language, text
from comparer.ui.context import Context
from comparer.ui.i18n import Localizer
from comparer.ui.rights import for_deed
from comparer.ui.run_address import MAX_WORDS, Looking

Choices = list[tuple[str, str]]

RUNS_JS = """
element.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-act]');
  if (button) trigger('act', { run: button.closest('[data-run]').dataset.run, act: button.dataset.act });
});
"""
GRID_JS = """
element.addEventListener('click', (event) => {
  const row = event.target.closest('tr[data-case]');
  if (row && !getSelection().toString()) trigger('open', { case: row.dataset.case });
});
"""
ADDRESS_JS = """
const part = (query, name) => new URLSearchParams(query).get(name) ?? '';
let followed = false;
watch('value', () => {
  const wanted = element.querySelector('[data-address]')?.dataset.address;
  const here = location.search;
  if (wanted) followed = true;             // before that, the address is what the browser was opened with
  if (wanted === undefined || wanted === here || !followed) return;
  if (!wanted && !part(here, 'tab')) return;                       // the address is another tab's
  const another = ['tab', 'on', 'run', 'case', 'base'].some((name) => part(wanted, name) !== part(here, name));
  history[another ? 'pushState' : 'replaceState'](null, '', wanted || location.pathname);
});
"""
"""Runs in the browser: the address follows what is shown, and going back leads to the run or case before."""


@dataclass(frozen=True, slots=True)
class View:
    """What one browser session looks at; only what somebody does changes it."""

    looking: Looking = field(default_factory=Looking)
    deleting: str = ""
    """The run whose deletion waits for confirmation."""
    open: bool = False
    """Whether the tab is in front."""
    last: str = ""
    """The case that was open last, from whose row to go on."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the browser has been sent: the clock draws anew what is no longer so."""

    quiet: bool = False
    """Whether the clock has found nothing under way: then it may stop."""
    looking: Looking | None = None
    """Of what the result, the grid and the case are."""
    progress: tuple[str, int, int] = ("", 0, 0)
    """State, answers and errors of that run."""


@dataclass(frozen=True)
class RunSetup:
    """What a run begins with."""

    suite: gr.Dropdown
    about: gr.HTML
    plan: gr.Radio
    plan_about: gr.HTML
    judge: gr.Radio
    lineup: gr.Dropdown
    repeats: gr.Slider
    batch: gr.Slider
    temperature: gr.Slider
    max_new_tokens: gr.Slider
    seed: gr.Number
    start: gr.Button


@dataclass(frozen=True)
class RunPanel:
    """Every component of the panel that a handler touches."""

    view: gr.State
    seen: gr.State
    setup: RunSetup
    list: gr.HTML
    result: gr.HTML
    filters: gr.Row
    show: gr.Dropdown
    item: gr.Dropdown
    words: gr.Textbox
    count: gr.HTML
    grid: gr.HTML
    pager: gr.Row
    newer: gr.Button
    older: gr.Button
    case_tools: gr.Row
    back: gr.Button
    before: gr.Button
    after: gr.Button
    case: gr.HTML
    address: gr.HTML
    """Not laid out with the panel: it is at work whichever tab within is in front, also before this one ever was."""
    timer: gr.Timer


def found_suites(context: Context) -> dict[str, Found]:
    """Every suite that ships or lies in the library, by its folder's name: where that lies is nobody's business.

    Of two with one name the one that ships counts, as in the library.
    """
    suites: dict[str, Found] = {}
    for found in context.suites.listed():
        suites.setdefault(found.folder.name, found)
    return suites


def suite_choices(context: Context, language: Language) -> Choices:
    """Every suite by its title; a broken one by its folder, with a word about it."""
    return [
        (found.head.title(language) if found.head else _broken(found, language), name)
        for name, found in found_suites(context).items()
    ]


def _broken(found: Found, language: Language) -> str:
    return text("suites.broken", language, name=found.folder.name)


def lineup_choices(context: Context) -> list[str]:
    """The dashboard's own lineup, then those that ship."""
    return list(dict.fromkeys([context.lineup.name, *shipped_lineups()]))


def plan_choices(language: Language) -> Choices:
    """Whole or staged."""
    return [(text(f"suites.plan_{plan}", language), plan) for plan in ("whole", "staged")]


def judge_choices(language: Language) -> Choices:
    """What a staged run goes by."""
    return [(text(f"suites.judge_{judge}", language), judge) for judge in ("checks", "people")]


def show_choices(language: Language, counts: Mapping[Show, int] = MappingProxyType({})) -> Choices:
    """Which cases of a run are shown, with how many each choice has."""
    return [(text(f"grid.show_{show}", language) + (f" ({counts[show]})" if counts else ""), show) for show in SHOWN]


def build_run_panel(context: Context, texts: Localizer) -> RunPanel:
    """Lay the panel out."""
    parts: dict[str, Any] = {
        "view": gr.State(View(), time_to_live=86_400), "seen": gr.State(Seen(), time_to_live=86_400)
    }  # fmt: skip
    with gr.Row(elem_id="suites-run", equal_height=False):
        with gr.Column(scale=0, min_width=300, elem_id="run-setup"):
            parts["setup"] = _setup(context, texts)
        with gr.Column(scale=1, min_width=320, elem_id="run-main"):
            parts["list"] = gr.HTML(elem_id="run-list", js_on_load=RUNS_JS)
            parts["result"] = gr.HTML(elem_id="run-result")
            parts |= _grid(texts)
            parts |= _case(texts)
    parts["address"] = gr.HTML(elem_id="page-address", js_on_load=ADDRESS_JS, render=False)
    parts["timer"] = gr.Timer(1, active=False)
    return RunPanel(**parts)


def _setup(context: Context, texts: Localizer) -> RunSetup:
    add = texts.add
    suites = suite_choices(context, texts.first)
    suite = add(
        gr.Dropdown,
        {"label": "suites.suite", "choices": partial(suite_choices, context)},
        value=suites[0][1] if suites else None,
        filterable=False,
        elem_id="run-suite",
    )
    about = gr.HTML(elem_id="run-about")
    plan = add(gr.Radio, {"label": "suites.plan", "choices": plan_choices}, value="whole", elem_id="run-plan")
    plan_about = gr.HTML(elem_id="run-plan-about")
    judge = add(
        gr.Radio,
        {"label": "suites.judge", "choices": judge_choices},
        value="checks",
        visible=False,
        elem_id="run-judge",
    )
    names = lineup_choices(context)
    lineup = add(
        gr.Dropdown,
        {"label": "filter.lineup"},
        choices=names,
        value=names[0],
        filterable=False,
        elem_id="run-lineup",
    )
    with add(gr.Accordion, {"label": "suites.options"}, open=False, elem_id="run-options"):
        numbers = _numbers(context, texts)
    start = add(
        gr.Button,
        {"value": "suites.start"},
        variant="primary",
        elem_id="run-start",
        elem_classes=[for_deed("runs.start")],
    )
    return RunSetup(suite, about, plan, plan_about, judge, lineup, **numbers, start=start)


def _numbers(context: Context, texts: Localizer) -> dict[str, Any]:
    longest = context.sampling.max_new_tokens
    bounds = {
        "repeats": (1, 10, 1, 1),
        "batch": (1, 64, 1, 1),
        "temperature": (0, 2, 0, 0.05),
        "max_new_tokens": (16, max(2048, longest), longest, 16),
    }
    sliders = {
        name: texts.add(
            gr.Slider,
            {"label": f"suites.{name}", "info": f"suites.{name}_hint"},
            lowest,
            highest,
            first,
            step=step,
            elem_id=f"run-{name.replace('_', '-')}",
        )
        for name, (lowest, highest, first, step) in bounds.items()
    }
    seed = texts.add(gr.Number, {"label": "suites.seed"}, value=0, precision=0, minimum=0, elem_id="run-seed")
    return {**sliders, "seed": seed}


def _grid(texts: Localizer) -> dict[str, Any]:
    add = texts.add
    with gr.Row(visible=False, elem_id="grid-filters") as filters:
        show = add(
            gr.Dropdown,
            {"label": "grid.show", "choices": show_choices},
            value="all",
            filterable=False,
            elem_id="grid-show",
        )
        item = add(
            gr.Dropdown,
            {"label": "fit.item"},
            choices=[("", "")],
            value="",
            filterable=False,
            elem_id="grid-item",
        )
        words = add(
            gr.Textbox,
            {"label": "grid.find", "placeholder": "grid.find_hint"},
            max_lines=1,
            max_length=MAX_WORDS,
            elem_id="grid-find",
        )
    count = gr.HTML(elem_id="grid-count")
    grid = gr.HTML(elem_id="run-grid", js_on_load=GRID_JS)
    with gr.Row(visible=False, elem_id="grid-pager") as pager:
        newer = add(gr.Button, {"value": "grid.page_before"}, size="sm", elem_id="grid-before")
        older = add(gr.Button, {"value": "grid.page_after"}, size="sm", elem_id="grid-after")
    return {
        "filters": filters, "show": show, "item": item, "words": words, "count": count, "grid": grid,
        "pager": pager, "newer": newer, "older": older,
    }  # fmt: skip


def _case(texts: Localizer) -> dict[str, Any]:
    def button(key: str, name: str) -> gr.Button:
        return texts.add(gr.Button, {"value": key}, size="sm", min_width=60, elem_id=f"case-{name}")

    with gr.Row(visible=False, elem_id="case-tools") as tools:
        parts: dict[str, Any] = {
            "back": button("grid.back", "back"),
            "before": button("grid.case_before", "before"),
            "after": button("grid.case_after", "after"),
        }
    return {**parts, "case_tools": tools, "case": gr.HTML(elem_id="run-case")}
