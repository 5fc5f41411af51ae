"""The panel "Models and precision": what is asked of the models' memory, and what of it is known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import gradio as gr
from gradio.blocks import Block

from comparer.bench.measurements import Measurement, Measurements, shipped_measurements
from comparer.bench.plan import MODELS
from comparer.cost.footprint import PIXELS_A_TOKEN, Workload
from comparer.cost.kept import kept_prices
from comparer.cost.measured import NEWEST, Measured, Where, measured
from comparer.cost.prices import Gpu, cards_here
from comparer.cost.reading import current_plan, memory_of
from comparer.engines.cards import read_cards
from comparer.engines.memory import GIB, device_memory
from comparer.lineup import ModelSpec
from comparer.suites.precisions import precision_runs
from comparer.texts import Language, text
from comparer.ui.context import Context
from comparer.ui.cost_inputs import number
from comparer.ui.cost_models_rendering import Cards, ModelFacts, Quality, models_html
from comparer.ui.cost_plan_said import plan_said_html
from comparer.ui.i18n import Localizer, Updates
from comparer.ui.rights import EDITORS

MOST_RUNS = 200


@dataclass(frozen=True)
class ModelsPanel:
    """Every component that a handler touches."""

    context_tokens: gr.Number
    concurrency: gr.Number
    picture_tokens: gr.Number
    told: gr.HTML

    @property
    def inputs(self) -> dict[str, Block]:
        """By what they say of the plan."""
        return {
            "context_tokens": self.context_tokens,
            "concurrency": self.concurrency,
            "picture_tokens": self.picture_tokens,
        }


def build_models_panel(texts: Localizer) -> ModelsPanel:
    """Lay the panel out, empty."""
    with gr.Row(elem_classes=["view-filters", EDITORS]):
        context_tokens = number(texts, "context_tokens")
        concurrency = number(texts, "concurrency")
        picture_tokens = number(texts, "picture_tokens")
    return ModelsPanel(context_tokens, concurrency, picture_tokens, gr.HTML(elem_id="cost-models"))


class ModelsHandlers:
    """Handlers of one page's panel."""

    def __init__(self, context: Context, panel: ModelsPanel) -> None:
        self._context = context
        self._panel = panel

    @property
    def shown(self) -> list[Block]:
        """What `show` changes."""
        return [*self._panel.inputs.values(), self._panel.told]

    def show(self, language: Language) -> Updates:
        """Everything as it stands now. Raises `ComparerError`."""
        workload = current_plan(self._context.store, self._context.lineup.name).workload
        values = {
            "context_tokens": workload.context_tokens,
            "concurrency": workload.concurrency,
            "picture_tokens": workload.picture_pixels // PIXELS_A_TOKEN,
        }
        inputs: Updates = {component: gr.update(value=values[name]) for name, component in self._panel.inputs.items()}
        return inputs | self.tell(language)

    def tell(self, language: Language) -> Updates:
        """What is known; the inputs stay as they are. Raises `ComparerError`."""
        context = self._context
        plan = current_plan(context.store, context.lineup.name)
        prices, shipped = kept_prices(context.store).table.gpus, shipped_measurements()
        answers = context.store.newest_answers(NEWEST, list(dict.fromkeys(context.model_ids)))
        found = measured(answers)
        models = [
            self._facts(spec, place, plan.workload, found, shipped)
            for place, spec in enumerate(context.lineup.models)
        ]
        cards = _cards(prices, language)
        said = plan_said_html(plan, tuple(self._panel.inputs), language)
        return {self._panel.told: said + models_html(models, cards, shipped, context.lineup.demo, language)}

    def _facts(
        self,
        spec: ModelSpec,
        place: int,
        workload: Workload,
        found: Mapping[Where, Measured],
        shipped: Sequence[Measurements],
    ) -> ModelFacts:
        model_id = self._context.model_ids[place]
        return ModelFacts(
            spec=spec,
            place=place,
            memory=memory_of(spec, workload),
            measured={where: one for where, one in found.items() if where.model_id == model_id},
            shipped=_shipped_of(spec, shipped),
            quality=self._quality(model_id),
        )

    def _quality(self, model_id: str) -> Quality | None:
        """By automatic checks, of the newest runs of a suite that asked the weights at several precisions."""
        runs = precision_runs(self._context.runs.listed(limit=MOST_RUNS), model_id)
        if runs is None:
            return None
        judged = self._context.judged
        sides = {precision: judged.side(run, key, "checks") for precision, (run, key) in runs.sides.items()}
        compared = judged.compare(sides[runs.reference], [sides[precision] for precision in runs.others], "checks")
        return Quality(sides[runs.reference], dict(zip(runs.others, compared, strict=True)))


def _shipped_of(spec: ModelSpec, shipped: Sequence[Measurements]) -> tuple[tuple[Measurements, Measurement], ...]:
    name = spec.model.removesuffix("-FP8")
    if name not in MODELS.values():
        return ()
    return tuple(
        (file, one)
        for file in shipped
        if not file.shrunk
        for one in file.measurements
        if one.status == "measured" and one.model == name
    )


def _cards(to_rent: Sequence[Gpu], language: Language) -> Cards:
    """The cards of this computer, or its own memory where it has none, before those that can be rented."""
    read = read_cards()
    here = cards_here(read)
    if here:
        return Cards(
            here, tuple(to_rent), text("cost.cards_here", language, cards=", ".join(gpu.name for gpu in here))
        )
    total = Decimal(device_memory("cpu").total_bytes)
    host = Gpu(
        key="here:host",
        name=text("cost.host", language),
        memory_gb=round(total / 10**9, 1),
        usable_gib=total / GIB,
        compute_capability=Decimal(0),  # a processor does not compute in FP8
    )
    return Cards((host,), tuple(to_rent), text("cost.no_card_here", language))
