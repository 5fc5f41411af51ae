"""What a run's answers come to once it is said who judges them: automatic checks or people, never both.

Pure: from a run's cases and answers to the values that `fit.drift` and `fit.run_comparison` take. Knows no database
and no page.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from comparer.fit.drift import TurnJudgement
from comparer.fit.run_comparison import CaseResult
from comparer.run_records import Judge, RunAnswer, RunCase
from comparer.suites.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Asked:
    """A run, as far as its answers are judged."""

    run_id: str
    repeats: int
    cases: tuple[RunCase, ...]
    answers: tuple[RunAnswer, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """What one model's answers took. None where nothing was measured."""

    answers: int
    errors: int
    weights_bytes: int | None
    """The largest that was told of: a model has one size."""
    peak_memory_bytes: int | None
    e2e_s: float | None
    """Median seconds from the start of the model to its last token."""
    tokens_per_s: float | None
    timed: int
    """Answers that the two medians rest on: they ended by themselves, and nothing ran beside them."""
    devices: tuple[str, ...]


def is_long(case: RunCase) -> bool:
    """Whether the case is a conversation: it has two turns or more."""
    return len(case.turns) > 1


def turn_judgements(runs: Iterable[Asked], judge: Judge) -> tuple[TurnJudgement, ...]:
    """Every yes and no on the turns of the long cases in one run, or in several of the same suite and models.

    A check says yes when it passed. The unit stays the case: its repeats, and the same case in other runs, count as
    further judges of its turns and not as conversations of their own, which would only seem to be more evidence. Of
    a case that was changed between the runs, the first of `runs` that has it decides, and the others' is left out.
    Turns without a check or rating, and answers that failed, say nothing.
    """
    known: dict[str, RunCase] = {}
    said: list[TurnJudgement] = []
    for run in runs:
        same = {case.id for case in run.cases if is_long(case) and same_case(known.setdefault(case.id, case), case)}
        for answer in run.answers:
            if answer.place.case in same:
                said += _said(run.run_id, answer, judge)
    return tuple(said)


def _said(run_id: str, answer: RunAnswer, judge: Judge) -> list[TurnJudgement]:
    place = answer.place
    if judge == "people":
        verdicts = [rating < answer.accepted for rating in range(answer.ratings)]
    else:
        verdicts = [] if answer.score is None else [answer.score.passed]
    return [
        TurnJudgement(place.case, place.model, place.turn + 1, f"{run_id}/{place.repeat}/{number}", verdict)
        for number, verdict in enumerate(verdicts)
    ]


def case_results(run: Asked, model: str, judge: Judge) -> dict[str, CaseResult]:
    """The cases that `model` has answered in full, with their score and the texts of all repeats and turns."""
    own = sorted((answer for answer in run.answers if answer.place.model == model), key=lambda answer: answer.place)
    texts: dict[str, list[str]] = defaultdict(list)
    for answer in own:
        texts[answer.place.case].append(answer.answer.text.strip())
    outcomes = Ledger(run.cases, run.repeats, judge, own).outcomes
    return {case: CaseResult(score, "\n\n".join(texts[case])) for (_, case), score in outcomes.items()}


def figures(answers: Iterable[RunAnswer], model: str) -> Figures:
    """Memory and speed of one model's answers; see `Figures` for which of them count."""
    own = [answer.answer for answer in answers if answer.place.model == model]
    timed = [
        answer.metrics for answer in own if answer.stop_reason in {"stop", "length"} and not answer.metrics.contended
    ]
    e2e_s = [metrics.e2e_s for metrics in timed if metrics.e2e_s is not None]
    speeds = [metrics.tokens_per_s for metrics in timed if metrics.tokens_per_s is not None]
    return Figures(
        answers=len(own),
        errors=sum(answer.failure is not None for answer in own),
        weights_bytes=max((each for a in own if (each := a.metrics.weights_bytes) is not None), default=None),
        peak_memory_bytes=max((each for a in own if (each := a.metrics.peak_memory_bytes) is not None), default=None),
        e2e_s=median(e2e_s) if e2e_s else None,
        tokens_per_s=median(speeds) if speeds else None,
        timed=len(e2e_s),
        devices=tuple(sorted({answer.device for answer in own if answer.device})),
    )


def same_case(one: RunCase, other: RunCase) -> bool:
    """Whether the same was asked about the same pictures and judged by the same checks."""
    return one.turns == other.turns and _pictures(one) == _pictures(other)


def changed_cases(reference: Sequence[RunCase], candidate: Sequence[RunCase]) -> frozenset[str]:
    """The ids that both have, but for something else: their answers are no pair."""
    others = {case.id: case for case in candidate}
    return frozenset(case.id for case in reference if case.id in others and not same_case(case, others[case.id]))


def _pictures(case: RunCase) -> list[str]:
    return [picture.sha256 for picture in case.pictures]
