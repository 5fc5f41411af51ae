"""Which event of the cost views runs which handler, and what it may change.

Nothing is reckoned before somebody looks: a tab within tells that it is selected also when the page is laid out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import gradio as gr
from gradio.blocks import Block
from gradio.events import Dependency

from comparer.errors import ComparerError
from comparer.ui.compare_state import CompareState
from comparer.ui.compare_wiring import QUIET
from comparer.ui.context import Context
from comparer.ui.cost_handlers import ChoiceHandlers, CostHandlers, set_inputs
from comparer.ui.cost_models_panel import ModelsHandlers, ModelsPanel
from comparer.ui.cost_panel import ChoicePanel, CostPanel
from comparer.ui.cost_prices_panel import PricesHandlers, PricesPanel
from comparer.ui.downloads import fetch_file
from comparer.ui.i18n import Updates

RECKON: dict[str, Any] = {**QUIET, "show_progress": "minimal", "concurrency_id": "cost", "concurrency_limit": 2}
"""Two at a time: the choice is decided some hundred times to find where it flips."""
PRICING: dict[str, Any] = {**QUIET, "concurrency_id": "prices", "concurrency_limit": 1, "trigger_mode": "multiple"}
"""Whatever is typed while something else is being saved counts as well, one after the other: each sets one thing of a
card beside what has been set of it before."""
TYPED = (gr.Number, gr.Textbox)


@dataclass(frozen=True)
class CostPages:
    """The tabs within."""

    models: gr.Tab
    cost: gr.Tab
    choice: gr.Tab
    prices: gr.Tab


@dataclass(frozen=True)
class _Page:
    """One tab within: how it is shown, and what that changes."""

    name: str
    tab: gr.Tab
    show: Callable[[CompareState], Updates]
    shown: list[Block]


def wire_cost(
    context: Context,
    pages: CostPages,
    models: ModelsPanel,
    cost: CostPanel,
    choice: ChoicePanel,
    prices: PricesPanel,
    state: gr.State,
    front: gr.State,
    *,
    page: gr.Tab,
    spoken: Dependency,
) -> None:
    """Connect the panels; call inside `gr.Blocks`. `page` is the tab around them, `spoken` the language's switch.

    `front` has the id of the tab within that is in front, which may be none of these.
    """
    models_handlers, prices_handlers = ModelsHandlers(context, models), PricesHandlers(context, prices)
    cost_handlers, choice_handlers = CostHandlers(context, cost), ChoiceHandlers(context, choice)
    entered = gr.State(False)
    _wire_views(
        [
            _Page("models", pages.models, lambda now: models_handlers.show(now.language), models_handlers.shown),
            _Page("cost", pages.cost, cost_handlers.show, cost_handlers.shown),
            _Page("choice", pages.choice, choice_handlers.show, choice_handlers.shown),
            _Page("prices", pages.prices, lambda now: prices_handlers.show(now.language), prices_handlers.shown),
        ],
        entered, front, state, page, spoken,
    )  # fmt: skip

    def change_workload(name: str, value: Any, now: CompareState) -> Updates:
        set_inputs(context, {name: value})
        return models_handlers.tell(now.language)

    _wire_inputs(models.inputs, change_workload, state, [models.told])
    of_models: dict[str, Block] = {f"gpu:{key}": component for key, component in cost.gpus.items()}
    of_models |= {f"seconds:{key}": component for key, component in cost.seconds.items()}
    _wire_inputs({**cost.inputs, **of_models}, cost_handlers.change, state, cost_handlers.changing)
    _wire_inputs(choice.inputs, choice_handlers.change, state, [choice.told])
    forget = _told(cost_handlers.forget, cost.told)
    cost.forget.click(forget, state, cost_handlers.shown, **RECKON)
    _wire_prices(prices, prices_handlers, state)


def _wire_views(
    within: list[_Page], entered: gr.State, front: gr.State, state: gr.State, page: gr.Tab, spoken: Dependency
) -> None:
    """Show the tab that somebody turns to, and what is in front anew after the language was switched."""
    by_name = {one.name: one for one in within}
    everything = list(dict.fromkeys(block for one in within for block in one.shown))

    def select(one: _Page, seen: bool, now: CompareState) -> Updates:
        """The first one is selected from the beginning, when nobody looks."""
        looked_at = seen or one is not within[0]
        return {front: one.name, **(_shown(one.show, now) if looked_at else {})}

    def enter(seen: bool, before: str, now: CompareState) -> Updates:
        return {entered: seen, **(_shown(by_name[before].show, now) if seen and before in by_name else {})}

    for one in within:
        one.tab.select(partial(select, one), [entered, state], [front, *one.shown], **RECKON)
    given, changed = [entered, front, state], [entered, *everything]
    page.select(lambda: True, None, entered, queue=False, **QUIET).then(enter, given, changed, **RECKON)
    spoken.then(enter, given, changed, **RECKON)


def _shown(show: Callable[[CompareState], Updates], now: CompareState) -> Updates:
    try:
        return show(now.latest)
    except ComparerError as error:
        gr.Warning(error.sentence(now.latest.language))
        return {}


def _wire_inputs(
    inputs: dict[str, Block],
    change: Callable[[str, Any, CompareState], Updates],
    state: gr.State,
    shown: list[Block],
) -> None:
    """Each input by itself: what was typed counts when it is left or sent. `shown` begins with what is told."""
    for name, component in inputs.items():
        events: Any = component
        triggers = [events.blur, events.submit] if isinstance(component, TYPED) else [events.input]
        gr.on(triggers, _told(partial(change, name), shown[0]), [component, state], shown, **RECKON)


def _told(run: Callable[..., Updates], told: Block) -> Callable[..., Updates]:
    """`run` with the present state as its last argument; what goes wrong is said, and nothing is changed."""

    def handler(*values: Any) -> Updates:
        *given, now = values
        try:
            return run(*given, now.latest)
        except ComparerError as error:
            gr.Warning(error.sentence(now.latest.language))
            return {told: gr.skip()}

    return handler


def _wire_prices(panel: PricesPanel, handlers: PricesHandlers, state: gr.State) -> None:
    def told(run: Callable[..., Updates]) -> Callable[..., Updates]:
        def handler(change: gr.EventData, now: CompareState) -> Updates:
            try:
                return run(change, now.latest.language)
            except ComparerError as error:
                gr.Warning(error.sentence(now.latest.language))
                return handlers.show(now.latest.language)  # what was typed is not what holds

        return handler

    table: Any = panel.table
    table.priced(told(handlers.set_price), state, handlers.shown, **PRICING)
    table.unpriced(told(handlers.reset_price), state, handlers.shown, **PRICING)
    table.stated(told(handlers.state_card), state, handlers.shown, **PRICING)
    reset = _told(lambda now: handlers.reset_all(now.language), panel.notice)
    panel.reset.click(reset, state, handlers.shown, **PRICING)
    for button, name in ((panel.csv, "csv"), (panel.json, "json")):
        button.click(partial(handlers.write, name), None, panel.file, **QUIET).success(
            None, panel.file, None, js=fetch_file("cost-prices-file")
        )
