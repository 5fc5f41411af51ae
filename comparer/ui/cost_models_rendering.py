"""From predictions, measurements and runs to the HTML of the tab "Models": what each model needs, and what would do.

Pure. Claims of the reference article are marked as such and stand beside the rest, never in its place.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from statistics import median

from comparer.bench.measurements import Measurement, Measurements
from comparer.cost.article import PRECISION_CLAIMS, PRECISION_MODEL
from comparer.cost.fits import Fit, ModelMemory, fit
from comparer.cost.measured import Measured, Where
from comparer.cost.prices import Gpu
from comparer.fit.run_comparison import p_words
from comparer.lineup import ModelSpec
from comparer.records import Precision
from comparer.suites.judged_reading import Compared, Side
from comparer.texts import Language, text
from comparer.ui import units
from comparer.ui.cost_figures import colour
from comparer.ui.cost_rendering import reference_badge
from comparer.ui.run_rendering import run_title


@dataclass(frozen=True, slots=True)
class Quality:
    """What other precisions do to a model's score, by runs of one suite."""

    reference: Side
    compared: Mapping[str, Compared]
    """By precision."""

    @property
    def base(self) -> str:
        """The precision that the others are held against."""
        return self.reference.run_model.precision


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """All that is known of one model."""

    spec: ModelSpec
    place: int
    """In its lineup."""
    memory: ModelMemory
    measured: Mapping[Where, Measured] = field(default_factory=dict)
    """Here, of the same weights at any precision."""
    shipped: Sequence[tuple[Measurements, Measurement]] = ()
    """What `comparer bench gpu` built of it, with the file."""
    quality: Quality | None = None

    @property
    def precisions(self) -> tuple[str, ...]:
        """All at which anything is known, the model's own first."""
        measured = sorted({where.precision for where in self.measured})
        compared = [] if self.quality is None else [self.quality.base, *self.quality.compared]
        return tuple(dict.fromkeys([self.spec.precision, *self.memory.predictions, *measured, *compared]))


@dataclass(frozen=True, slots=True)
class Cards:
    """The cards to hold models against."""

    here: tuple[Gpu, ...]
    """Of this computer; its own memory where it has no card."""
    to_rent: tuple[Gpu, ...]
    note: str
    """What is to be said of this computer's."""

    @property
    def all(self) -> tuple[Gpu, ...]:
        """The ones that are here first."""
        return (*self.here, *self.to_rent)


def models_html(
    models: Sequence[ModelFacts], cards: Cards, shipped: Sequence[Measurements], demo: bool, language: Language
) -> str:
    """A card for each model, and the measurements that were shipped."""
    notes = [text("cost.models_about", language), cards.note]
    if demo:
        notes.append(text("cost.demo_note", language))
    told = "".join(f"<p class='plan-about'>{escape(note)}</p>" for note in notes if note)
    return f"{told}{''.join(_model(one, cards, language) for one in models)}{shipped_html(shipped, language)}"


def _model(one: ModelFacts, cards: Cards, language: Language) -> str:
    spec, memory = one.spec, one.memory
    count = "" if memory.parameters is None else text("cost.parameters", language, count=f"{memory.parameters:,}")
    prediction = memory.predictions.get(spec.precision)
    facts = [count]
    if prediction is not None:
        facts.append(
            text(
                "cost.needs_at",
                language,
                precision=spec.precision,
                weights=units.size(prediction.weights_bytes),
                total=units.size(prediction.total_bytes),
                context=f"{memory.workload.context_tokens:,}",
            )
        )
    unknown = f"<p class='col-note'>{escape(memory.unknown.say(language))}</p>" if memory.unknown else ""
    body = _precisions(one, language) + _fits(one, cards, language) if one.precisions else ""
    return (
        f"<section class='cost-card cost-model {colour(one.place)}' data-model='{escape(spec.key)}'><header>"
        f"<h3><span class='dot' aria-hidden='true'></span>{escape(spec.label)}</h3>"
        f"<p>{escape(' · '.join(fact for fact in facts if fact))}</p></header>"
        f"{_claim(spec, language)}{unknown}{body}</section>"
    )


def _claim(spec: ModelSpec, language: Language) -> str:
    """What the article says of the model."""
    card = spec.card
    if card.minimum_memory_gb is None:
        return ""
    fits = card.fits.get(language, "")
    said = text("cost.claim", language, memory=f"{card.minimum_memory_gb:g}", hardware=card.hardware)
    return f"<p class='cost-claim'>{reference_badge(language)}{escape(said)}{' · ' if fits else ''}{escape(fits)}</p>"


# --- precision ----------------------------------------------------------------------------------------


def _precisions(one: ModelFacts, language: Language) -> str:
    claimed = one.spec.model == PRECISION_MODEL
    names = ["precision", "weights", "weights_measured", "total", "speed", "quality"]
    if claimed:
        names.append("claim")
    heads = "".join(f"<th scope='col'>{escape(text(f'cost.column_{name}', language))}</th>" for name in names)
    rows = "".join(_precision(one, precision, claimed, language) for precision in one.precisions)
    suite = ""
    if one.quality is not None:
        title = run_title(one.quality.reference.run.request, language)
        reference = one.quality.base
        suite = text("cost.quality_from", language, suite=title, reference=reference)
    else:
        suite = text("cost.quality_none", language)
    return (
        f"<div class='fit-scroll'><table class='plain cost-precisions'><caption class='sr-only'>"
        f"{escape(text('cost.precisions_title', language, label=one.spec.label))}</caption><thead><tr>{heads}</tr>"
        f"</thead><tbody>{rows}</tbody></table></div><p class='fit-legend'>{escape(suite)}</p>"
    )


def _precision(one: ModelFacts, precision: str, claimed: bool, language: Language) -> str:
    prediction = one.memory.predictions.get(precision)  # type: ignore[call-overload]
    refusal = one.memory.refusals.get(precision)  # type: ignore[call-overload]
    measured = {where: found for where, found in one.measured.items() if where.precision == precision}
    weights = [found.weights_bytes for found in measured.values() if found.weights_bytes]
    predicted = None if prediction is None else prediction.weights_bytes
    cells = [
        units.size(predicted) + (_refused(refusal.say(language), language) if refusal else ""),
        _weights(one, precision, predicted, max(weights, default=None), language),
        units.size(None if prediction is None else prediction.total_bytes),
        _speed(one, precision, measured, language),
        _quality(one.quality, precision, language),
    ]
    if claimed:
        cells.append(_precision_claim(precision, language))
    own = f" <small>{escape(text('cost.own_precision', language))}</small>" if precision == one.spec.precision else ""
    row = "".join(f"<td>{cell}</td>" for cell in cells)
    return f"<tr data-precision='{precision}'><th scope='row'>{precision}{own}</th>{row}</tr>"


def _refused(reason: str, language: Language) -> str:
    word = escape(text("cost.verdict_refused", language))
    return (
        f" <details class='cost-figure'><summary title='{escape(reason)}'>{word}</summary>"
        f"<p>{escape(reason)}</p></details>"
    )


def _weights(one: ModelFacts, precision: str, predicted: int | None, here: int | None, language: Language) -> str:
    """Measured here, and on the cards of the shipped files; each with how far it is from the prediction."""
    told = [] if here is None else [_beside(here, predicted, text("cost.here", language))]
    for file, build in one.shipped:
        if (build.kind, build.precision) == ("build", precision) and build.weights_bytes is not None:
            told.append(_beside(build.weights_bytes, predicted, _measured_on(file, language)))
    return "".join(told) or units.UNKNOWN


def _beside(measured: int, predicted: int | None, where: str) -> str:
    change = "" if not predicted else f" ({_signed(100 * (measured / predicted - 1))}%)"
    return f"<span>{units.size(measured)}{change}<small>{escape(where)}</small></span>"


def _signed(value: float) -> str:
    """One decimal with its sign; nothing has none."""
    return "0.0" if abs(value) < 0.05 else f"{value:+.1f}".replace("-", "−")


def _measured_on(file: Measurements, language: Language) -> str:
    return text("cost.measured_on", language, device=file.device.name)


def _speed(one: ModelFacts, precision: str, measured: Mapping[Where, Measured], language: Language) -> str:
    told = [
        text(
            "cost.speed_here",
            language,
            speed=units.rate(found.tokens_per_s),
            seconds=units.seconds(median(found.latencies.seconds)),
            count=f"{found.latencies.count:,}",
            device=where.device or text("cost.unknown", language),
        )
        for where, found in measured.items()
        if found.latencies.count
    ]
    told += [
        text("cost.speed_on", language, speed=units.rate(decode.tokens_per_s), where=_measured_on(file, language))
        for file, decode in one.shipped
        if (decode.kind, decode.precision, decode.batch, decode.mode) == ("decode", precision, 1, "eager")
    ]
    return "".join(f"<span>{escape(line)}</span>" for line in told) or units.UNKNOWN


def _quality(quality: Quality | None, precision: str, language: Language) -> str:
    """The difference in score to the most exact precision, with its interval and what may be said of it."""
    if quality is None:
        return units.UNKNOWN
    if quality.base == precision:
        return escape(text("cost.most_exact", language))
    found = quality.compared.get(precision)
    if found is None or found.comparison.paired is None:
        return units.UNKNOWN
    gap, verdict = found.comparison.paired.difference, found.comparison.verdict
    points, *bounds = (_signed(100 * end) for end in (gap.value, gap.low, gap.high))
    looks = {"worse": "fails", "better": "meets"}.get(verdict or "", "undecided")
    word = text(f"versus.verdict_{verdict or 'not_tested'}", language)
    told = text(
        "cost.quality_points",
        language,
        points=points,
        bounds=" … ".join(bounds),
        cases=found.comparison.paired.cases,
        p=p_words(found.comparison.p_value if found.comparison.p_value is not None else 1.0),
    )
    return f"<span class='verdict {looks}'>{escape(word)}</span><small>{escape(told)}</small>"


def _precision_claim(precision: str, language: Language) -> str:
    claim = next((claim for claim in PRECISION_CLAIMS if claim.precision == precision), None)
    if claim is None:
        return units.UNKNOWN
    loss = "" if claim.most_loss is None else text("cost.claim_loss", language, loss=f"{claim.most_loss:.0%}")
    return f"{reference_badge(language)}{claim.memory_gb} GB<small>{escape(loss)}</small>"


# --- cards --------------------------------------------------------------------------------------------


def _fits(one: ModelFacts, cards: Cards, language: Language) -> str:
    """Every precision on every card: it fits with so much room, or what would."""
    if not one.memory.predictions:
        return ""
    heads = "".join(
        f"<th scope='col'>{escape(gpu.name)}"
        + (f"<small>{escape(text('cost.here', language))}</small>" if gpu in cards.here else "")
        + "</th>"
        for gpu in cards.all
    )
    rows = "".join(
        f"<tr><th scope='row'>{precision}</th>"
        + "".join(_verdict(one.memory, precision, gpu, cards, language) for gpu in cards.all)
        + "</tr>"
        for precision in one.memory.predictions
    )
    title = escape(text("cost.fits_title", language))
    first = escape(text("cost.column_precision", language))
    return (
        f"<h4>{title}</h4><div class='fit-scroll'><table class='plain cost-fits'><thead><tr>"
        f"<th scope='col'>{first}</th>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _verdict(memory: ModelMemory, precision: Precision, gpu: Gpu, cards: Cards, language: Language) -> str:
    found: Fit = fit(memory, precision, gpu, cards.to_rent)
    says = escape(found.says.say(language))
    word = text(f"cost.verdict_{found.verdict}", language)
    room = ""
    if found.verdict != "refused":
        sign = "+" if found.room_bytes >= 0 else "−"
        room = f" <small>{sign}{units.size(abs(found.room_bytes))}</small>"
    looks = {"fits": "meets", "does_not_fit": "fails", "refused": "undecided"}[found.verdict]
    return (
        f"<td><details class='cost-figure'><summary title='{says}'><span class='verdict {looks}'>{escape(word)}"
        f"</span>{room}</summary><p>{says}</p></details></td>"
    )


# --- shipped measurements -----------------------------------------------------------------------------


def shipped_html(files: Sequence[Measurements], language: Language) -> str:
    """What `comparer bench gpu` measured on real cards and the product ships; says so where there is nothing."""
    title = escape(text("cost.shipped_title", language))
    if not files:
        told = escape(text("cost.shipped_none", language))
        return f"<section class='cost-part' id='cost-shipped'><h3>{title}</h3><p>{told}</p></section>"
    return (
        f"<section class='cost-part' id='cost-shipped'><h3>{title}</h3>"
        f"<p class='plan-about'>{escape(text('cost.shipped_about', language))}</p>"
        f"{''.join(_shipped_file(file, language) for file in files)}</section>"
    )


def _shipped_file(file: Measurements, language: Language) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in file.versions.items() if number)
    heads = "".join(
        f"<th scope='col'>{escape(text(f'cost.shipped_{name}', language))}</th>"
        for name in ("what", "time", "speed", "share", "memory")
    )
    rows = "".join(_shipped_row(one, language) for one in file.measurements)
    head = f"{_measured_on(file, language)} · {file.date.date().isoformat()}"
    return (
        f"<details><summary>{escape(head)}</summary><p class='fit-legend'>{escape(versions)}</p>"
        f"<div class='fit-scroll'><table class='plain'><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
        "</div></details>"
    )


def _shipped_row(one: Measurement, language: Language) -> str:
    if one.status != "measured":
        cells = f"<td colspan='4'>{escape(one.why(language))}</td>"
    else:
        size = {"build": one.weights_bytes, "release": one.allocated_bytes}.get(one.kind, one.peak_bytes)
        values = (
            units.seconds(one.median_s),
            units.rate(one.tokens_per_s),
            units.percent(one.share_of_ceiling),
            units.size(size),
        )
        cells = "".join(f"<td>{escape(value)}</td>" for value in values)
    return f"<tr><th scope='row'>{escape(one.id)}</th>{cells}</tr>"
