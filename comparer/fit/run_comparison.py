"""The same cases run twice, on another lineup, precision or version: what changed, and is it more than chance?

Knows scores and texts by case: nothing of models, suites or the database. Reasons are texts' keys; no wording here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from comparer.fit.intervals import ALPHA
from comparer.fit.paired import Pair, PairedComparison, PairedVerdict, compare_paired
from comparer.fit.recommendation import Reason

ChangeKind = Literal["regression", "improvement", "other_words"]
KINDS: tuple[ChangeKind, ...] = ("regression", "improvement", "other_words")
"""In the order in which they are shown."""


class CaseResult(NamedTuple):
    """What one run gave for one case."""

    score: float | None
    """0..1, or 1 and 0 for passed and failed; None: nobody and nothing has judged it."""
    text: str = ""


Run = Mapping[str, CaseResult]
"""By the case's key."""


@dataclass(frozen=True, slots=True)
class Change:
    """One case that came out otherwise."""

    case: str
    kind: ChangeKind
    """By the scores; "other_words": another text, but the same score or one that is missing."""
    reference: CaseResult
    candidate: CaseResult

    @property
    def difference(self) -> float:
        """Candidate's score minus reference's, -1..1; 0 where one is missing."""
        if self.reference.score is None or self.candidate.score is None:
            return 0.0
        return self.candidate.score - self.reference.score


@dataclass(frozen=True, slots=True)
class RunComparison:
    """A candidate run beside the reference."""

    changes: tuple[Change, ...]
    """Regressions first and the largest before the others, then improvements, then other words."""
    unchanged: int
    """Cases with the same score and the same text."""
    identical_texts: int
    """Of the common cases, those whose texts are the same but for white space around them."""
    common: int
    unscored: tuple[str, ...]
    """Common cases without a score in one run or in both: they enter no test."""
    only_reference: tuple[str, ...]
    only_candidate: tuple[str, ...]
    paired: PairedComparison | None
    """Candidate against reference, so that below 0 is worse; None without a case that is scored in both."""
    p_value: float | None
    """Two-sided, for one look; adjusted when several candidates stand beside one reference."""

    @property
    def verdict(self) -> PairedVerdict | None:
        """Whether the candidate is better or worse, by `p_value` against 5 %; None when nothing could be tested."""
        if self.paired is None or self.p_value is None:
            return None
        return self.paired.verdict if self.p_value < ALPHA else "no_difference_shown"

    def count(self, kind: ChangeKind) -> int:
        """How many cases changed in this way."""
        return sum(change.kind == kind for change in self.changes)


def compare_runs(reference: Run, candidate: Run, seed: int = 0) -> RunComparison:
    """What changed from one run to another; see `compare_paired` for the test. Raises ValueError for a bad score."""
    common = sorted(reference.keys() & candidate.keys())
    found = [change for case in common if (change := _change(case, reference[case], candidate[case]))]
    scores = {case: (candidate[case].score, reference[case].score) for case in common}
    pairs = {case: Pair(one, other) for case, (one, other) in scores.items() if one is not None and other is not None}
    paired = compare_paired(pairs, seed)
    return RunComparison(
        changes=tuple(sorted(found, key=lambda change: (KINDS.index(change.kind), -abs(change.difference)))),
        unchanged=len(common) - len(found),
        identical_texts=sum(_same_text(reference[case], candidate[case]) for case in common),
        common=len(common),
        unscored=tuple(case for case in common if case not in pairs),
        only_reference=tuple(sorted(reference.keys() - candidate.keys())),
        only_candidate=tuple(sorted(candidate.keys() - reference.keys())),
        paired=paired,
        p_value=None if paired is None else paired.p_value,
    )


def compare_with_reference(reference: Run, candidates: Mapping[str, Run], seed: int = 0) -> dict[str, RunComparison]:
    """Several runs beside one, as int8 and nf4 beside bf16: who asks more often finds more by chance.

    The p-values are adjusted together, so that the chance of any wrong "better" or "worse" among them stays below
    5 %. The intervals remain those of one comparison.
    Source: S. Holm, Scandinavian Journal of Statistics 6 (1979) 65-70, as `statsmodels` has it.
    """
    from statsmodels.stats.multitest import multipletests

    compared = {key: compare_runs(reference, candidate, seed) for key, candidate in candidates.items()}
    tested = {key: each.p_value for key, each in compared.items() if each.p_value is not None}
    if not tested:
        return compared
    adjusted = multipletests(list(tested.values()), method="holm")[1]
    together = dict(zip(tested, (float(p_value) for p_value in adjusted), strict=True))
    return {key: replace(each, p_value=together.get(key)) for key, each in compared.items()}


def summary(comparison: RunComparison, reference: str, candidate: str) -> tuple[Reason, ...]:
    """The comparison in sentences, the verdict first; `reference` and `candidate` are the runs' names on the page."""
    names: dict[str, str | int] = {"reference": reference, "candidate": candidate}
    reasons = [_headline(comparison, names)]
    if comparison.common:
        counts: dict[str, str | int] = {kind: comparison.count(kind) for kind in KINDS}
        reasons.append(Reason("runs_changes", parameters={**counts, "unchanged": comparison.unchanged}))
        texts = {"identical": comparison.identical_texts, "common": comparison.common}
        reasons.append(Reason("runs_texts", parameters=texts))
    if comparison.unscored:
        reasons.append(Reason("runs_unscored", parameters={"count": len(comparison.unscored)}))
    alone = {"first": len(comparison.only_reference), "second": len(comparison.only_candidate)}
    if any(alone.values()):
        reasons.append(Reason("runs_apart", parameters={**names, **alone}))
    return tuple(reasons)


def _headline(comparison: RunComparison, names: Mapping[str, str | int]) -> Reason:
    paired, verdict = comparison.paired, comparison.verdict
    if paired is None or verdict is None or comparison.p_value is None:
        return Reason("runs_not_compared", parameters=names)
    difference = paired.difference
    parameters = {**names, "cases": paired.cases, "p": p_words(comparison.p_value)}
    if verdict == "no_difference_shown":
        loss, gain = max(0.0, -difference.low), max(0.0, difference.high)
        return Reason("runs_no_difference", parameters={**parameters, "loss": _points(loss), "gain": _points(gain)})
    bounds = (difference.low, difference.high)
    low, high = bounds if verdict == "better" else (-bounds[1], -bounds[0])
    interval = {"points": _points(abs(difference.value)), "low": _points(low), "high": _points(high)}
    return Reason("runs_better" if verdict == "better" else "runs_worse", parameters={**parameters, **interval})


def _change(case: str, reference: CaseResult, candidate: CaseResult) -> Change | None:
    change = Change(case, "other_words", reference, candidate)
    if change.difference:
        return replace(change, kind="regression" if change.difference < 0 else "improvement")
    same_score = reference.score == candidate.score
    return None if same_score and _same_text(reference, candidate) else change


def _same_text(one: CaseResult, other: CaseResult) -> bool:
    return one.text.strip() == other.text.strip()


def _points(share: float) -> str:
    """A share as percentage points."""
    return f"{100 * share:.1f}"


def p_words(p_value: float) -> str:
    """A p-value behind the letter p: "= 0.032", "< 0.001"."""
    return "< 0.001" if p_value < 0.001 else f"= {p_value:.3f}"
