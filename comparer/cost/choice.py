"""The choice that starts from the needs: the smallest model and precision that is enough, and why the others are not.

Every option (a model at a precision on a card) is held against every need: memory, quality on the items that must
pass, latency, budget. One clear no puts it out; what is unknown leaves it open, and then nothing is guessed: an open
option before the first that is enough makes the answer one so far, and without any that is enough there is none yet.
Pure: a score table, predictions, measured latencies and prices in, a decision out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import inf
from typing import Literal

from comparer.cost.estimate import Estimate, Mode, estimate
from comparer.cost.needs import Needs, Option, Question
from comparer.cost.prices import Gpu
from comparer.cost.wording import Amount, Part, Sentence, exact, sentence
from comparer.errors import InputError
from comparer.fit.recommendation import must_haves
from comparer.fit.score_table import Row

Standing = Literal["enough", "open", "out"]


@dataclass(frozen=True, slots=True)
class Judged:
    """One option held against the needs."""

    option: Option
    gpu: Gpu
    estimate: Estimate
    out: tuple[Sentence, ...]
    """Why it is not enough, the gravest first."""
    lacking: tuple[Sentence, ...]
    """What would have to be known."""
    rent: tuple[Mode, Fraction] | None
    """The cheapest way to rent of those that may be used and are known, with its cost a month."""

    @property
    def standing(self) -> Standing:
        """One reason puts it out; anything unknown leaves it open."""
        if self.out:
            return "out"
        return "open" if self.lacking else "enough"

    @property
    def monthly(self) -> Fraction | None:
        """The cost of that way to rent."""
        return self.rent[1] if self.rent else None


Outcome = Literal["chosen", "chosen_so_far", "cannot_be_decided", "none_is_enough", "no_options"]


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer and all that was weighed, smallest and then cheapest first."""

    outcome: Outcome
    chosen: Judged | None
    judged: tuple[Judged, ...]

    @property
    def headline(self) -> Sentence:
        """The answer as a sentence."""
        if self.chosen is None:
            return Sentence(f"cost.decision_{self.outcome}")
        return Sentence(f"cost.decision_{self.outcome}", _names(self.chosen.option, self.chosen.gpu))

    @property
    def needs(self) -> tuple[Sentence, ...]:
        """What would have to be known, each thing once: of the options that could still change the answer."""
        until = self.judged.index(self.chosen) if self.chosen else len(self.judged)
        open_before = (one for one in self.judged[:until] if one.standing == "open")
        unique: list[Sentence] = []
        for one in open_before:
            unique += [lack for lack in one.lacking if lack not in unique]
        return tuple(unique)

    def why_not(self, one: Judged) -> tuple[Sentence, ...]:
        """Why an option is not the chosen one: its reasons, what is unknown, or that it is larger or dearer."""
        if one.out or one.lacking:
            return (*one.out, *one.lacking)
        if self.chosen is None or one is self.chosen:
            return ()
        if (one.option.model, one.option.precision) != (self.chosen.option.model, self.chosen.option.precision):
            cheaper = (
                one.monthly is not None and self.chosen.monthly is not None and one.monthly < self.chosen.monthly
            )
            return (sentence("cost.enough_but_larger_and_cheaper" if cheaper else "cost.enough_but_larger"),)
        return (sentence("cost.enough_but_dearer"),)


def decide(question: Question) -> Decision:
    """The smallest option that is enough: by the table's order of models, then by weights, then by cost a month.

    Raises `InputError` for an item or a card that there is not.
    """
    rows = _deciding(question)
    for key in question.needs.gpus:
        question.prices.gpu(key)
    options = [option for option in question.options if not question.needs.gpus or option.gpu in question.needs.gpus]
    judged = [_judge(option, rows, question) for option in options if option.model in question.table.models]
    cards = [gpu.key for gpu in question.prices.gpus]

    def size_then_cost(one: Judged) -> tuple[int, float, Fraction | float, int]:
        option = one.option
        weights = inf if option.weights_bytes is None else option.weights_bytes
        cost = inf if one.monthly is None else one.monthly
        return question.table.models.index(option.model), weights, cost, cards.index(option.gpu)

    judged.sort(key=size_then_cost)
    chosen = next((one for one in judged if one.standing == "enough"), None)
    before = judged[: judged.index(chosen)] if chosen else judged
    still_open = any(one.standing == "open" for one in before)
    outcome: Outcome
    if chosen is not None:
        outcome = "chosen_so_far" if still_open else "chosen"
    elif judged:
        outcome = "cannot_be_decided" if still_open else "none_is_enough"
    else:
        outcome = "no_options"
    return Decision(outcome, chosen, tuple(judged))


def _deciding(question: Question) -> tuple[Row, ...]:
    if not question.needs.items:
        return must_haves(question.table)
    by_key = {row.item.key: row for row in question.table.rows}
    for key in question.needs.items:
        if key not in by_key:
            raise InputError("unknown_item", item=key)
    return tuple(by_key[key] for key in question.needs.items)


def _judge(option: Option, rows: Sequence[Row], question: Question) -> Judged:
    gpu = question.prices.gpu(option.gpu)
    made = estimate(question.load, option.latencies, gpu)
    rent = made.cheapest(question.needs.modes)
    names = _names(option, gpu)
    findings = (
        _memory(option, names),
        _quality(option, names, rows, question),
        _latency(option, names, question.needs),
        _budget(option, names, made, rent, question.needs),
    )
    return Judged(
        option,
        gpu,
        made,
        tuple(reason for out, _ in findings for reason in out),
        tuple(lack for _, lacking in findings for lack in lacking),
        rent,
    )


_Names = dict[str, Part]
_Found = tuple[list[Sentence], list[Sentence]]
"""Why an option is out, and what is unknown about it."""


def _memory(option: Option, names: _Names) -> _Found:
    if option.fit is None:
        return [], [Sentence("cost.needs_memory", names)]
    return ([] if option.fit.fits else [option.fit.says]), []


def _quality(option: Option, names: _Names, rows: Sequence[Row], question: Question) -> _Found:
    if not rows:
        return [], [sentence("cost.needs_items")]
    if option.precision not in question.rated.get(option.model, frozenset()):
        return [], [Sentence("cost.needs_ratings", {**names, "items": tuple(row.item for row in rows)})]
    by_verdict = {
        verdict: tuple(row.item for row in rows if row.cells[option.model].verdict == verdict)
        for verdict in ("fails", "undecided", "no_ratings")
    }
    keys = {"fails": "cost.out_fails", "undecided": "cost.needs_more_ratings", "no_ratings": "cost.needs_ratings"}
    said = {
        verdict: [Sentence(keys[verdict], {**names, "items": items})] if items else []
        for verdict, items in by_verdict.items()
    }
    return said["fails"], said["undecided"] + said["no_ratings"]


def _latency(option: Option, names: _Names, needs: Needs) -> _Found:
    limit = needs.latency_limit_s
    if limit is None:
        return [], []
    told = option.latencies.within(limit, needs.within)
    shares: dict[str, Part] = {
        "limit": Amount(exact(limit), "seconds"),
        "share": Amount(exact(needs.within), "share"),
        "p95": Amount(option.latencies.p95_s, "seconds"),
    }
    if told == "no_ratings":
        return [], [Sentence("cost.needs_latency", names)]
    if told == "undecided":
        more = option.latencies.more_to_settle(limit, needs.within)
        count = sentence("cost.about_more", count=more) if more else sentence("cost.many_more")
        return [], [Sentence("cost.needs_more_latencies", {**names, **shares, "more": count})]
    return ([] if told == "meets" else [Sentence("cost.out_too_slow", {**names, **shares})]), []


def _budget(
    option: Option, names: _Names, made: Estimate, rent: tuple[Mode, Fraction] | None, needs: Needs
) -> _Found:
    """Out when every way to rent is known and over the budget; a way whose cost is unknown may still be within."""
    if needs.budget_a_month is None or (rent is not None and rent[1] <= exact(needs.budget_a_month)):
        return [], []
    unknown = [mode for mode in needs.modes if made.modes[mode].monthly.value is None]
    if made.cards.value is None:
        lack = "cost.needs_requests" if option.latencies.count else "cost.needs_latency"
        return [], [Sentence(lack, names)]
    if unknown:
        return [], [Sentence(f"cost.needs_cost_{mode}", names) for mode in unknown]
    if rent is None:
        return [], [sentence("cost.needs_modes")]
    costs: dict[str, Part] = {
        "cost": Amount(rent[1], "usd"),
        "budget": Amount(exact(needs.budget_a_month), "usd"),
        "mode": sentence(f"cost.mode_{rent[0]}"),
    }
    return [Sentence("cost.out_over_budget", {**names, **costs})], []


def _names(option: Option, gpu: Gpu) -> _Names:
    return {"model": option.model, "precision": option.precision, "gpu": gpu.name}
