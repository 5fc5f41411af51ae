"""Where an export reads, and what the formats for people have in common: names, words and moments."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from comparer.cost.view import CostView
from comparer.fit.evidence import Evidence
from comparer.fit.reading import read_evidence, read_score_table
from comparer.fit.score_table import ScoreTable
from comparer.store import ALL_RATINGS, RatingFilter, Store
from comparer.texts import Language, text

CostReader = Callable[[], CostView | None]


def no_cost() -> CostView | None:
    """An export without a cost part."""
    return None


@dataclass(frozen=True, slots=True)
class Source:
    """Where an export reads: `models` smallest first, only those ratings, words in that language."""

    store: Store
    models: Sequence[str]
    ratings: RatingFilter = ALL_RATINGS
    language: Language = "en"
    labels: Mapping[str, str] = field(default_factory=dict)
    """What a model's key is called; a key without a label is called by itself."""
    read_cost: CostReader = no_cost
    written_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def table(self) -> ScoreTable:
        """The score table now."""
        return read_score_table(self.store, self.models, self.ratings)

    def evidence(self) -> Evidence:
        """What the ratings and votes say beyond the table, now."""
        return read_evidence(self.store, self.models, self.ratings)

    def cost(self) -> CostView | None:
        """What the models cost, as people have set it; None where nobody has, or where an export has no cost."""
        return self.read_cost()

    def label(self, model: str) -> str:
        """What a model is called."""
        return self.labels.get(model, model)

    def say(self, key: str, /, **parameters: object) -> str:
        """The text of `key` in the language of the export."""
        return text(key, self.language, **parameters)


def minute(when: datetime) -> str:
    """A moment for people: 2026-01-10 09:30 UTC."""
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def filter_used(source: Source) -> list[tuple[str, str]]:
    """Which ratings an export holds, as pairs of what was asked for and its value; without a filter one pair."""
    ratings, say = source.ratings, source.say
    asked = [
        (say("filter.lineup"), ratings.lineup),
        (say("filter.precision"), ratings.precision),
        (
            say("filter.reviewers"),
            ("、" if source.language == "zh" else ", ").join(
                name or say("chart.unnamed") for name in ratings.reviewers
            ),
        ),
        (say("filter.since"), minute(ratings.since) if ratings.since else ""),
        (say("filter.until"), minute(ratings.until) if ratings.until else ""),
        (say("filter.blind_only"), say("filter.yes") if ratings.blind_only else ""),
        (say("filter.weights"), "\n".join(ratings.model_ids)),
        (say("filter.without"), ratings.without_conversation),
    ]
    return [(name, value) for name, value in asked if value] or [(say("filter.ratings"), say("filter.all"))]
