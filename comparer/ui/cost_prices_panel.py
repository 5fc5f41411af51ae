"""The panel "Prices": the price table to edit for everybody, and which card each device stands for."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path

import gradio as gr
from gradio.blocks import Block

from comparer.cost.devices import is_processor
from comparer.cost.kept import keep_price, kept_prices, reset_price, reset_prices, state_card, stated_cards
from comparer.cost.measured import NEWEST
from comparer.export.prices_file import write_prices
from comparer.texts import Language, text
from comparer.ui.context import Context
from comparer.ui.cost_prices_rendering import prices_html, written_price
from comparer.ui.downloads import download_folder
from comparer.ui.i18n import Localizer, Updates
from comparer.ui.kept_focus import KEEPS_FOCUS
from comparer.ui.rights import EDITORS

PRICES_JS = """
const within = (event, selector) => event.target.closest?.(selector);
element.addEventListener('change', (event) => {
  const device = within(event, 'select[data-device]');
  if (device) return trigger('stated', { device: device.dataset.device, gpu: device.value });
  const row = within(event, 'tr[data-gpu]');
  if (!row) return;
  trigger('priced', { gpu: row.dataset.gpu, name: event.target.name, value: event.target.value });
  event.target.value = event.target.defaultValue;   // what holds is written by the server
});
element.addEventListener('click', (event) => {
  const reset = within(event, '[data-reset]');
  if (reset) trigger('unpriced', { gpu: reset.dataset.reset });
});
"""


@dataclass(frozen=True)
class PricesPanel:
    """Every component that a handler touches."""

    table: gr.HTML
    notice: gr.HTML
    reset: gr.Button
    csv: gr.Button
    json: gr.Button
    file: gr.DownloadButton


def build_prices_panel(texts: Localizer) -> PricesPanel:
    """Lay the panel out, empty."""
    add = texts.add
    table = gr.HTML(elem_id="cost-prices", js_on_load=PRICES_JS + KEEPS_FOCUS)
    notice = gr.HTML(elem_id="cost-prices-notice")
    with gr.Row(elem_classes=["buttons"]):
        reset = add(
            gr.Button,
            {"value": "cost.price_reset_all"},
            size="sm",
            elem_id="cost-prices-reset",
            elem_classes=[EDITORS],
        )
        csv = add(gr.Button, {"value": "cost.price_csv"}, size="sm", elem_id="cost-prices-csv")
        json = add(gr.Button, {"value": "cost.price_json"}, size="sm", elem_id="cost-prices-json")
    file = gr.DownloadButton(elem_id="cost-prices-file", visible="hidden")
    return PricesPanel(table, notice, reset, csv, json, file)


class PricesHandlers:
    """Handlers of one page's panel. They raise `ComparerError`; the wiring says it in the visitor's language."""

    def __init__(self, context: Context, panel: PricesPanel) -> None:
        self._context = context
        self._panel = panel

    @property
    def shown(self) -> list[Block]:
        """What the handlers change."""
        return [self._panel.table, self._panel.notice]

    def show(self, language: Language) -> Updates:
        """The prices as they stand now."""
        return self._show(language, "")

    def set_price(self, change: gr.EventData, language: Language) -> Updates:
        """Keep the one thing that was typed, for everybody.

        Where only a price is new, the shipped source no longer says where it comes from: then it is the team's word.
        """
        key, name = str(change.gpu), str(change.name)
        kept = kept_prices(self._context.store)
        old = kept.table.gpu(key)
        typed = {
            "on_demand": written_price(old.on_demand_per_hour),
            "reserved": written_price(old.reserved_per_hour),
            "source": old.source if key in kept.edited else text("cost.price_set_here", language),
        }
        if name in typed:
            typed[name] = str(change.value)
        keep_price(self._context.store, key, **typed, today=datetime.now(UTC).date())
        return self._show(language, text("cost.price_kept", language, gpu=old.name))

    def reset_price(self, change: gr.EventData, language: Language) -> Updates:
        """Have the shipped prices of one card again."""
        gpu = kept_prices(self._context.store).table.gpu(str(change.gpu))
        reset_price(self._context.store, gpu.key)
        return self._show(language, text("cost.price_is_reset", language, gpu=gpu.name))

    def reset_all(self, language: Language) -> Updates:
        """Have all shipped prices again."""
        reset_prices(self._context.store)
        return self._show(language, text("cost.prices_are_reset", language))

    def state_card(self, change: gr.EventData, language: Language) -> Updates:
        """Say which card a device stands for."""
        state_card(self._context.store, str(change.device), str(change.gpu))
        return self._show(language, text("cost.device_kept", language, device=str(change.device)))

    def write(self, format_name: str) -> str:
        """The price table as a file; returns its path."""
        path: Path = download_folder() / f"comparer-prices.{format_name}"
        write_prices(kept_prices(self._context.store), path)
        return str(path)

    def _show(self, language: Language, notice: str) -> Updates:
        store, context = self._context.store, self._context
        stated = stated_cards(store)
        counted = Counter(
            answer.device for answer in store.newest_answers(NEWEST, list(dict.fromkeys(context.model_ids)))
        )
        engines = {engine.hardware for engine in context.engines_of(context.lineup)}
        devices = sorted({*counted, *engines, *stated}, key=lambda name: (is_processor(name), name))
        told = f"<p class='vote-status' role='status'>{escape(notice)}</p>" if notice else ""
        return {
            self._panel.table: prices_html(kept_prices(store), devices, stated, counted, language),
            self._panel.notice: told,
        }
