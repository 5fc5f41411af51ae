"""The view as page and report tell it: options by model and precision, each reason once, how far from flipping."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from comparer.cost.choice import Decision, Judged, Standing
from comparer.cost.plan import Plan
from comparer.cost.sensitivity import Flip
from comparer.cost.wording import NO_LABELS, Amount, Part, Sentence, Unit, exact
from comparer.records import Precision
from comparer.texts import Language, text


@dataclass(frozen=True, slots=True)
class Group:
    """A model at a precision, on every card that was weighed."""

    model: str
    precision: Precision
    options: tuple[Judged, ...]

    @property
    def standing(self) -> Standing:
        """The best of its options'."""
        found = {one.standing for one in self.options}
        return "enough" if "enough" in found else "open" if "open" in found else "out"

    @property
    def cheapest(self) -> Judged | None:
        """Of the options with that standing, the one that costs least of those whose cost is known."""
        known = [one for one in self.options if one.standing == self.standing and one.monthly is not None]
        return min(known, key=lambda one: one.monthly or Fraction(0), default=None)


def groups(decision: Decision) -> tuple[Group, ...]:
    """The options in the order of the choice."""
    found: dict[tuple[str, Precision], list[Judged]] = {}
    for one in decision.judged:
        found.setdefault((one.option.model, one.option.precision), []).append(one)
    return tuple(Group(*key, tuple(options)) for key, options in found.items())


def said_once(
    sentences: Sequence[Sentence], language: Language, labels: Mapping[str, str] = NO_LABELS
) -> tuple[str, ...]:
    """Sentences in their order, each one once; those that differ in nothing but the card name all cards together."""
    cards: dict[str, list[Part]] = {}
    alike: dict[str, Sentence] = {}
    for one in sentences:
        gpu = one.parameters.get("gpu")
        rest = Sentence(one.key, {**one.parameters, "gpu": "{gpu}"}) if isinstance(gpu, str) else one
        mark = rest.say(language, labels)
        alike.setdefault(mark, one)
        if isinstance(gpu, str) and gpu not in cards.setdefault(mark, []):
            cards[mark].append(gpu)
    return tuple(
        replace(one, parameters={**one.parameters, "gpu": tuple(cards[mark])}).say(language, labels)
        if mark in cards
        else one.say(language, labels)
        for mark, one in alike.items()
    )


def reasons(
    decision: Decision, group: Group, language: Language, labels: Mapping[str, str] = NO_LABELS
) -> tuple[str, ...]:
    """Why a group is not the choice, or what is unknown of it: what holds for its best options."""
    best = [one for one in group.options if one.standing == group.standing]
    return said_once([reason for one in best for reason in decision.why_not(one)], language, labels)


def flip_says(flip: Flip, plan: Plan, language: Language, labels: Mapping[str, str] = NO_LABELS) -> str:
    """How far the choice is from another one in one direction."""
    if flip.at is None or flip.becomes is None:
        return text(f"cost.flip_{flip.knob}_none", language, bound=_turned(flip.knob, flip.bound))
    becomes = flip.becomes.say(language, labels)
    said = {"at": _turned(flip.knob, flip.at), "becomes": becomes}
    if flip.knob == "requests" and plan.load.requests_a_day is not None:
        requests = Amount(exact(round(plan.load.requests_a_day * flip.at)), "count").shown(language)
        return text("cost.flip_requests_counted", language, requests=requests, **said)
    return text(f"cost.flip_{flip.knob}", language, **said)


def _turned(knob: str, value: float) -> str:
    if knob == "threshold":
        return f"{100 * value:+.3g}".replace("-", "−")
    return f"{value:.3g}" if value < 100 else f"{value:,.0f}"


def assumptions(plan: Plan, language: Language) -> Iterator[tuple[str, str]]:
    """What the figures take for granted: names and values."""
    load = plan.load
    units: tuple[tuple[str, object, Unit], ...] = (
        ("requests_a_day", load.requests_a_day, "count"),
        ("active_hours", load.active_hours, "hours"),
        ("peak_factor", load.peak_factor, "number"),
        ("utilisation", load.utilisation, "share"),
        ("cold_start_s", load.cold_start_s, "seconds"),
        ("idle_timeout_s", load.idle_timeout_s, "seconds"),
        ("output_tokens", load.output_tokens, "number"),
        ("at_a_time", plan.at_a_time, "count"),
    )
    for name, value, unit in units:
        shown = Amount(None if value is None else exact(value), unit).shown(language)  # type: ignore[arg-type]
        yield text(f"cost.input_{name}", language), shown
