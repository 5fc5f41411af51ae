"""What the ratings and votes behind a score table say beyond its pass rates. Pure: values in, statistics out.

Only what the table counts is used: its models on its items. Nothing is computed before it is asked for, since some
statistics take seconds; each is computed once.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import combinations

from comparer.fit.agreement import Agreement, Judgement, Strictness, agreement, strictness
from comparer.fit.blinding import BlindAndOpen, BlindingEffect, blinding_effect
from comparer.fit.latency import Latencies, latencies
from comparer.fit.paired import Pair, PairedComparison, compare_paired
from comparer.fit.per_day import DayCount, ratings_per_day
from comparer.fit.position_bias import PositionBias, position_bias
from comparer.fit.preference import Preferences, Vote, preferences
from comparer.records import Choice
from comparer.store import CastVote, GivenRating


@dataclass(frozen=True, slots=True)
class ModelPair:
    """Two models on the cases that both were rated on; `comparison` is None without such a case."""

    larger: str
    smaller: str
    comparison: PairedComparison | None
    """The larger one is the first."""


@dataclass(frozen=True)
class Evidence:
    """`models` smallest first; `given` and `votes` are those of the table's items and models, oldest first."""

    models: tuple[str, ...]
    given: Sequence[GivenRating]
    votes: Sequence[CastVote]
    older_ratings: bool = False
    """Whether there are older ratings that are not used here."""
    older_votes: bool = False

    @property
    def reviewers(self) -> int:
        """How many people gave these ratings."""
        return len({one.reviewer for one in self.given})

    @property
    def first_day(self) -> datetime | None:
        """When the oldest of these ratings was given, as far as it has not been changed since."""
        return min((one.rated_at for one in self.given), default=None)

    @cached_property
    def latencies(self) -> Latencies:
        """How long the rated answers took."""
        return latencies(self.given)

    @cached_property
    def days(self) -> list[DayCount]:
        """How many ratings were given each day."""
        return ratings_per_day((one.rated_at, one.acceptable) for one in self.given)

    @cached_property
    def strictness(self) -> Mapping[str, Strictness]:
        """Each reviewer beside the others."""
        return strictness(self._judgements())

    @cached_property
    def agreement(self) -> Agreement:
        """Whether reviewers mean the same by "acceptable"."""
        return agreement(self._judgements())

    @cached_property
    def pairs(self) -> tuple[ModelPair, ...]:
        """Every two models on the same cases: neighbours in size first."""
        shares = self._shares(lambda _: True)
        found = []
        for smaller, larger in sorted(combinations(self.models, 2), key=self._distance):
            one, other = shares[larger], shares[smaller]
            both = {case: Pair(share, other[case]) for case, share in one.items() if case in other}
            found.append(ModelPair(larger, smaller, compare_paired(both)))
        return tuple(found)

    @cached_property
    def preferences(self) -> Preferences:
        """Which model's answers people like best."""
        return preferences(_vote(one) for one in self.votes)

    @cached_property
    def places(self) -> PositionBias:
        """Whether the place on the screen decides votes: of blind ones, for only there the order is drawn by lot."""
        return position_bias((_vote(one) for one in self.votes if one.blind), places=max(2, len(self.models)))

    @cached_property
    def blinding(self) -> BlindingEffect:
        """Whether knowing the model changes the verdict."""
        blind, open_ = self._shares(lambda one: one.blind), self._shares(lambda one: not one.blind)
        return blinding_effect({model: BlindAndOpen(blind[model], open_[model]) for model in self.models})

    def _judgements(self) -> list[Judgement]:
        return [Judgement(one.case_key, one.answer_id, one.reviewer, one.acceptable) for one in self.given]

    def _shares(self, counts: Callable[[GivenRating], bool]) -> dict[str, dict[str, float]]:
        """For each model the share of acceptable ratings by case."""
        said: dict[str, dict[str, list[bool]]] = {model: defaultdict(list) for model in self.models}
        for one in filter(counts, self.given):
            said[one.model][one.case_key].append(one.acceptable)
        return {
            model: {case: sum(every) / len(every) for case, every in cases.items()} for model, cases in said.items()
        }

    def _distance(self, pair: tuple[str, str]) -> int:
        smaller, larger = pair
        return self.models.index(larger) - self.models.index(smaller)


def evidence(
    items: Iterable[str],
    models: Sequence[str],
    given: Sequence[GivenRating],
    votes: Sequence[CastVote],
    *,
    limit: int,
) -> Evidence:
    """The newest `limit` of the ratings and of the votes, as far as they are of these items and models."""
    keys, known = set(items), set(models)
    return Evidence(
        models=tuple(models),
        given=[one for one in given[-limit:] if one.item in keys and one.model in known],
        votes=[one for one in votes[-limit:] if one.item in keys and known.issuperset(one.order) and _readable(one)],
        older_ratings=len(given) > limit,
        older_votes=len(votes) > limit,
    )


def _readable(vote: CastVote) -> bool:
    return vote.choice in ("tie", "none") or vote.choice in vote.order


def _vote(cast: CastVote) -> Vote:
    choice: Choice = "tie" if cast.choice == "tie" else "none" if cast.choice == "none" else "answer"
    return Vote(cast.turn_id, cast.order, choice, cast.choice if choice == "answer" else "")
