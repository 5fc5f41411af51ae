"""Pure functions from columns and figures to the HTML of the Compare tab. Everything foreign is escaped.

Knows nothing of Gradio, and never writes a model's name into a column whose name is hidden.
"""

from collections.abc import Sequence
from html import escape

from comparer.dialogue import Column
from comparer.markup import harmless
from comparer.records import Loading, Metrics
from comparer.texts import Language, text
from comparer.ui import units

HIDDEN_COLOUR = "slate"

Message = dict[str, object]


def letter(position: int) -> str:
    """The name of a column: A, B, C from the left."""
    return "ABCDEF"[position]


def header(
    column: Column,
    position: int,
    label: str,
    detail: str,
    colour: str,
    language: Language,
    tools: str = "",
    hidden: bool = False,
) -> str:
    """The strip above an answer: colour, name, state; `tools` is HTML for further buttons."""
    state = column.state
    shown = text(f"state.{state}", language)
    if column.stop_reason == "length":
        shown = text("state.length", language)
    elif column.loading is not None and not hidden:  # how fast a load goes tells how large the model is
        shown = loading_words(column.loading, language)
    if column.ahead:
        shown = text("state.queued_behind", language, ahead=column.ahead)
    hint = escape(text("compare.expand", language))
    small = f"<span class='col-detail'>{escape(detail)}</span>" if detail else ""
    return (
        f"<div class='col-head {colour}' data-column='{position}'>"
        f"<span class='dot' aria-hidden='true'></span>"
        f"<span class='col-name'>{escape(label)}</span>{small}"
        f"<span class='state {state}'>{escape(shown)}</span>{tools}"
        f"<button type='button' class='expand' title='{hint}' aria-label='{hint}'>⤢</button></div>"
    )


def loading_words(loading: Loading, language: Language) -> str:
    """How far a load has come."""
    if loading.step is None:
        return text("state.loading", language)
    if loading.step == "weights" and loading.share is not None:
        return text("state.loading_weights", language, share=units.percent(loading.share))
    return text(f"state.loading_{loading.step}", language)


def tiles(column: Column, language: Language, hidden: bool, device: str = "", advice: str = "") -> str:
    """Metric tiles, and below them whatever must be said about the answer; `advice` is a sentence more."""
    if hidden:
        body = f"<p class='col-note'>{escape(text('compare.hidden_until_vote', language))}</p>"
    else:
        body = _tile_row(column.metrics, language, device)
    more = f"<p class='col-note'>{escape(advice)}</p>" if advice and not hidden else ""
    return f"<div class='col-foot'>{body}{_notices(column, language, hidden)}{more}</div>"


def _tile_row(metrics: Metrics, language: Language, device: str) -> str:
    weights = units.size(metrics.weights_bytes)
    served = device.startswith("http")
    place = "served" if served else "gpu" if device.startswith("cuda") else "cpu"
    unreported = served and metrics.peak_memory_bytes is None and metrics.e2e_s is not None
    memory = text("metric.memory_unreported", language) if unreported else units.size(metrics.peak_memory_bytes)
    values = (
        ("ttft", units.seconds(metrics.ttft_s)),
        ("speed", units.rate(metrics.tokens_per_s)),
        ("total", units.seconds(metrics.e2e_s)),
        ("memory", memory),
    )
    cells = []
    for key, value in values:
        if key == "memory":
            name = text(f"metric.memory_{place}", language)
            hint = text(f"metric.memory_hint_{place}", language, weights=weights)
        else:
            name, hint = text(f"metric.{key}", language), text(f"metric.{key}_hint", language)
            if served and key == "ttft":
                hint = text("metric.ttft_hint_served", language)
        words = " class='words'" if unreported and key == "memory" else ""
        cells.append(
            f"<div class='tile' title='{escape(hint)}'><b{words}>{escape(value)}</b><span>{escape(name)}</span></div>"
        )
    contended = (
        f"<span class='contended' title='{escape(text('metric.contended_hint', language))}'>"
        f"{escape(text('metric.contended', language))}</span>"
        if metrics.contended
        else ""
    )
    detail = ""
    if metrics.preprocess_s is not None:
        detail = escape(
            text(
                "metric.detail_served" if served else "metric.detail",
                language,
                input=units.count(metrics.input_tokens),
                image=units.count(metrics.image_tokens),
                output=units.count(metrics.output_tokens),
                queue=units.seconds(metrics.queue_s),
                load=units.seconds(metrics.load_s),
                preprocess=units.seconds(metrics.preprocess_s),
            )
        )
    if metrics.weights_bytes:
        detail += " · " + escape(text("metric.weights", language, weights=weights))
    return f"<div class='tiles'>{''.join(cells)}</div><p class='tile-detail'>{contended}{detail}</p>"


def _notices(column: Column, language: Language, hidden: bool) -> str:
    lines = []
    if column.dropped_turns:
        lines.append(("note", text("notice.dropped_turns", language, count=column.dropped_turns)))
    if column.failure is not None and hidden:  # the sentence names the model
        lines.append(("failure", text("compare.hidden_failure", language)))
    elif column.failure is not None:
        lines.append(("failure", text(f"error.{column.failure.code}", language, **column.failure.parameters)))
    return "".join(f"<p class='col-{kind}'>{escape(line)}</p>" for kind, line in lines)


def user_message(question: str, mark: str = "") -> Message:
    """A question as the chat shows it; `mark` says that a new picture came with it."""
    shown = f"[{mark}] {question}" if mark else question
    return {"role": "user", "content": [{"type": "text", "text": harmless(shown)}]}


def model_message(answer: str) -> Message:
    """An answer as the chat shows it. A list keeps its indentation, a plain string would lose it."""
    return {"role": "assistant", "content": [{"type": "text", "text": harmless(answer) or "…"}]}


def status(sentence: str) -> str:
    """One line below the columns."""
    return f"<p class='vote-status' role='status'>{escape(sentence)}</p>" if sentence else ""


def switcher(names: Sequence[tuple[str, str]], language: Language) -> str:
    """The phone's choice of column: (name, colour) from the left; hidden on wide screens."""
    buttons = "".join(
        f"<button type='button' data-show='{position}' class='{colour}' aria-pressed='{str(position == 0).lower()}'>"
        f"<span class='dot' aria-hidden='true'></span><span class='label'>{escape(name)}</span></button>"
        for position, (name, colour) in enumerate(names)
    )
    return f"<div class='switcher' role='group' aria-label='{escape(text('tab.compare', language))}'>{buttons}</div>"


def keys(columns: int, language: Language) -> str:
    """The line that names the keyboard's commands."""
    numbers = " ".join(str(number + 1) for number in range(columns))
    return f"<p class='keys'>{escape(text('compare.keys', language, columns=numbers))}</p>"
