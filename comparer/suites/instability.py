"""Whether a model says the same when it is asked again: repeats of one case with different seeds. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean

from comparer.run_records import RunAnswer


@dataclass(frozen=True, slots=True)
class Instability:
    """One model's cases that have two repeats or more with the same turns answered."""

    cases: int
    other_text: int
    """In how many of them some turn was answered in other words."""
    scored: int
    """How many of the cases have scores in every repeat."""
    other_score: int
    """In how many of these the repeats' scores differ."""

    @property
    def share_of_texts(self) -> float | None:
        """Share of cases whose repeats differ in text, 0..1; None without cases."""
        return self.other_text / self.cases if self.cases else None

    @property
    def share_of_scores(self) -> float | None:
        """Share of scored cases whose repeats differ in score, 0..1; None without such cases."""
        return self.other_score / self.scored if self.scored else None


def instability(answers: Iterable[RunAnswer], repeats: int) -> dict[str, Instability]:
    """By model, over cases with all `repeats` answered to the same turn without a failure."""
    repeated: dict[tuple[str, str], dict[int, dict[int, RunAnswer]]] = defaultdict(lambda: defaultdict(dict))
    models = []
    for answer in answers:
        place = answer.place
        models.append(place.model)
        if answer.answer.failure is None:
            repeated[place.model, place.case][place.repeat][place.turn] = answer
    found = {}
    for model in dict.fromkeys(models):
        cases = [
            list(by_repeat.values())
            for (key, _), by_repeat in repeated.items()
            if key == model and repeats > 1 and len(by_repeat) == repeats and _same_turns(by_repeat.values())
        ]
        scores = [[_score(turns) for turns in case] for case in cases]
        scored = [case for case in scores if None not in case]
        found[model] = Instability(
            cases=len(cases),
            other_text=sum(len({_texts(turns) for turns in case}) > 1 for case in cases),
            scored=len(scored),
            other_score=sum(len(set(case)) > 1 for case in scored),
        )
    return found


def _same_turns(repeats: Iterable[dict[int, RunAnswer]]) -> bool:
    return len({frozenset(turns) for turns in repeats}) == 1


def _texts(turns: dict[int, RunAnswer]) -> tuple[str, ...]:
    return tuple(turns[turn].answer.text for turn in sorted(turns))


def _score(turns: dict[int, RunAnswer]) -> float | None:
    scores = [turns[turn].score for turn in sorted(turns)]
    known = [score.score for score in scores if score is not None]
    return fmean(known) if known else None
