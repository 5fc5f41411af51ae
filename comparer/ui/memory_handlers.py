"""What the panel "Memory" does: show how things stand, load, release and pin models."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from time import perf_counter

import gradio as gr
from gradio.blocks import Block

from comparer.engines import Engine
from comparer.engines.memory_log import curves
from comparer.errors import ComparerError
from comparer.palette import COLOURS
from comparer.ui.compare_state import CompareState
from comparer.ui.context import Context
from comparer.ui.i18n import Updates
from comparer.ui.memory_curve import WINDOW_S, curves_html
from comparer.ui.memory_panel import NOTHING, MemoryPanel, Seen
from comparer.ui.memory_proposal import Later, proposal_html
from comparer.ui.memory_rendering import ModelRow, RowState, devices_html, models_html
from comparer.ui.present import present_person

CURVE_EVERY_S = 10.0


class MemoryHandlers:
    """Handlers of one page's panel."""

    def __init__(self, context: Context, panel: MemoryPanel) -> None:
        self._context = context
        self._panel = panel
        self._later = Later(context.lineup, context.engines.residency.budget_bytes)

    @property
    def shown(self) -> list[Block]:
        """What `show` changes."""
        panel = self._panel
        return [panel.seen, panel.devices, panel.models, panel.proposal, panel.curve]

    def show(self, state: CompareState, seen: Seen = NOTHING) -> Updates:
        """How things stand; what the browser has already is left out."""
        state = state.latest
        language, secretive = state.language, self._secrecy(state)
        if not any(engine.at_work for engine in self._context.engines_here):  # figures are not disturbed
            self._later.begin()
        log, panel = self._context.memory, self._panel
        sample, now_s = log.latest(), log.now_s
        residency = self._context.engines.residency
        updates: Updates = {
            panel.devices: devices_html(sample.memory, now_s - sample.at_s, residency.budget_bytes, language),
            panel.proposal: proposal_html(self._later.proposal, self._later.ready, self._context.lineup, language),
        }
        models = models_html(self._rows(), perf_counter(), secretive, language)
        if models != seen.models:
            updates[panel.models] = models
        marks = log.marks(now_s - WINDOW_S)
        drawn_long_ago = now_s - seen.curve_at_s >= CURVE_EVERY_S
        if drawn_long_ago or len(marks) != seen.marks or secretive != seen.secretive:
            colours = {spec.label: COLOURS[place] for place, spec in enumerate(self._context.lineup.models)}
            hour = curves(log.samples(now_s - WINDOW_S))
            updates[panel.curve] = "" if secretive else curves_html(hour, marks, now_s, colours, language)
            seen = replace(seen, curve_at_s=now_s, marks=len(marks))
        return updates | {panel.seen: replace(seen, models=models, secretive=secretive)}

    def _secrecy(self, state: CompareState) -> str:
        """Key of the sentence that says why single models must not be seen; empty where they may be.

        A blind question of this person has no vote yet, in whichever of their tabs. Since a stranger can come as two
        people, on a shared page only those may look who may load models.
        """
        access = self._context.access
        if access.shared and not access.may("models.load"):
            return "memory.admins_see"
        person = present_person(access)
        if state.secretive or self._context.blind_questions.waiting(person, self._context.store):
            return "memory.secretive"
        return ""

    def act(self, place: str, action: str, state: CompareState) -> Iterator[Updates]:
        """What a button asks for, and how things stand afterwards. Whatever else the browser sends does nothing."""
        state = state.latest
        engine = self._engine(place)
        do = self._action(action, engine)
        if do is None:
            yield {self._panel.seen: NOTHING}
            return
        try:
            self._context.access.require("models.load")
            do()
        except ComparerError as error:
            gr.Warning(error.sentence(state.language))
        yield self.show(state)

    def _action(self, action: str, engine: Engine | None) -> Callable[[], object] | None:
        residency = self._context.engines.residency
        if action == "release_all":
            return lambda: residency.release_all(self._context.engines_here)
        if engine is None or not engine.holds_memory:
            return None
        actions: dict[str, Callable[[], object]] = {
            "load": lambda: self._context.dialogue.load(engine.spec.key),
            "release": lambda: residency.release(engine),
            "pin": lambda: residency.pin(engine, True),
            "unpin": lambda: residency.pin(engine, False),
        }
        return actions.get(action)

    def _engine(self, place: str) -> Engine | None:
        engines = list(self._context.dialogue.engines.values())
        return engines[int(place)] if place.isdecimal() and int(place) < len(engines) else None

    def _rows(self) -> list[ModelRow]:
        """The lineup's models, then those of others that a run has in memory."""
        own = list(self._context.dialogue.engines.values())
        rows = [self._row(engine, place) for place, engine in enumerate(own)]
        others = [engine for engine in self._context.engines_here if engine not in own]
        return rows + [self._row(engine, None) for engine in others if engine.state != "unloaded"]

    def _row(self, engine: Engine, place: int | None) -> ModelRow:
        stay = self._context.engines.residency.stay(engine)
        footprint = engine.footprint()
        state: RowState = engine.state
        if not engine.holds_memory:
            state = "served"
        elif state == "ready" and engine.at_work:
            state = "answering"
        return ModelRow(
            label=engine.spec.label,
            colour="slate" if place is None else COLOURS[place],
            precision=engine.spec.precision,
            device=engine.device if state != "unloaded" else "",
            state=state,
            stay=stay,
            place=place,
            weights_bytes=footprint.weights_bytes if footprint else None,
            loading=engine.loading,
        )
