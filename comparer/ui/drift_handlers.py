"""What happens on the panel "Long conversations". Reads, and changes nothing.

Handlers return `{component: value}`; whatever went wrong becomes a sentence in the visitor's language.
"""

from dataclasses import replace

import gradio as gr
from gradio.blocks import Block

from comparer.charts import drift_chart
from comparer.errors import ComparerError
from comparer.palette import Theme
from comparer.run_records import Run
from comparer.texts import Language, text
from comparer.ui import plots
from comparer.ui.context import Context
from comparer.ui.drift_panel import DriftPanel, long_runs, run_choices, same_models
from comparer.ui.drift_rendering import drift_below_html, drift_html
from comparer.ui.i18n import Updates
from comparer.ui.view_address import DriftLooking


class DriftHandlers:
    """Handlers of one page's panel."""

    def __init__(self, context: Context, panel: DriftPanel) -> None:
        self._context = context
        self._panel = panel

    @property
    def shown(self) -> list[Block]:
        """What `show` changes."""
        panel = self._panel
        return [panel.looking, panel.run, panel.judge, panel.all_runs, panel.head, panel.plot, panel.below]

    def show(self, looking: DriftLooking, theme: Theme, language: Language) -> Updates:
        """The chosen run's long conversations as they stand now; the newest such run where none is chosen."""
        try:
            return self._show(looking, theme, language)
        except ComparerError as error:
            gr.Warning(error.sentence(language))
            return {self._panel.looking: looking}

    def first_choice(self, wanted: str) -> str:
        """The run to begin with: the one that is looked at elsewhere, but rather a whole one than a staged one."""
        runs = long_runs(self._context)
        whole = [run.id for run in runs if run.request.plan == "whole"]
        return wanted if wanted in whole or not whole else whole[0]

    def _show(self, looking: DriftLooking, theme: Theme, language: Language) -> Updates:
        runs = long_runs(self._context)
        chosen = next((run for run in runs if run.id == looking.run), None)
        if chosen is None and looking.run:
            gr.Warning(text("drift.no_such_run", language))
        chosen = chosen or next(iter(runs), None)
        looking = replace(looking, run=chosen.id if chosen else "")
        panel = self._panel
        controls: Updates = {
            panel.looking: looking,
            panel.run: gr.update(choices=run_choices(runs, language), value=looking.run or None),
            panel.judge: gr.update(value=looking.judge),
            panel.all_runs: gr.update(
                value=looking.all_runs, visible=chosen is not None and len(_alike(chosen, runs)) > 1
            ),
        }
        if chosen is None:
            nothing = f"<p class='history-empty'>{text('drift.no_runs', language)}</p>"
            return controls | {panel.head: nothing, panel.plot: gr.update(visible=False), panel.below: ""}
        return controls | self._drawn(chosen, runs, looking, theme, language)

    def _drawn(
        self, run: Run, runs: tuple[Run, ...], looking: DriftLooking, theme: Theme, language: Language
    ) -> Updates:
        read = _alike(run, runs) if looking.all_runs else (run,)
        found = self._context.judged.drift(read, looking.judge)
        models = run.request.models
        figure = drift_chart(
            found, [model.key for model in models], language, theme, {model.key: model.label for model in models}
        )
        return {
            self._panel.head: drift_html(run, found, looking.judge, len(read), language),
            self._panel.plot: gr.update(value=plots.plot(figure), visible=bool(found)),
            self._panel.below: drift_below_html(run, found, language),
        }


def _alike(run: Run, runs: tuple[Run, ...]) -> tuple[Run, ...]:
    """The run, and before and after it in time those of the same suite on the same models; the run itself first."""
    return (run, *(other for other in runs if other.id != run.id and same_models(run, other)))
