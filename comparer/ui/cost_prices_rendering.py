"""From the price table and the devices of answers to the HTML of the tab "Prices". Pure."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from html import escape

from comparer.cost.devices import is_processor, standing
from comparer.cost.kept import KeptPrices
from comparer.cost.prices import Gpu
from comparer.texts import Language, text
from comparer.ui.rights import EDITORS


def prices_html(
    kept: KeptPrices,
    devices: Sequence[str],
    stated: Mapping[str, str],
    answers: Mapping[str, int],
    language: Language,
) -> str:
    """The price table to edit, and which card each device stands for; `answers` counts those of each device."""
    names = ("gpu", "memory", "on_demand", "reserved", "source", "date", "tools")
    heads = "".join(f"<th scope='col'>{escape(text(f'cost.price_{name}', language))}</th>" for name in names[:-1])
    tools = escape(text("cost.price_tools", language))
    rows = "".join(_row(gpu, gpu.key in kept.edited, language) for gpu in kept.table.gpus)
    return (
        f"<p class='plan-about'>{escape(text('cost.prices_about', language, currency=kept.table.currency))} "
        f"<span class='{EDITORS}'>{escape(text('cost.prices_edit', language))}</span></p>"
        f"<div class='fit-scroll'><table class='plain cost-prices'><thead><tr>{heads}"
        f"<th><span class='sr-only'>{tools}</span></th></tr></thead><tbody>{rows}</tbody></table></div>"
        f"{_devices(kept, devices, stated, answers, language)}"
    )


def _row(gpu: Gpu, edited: bool, language: Language) -> str:
    source = escape(gpu.source)
    mark, reset = "", ""
    if edited:
        mark = f" <span class='verdict undecided'>{escape(text('cost.price_edited', language))}</span>"
        label = escape(text("cost.price_reset_one", language, gpu=gpu.name))
        word = escape(text("cost.price_reset", language))
        button = f"type='button' class='{EDITORS}' data-reset='{escape(gpu.key)}' aria-label='{label}'"
        reset = f"<button {button}>{word}</button>"
    return (
        f"<tr data-gpu='{escape(gpu.key)}'><th scope='row'>{escape(gpu.name)}{mark}</th>"
        f"<td data-label='{_label('memory', language)}'>{gpu.memory_gb} GB</td>"
        f"{_price_cell(gpu, 'on_demand', written_price(gpu.on_demand_per_hour), language)}"
        f"{_price_cell(gpu, 'reserved', written_price(gpu.reserved_per_hour), language)}"
        f"<td data-label='{_label('source', language)}'>{_said(source)}"
        f"<input name='source' class='{EDITORS}' maxlength='200' value='{source}' "
        f"data-focus='{escape(gpu.key)}-source' aria-label='{_of(gpu, 'source', language)}'></td>"
        f"<td data-label='{_label('date', language)}'>{escape(gpu.date)}</td><td>{reset}</td></tr>"
    )


def _price_cell(gpu: Gpu, name: str, value: str, language: Language) -> str:
    unknown = escape(text("cost.unknown", language))
    currency = "$" if value else f"<span class='{EDITORS}'>$</span>"
    return (
        f"<td data-label='{_label(name, language)}'><span class='cost-money'>{currency}"
        f"{_said(escape(value) or unknown)}"
        f"<input name='{name}' class='{EDITORS}' inputmode='decimal' value='{escape(value)}' placeholder='{unknown}' "
        f"data-focus='{escape(gpu.key)}-{name}' aria-label='{_of(gpu, name, language)}'></span></td>"
    )


def _said(value: str) -> str:
    """What is read where it may not be changed."""
    return f"<b class='threshold-said'>{value}</b>"


def written_price(price: Decimal | None) -> str:
    """A price as it is typed; empty for an unknown one."""
    return "" if price is None else str(price)


def _label(name: str, language: Language) -> str:
    return escape(text(f"cost.price_{name}", language))


def _of(gpu: Gpu, name: str, language: Language) -> str:
    return escape(f"{gpu.name}: {text(f'cost.price_{name}', language)}")


def _devices(
    kept: KeptPrices,
    devices: Sequence[str],
    stated: Mapping[str, str],
    answers: Mapping[str, int],
    language: Language,
) -> str:
    """For each device that answers were made on: the card it stands for, or why it stands for none."""
    title, about = text("cost.devices_title", language), text("cost.devices_about", language)
    head = f"<h3>{escape(title)}</h3><p class='plan-about'>{escape(about)}</p>"
    if not devices:
        return f"<section class='cost-part'>{head}<p>{escape(text('cost.devices_none', language))}</p></section>"
    rows = "".join(_device(kept, device, stated, answers.get(device, 0), language) for device in devices)
    names = ("device", "answers", "stands_for")
    heads = "".join(f"<th scope='col'>{escape(text(f'cost.device_{name}', language))}</th>" for name in names)
    return (
        f"<section class='cost-part' id='cost-devices'>{head}<div class='fit-scroll'><table class='plain'>"
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div></section>"
    )


def _device(kept: KeptPrices, device: str, stated: Mapping[str, str], count: int, language: Language) -> str:
    name = device or text("cost.unknown", language)
    if is_processor(device):
        stands = escape(text("cost.device_processor", language))
    else:
        stands = _choice(kept, device, stated, language)
    return f"<tr><th scope='row'>{escape(name)}</th><td>{count:,}</td><td>{stands}</td></tr>"


def _choice(kept: KeptPrices, device: str, stated: Mapping[str, str], language: Language) -> str:
    found = standing(device, kept.table, stated)
    by_driver = standing(device, kept.table, {})
    nothing = text("cost.device_nobody_said", language)
    if by_driver is not None:
        nothing = text("cost.device_by_driver", language, gpu=by_driver.gpu.name)
    said = found.gpu.key if found is not None and found.by == "people" else ""
    options = "".join(
        f"<option value='{escape(key)}'{' selected' if key == said else ''}>{escape(name)}</option>"
        for key, name in [("", nothing), *((gpu.key, gpu.name) for gpu in kept.table.gpus)]
    )
    label = escape(text("cost.device_choose", language, device=device))
    stands = escape(next((gpu.name for gpu in kept.table.gpus if gpu.key == said), nothing))
    attributes = f"class='{EDITORS}' data-device='{escape(device)}' aria-label='{label}'"
    return f"{_said(stands)}<select {attributes}>{options}</select>"
