"""The statistics in words and small tables, the same on the page and in every export.

A difference is called one only where the statistic bears it: of two models, when it holds however often one looks.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from comparer.fit.agreement import Agreement, Strictness, most_compared
from comparer.fit.blinding import BlindingEffect
from comparer.fit.evidence import Evidence, ModelPair
from comparer.fit.finding import Column, Estimate, Finding, Wording, finding, number, points
from comparer.fit.paired import PairedComparison
from comparer.fit.position_bias import PositionBias
from comparer.fit.preference import Preferences
from comparer.texts import Language, text

STATISTICS = ("paired", "preference", "places", "agreement", "strictness", "blinding")
"""In the order in which they are told; each has a `figure.` and a `definition.` in the locales."""

RELIABLE, TENTATIVE = 0.8, 0.667
"""Krippendorff's advice for alpha: rely on 0.8 and more; between the two draw tentative conclusions only."""


def findings(evidence: Evidence, language: Language, labels: Mapping[str, str]) -> tuple[Finding, ...]:
    """All of `STATISTICS` in their order."""
    words = Wording(language, labels)
    return (
        _paired(evidence.pairs, words),
        _preference(evidence.preferences, words),
        _places(evidence.places, words),
        _agreement(evidence.agreement, words),
        _strictness(evidence.strictness, words),
        _blinding(evidence.blinding, words),
    )


def what_was_used(evidence: Evidence, language: Language) -> list[str]:
    """Sentences on which ratings and votes the findings rest."""
    words = Wording(language, {})
    counts = {"ratings": f"{len(evidence.given):,}", "votes": f"{len(evidence.votes):,}"}
    sentences = [words.say("sure.used", reviewers=f"{evidence.reviewers:,}", **counts)]
    if evidence.older_ratings and evidence.first_day:
        day = evidence.first_day.date().isoformat()
        sentences.append(words.say("sure.newest_ratings", ratings=counts["ratings"], day=day))
    if evidence.older_votes:
        sentences.append(words.say("sure.newest_votes", votes=counts["votes"]))
    return sentences


# --- two models on the same cases ---


def _paired(pairs: Sequence[ModelPair], words: Wording) -> Finding:
    compared = [(pair, pair.comparison) for pair in pairs if pair.comparison is not None]
    if not compared:
        return finding("paired", words, [words.say("sure.paired_none")], words.say("sure.paired_none_takes"))
    held = [(pair, told) for pair, told in compared if told.holds_under_looking]
    says = [_paired_sentence(pair, told, words) for pair, told in held]
    if len(held) < len(compared):
        says.append(words.say("sure.paired_others" if held else "sure.paired_open"))
    columns = (
        Column(words.say("sure.column_pair"), "text"),
        Column(words.say("sure.column_shared_cases"), "count"),
        Column(words.say("sure.column_difference"), "points", interval=True),
        Column(words.say("sure.column_ahead"), "count"),
        Column(words.say("sure.column_behind"), "count"),
        Column(words.say("sure.column_ratio"), "ratio", interval=True),
        Column(words.say("sure.column_p_value"), "p_value"),
        Column(words.say("sure.column_p_value_while_looking"), "p_value"),
        Column(words.say("sure.column_more_cases"), "text"),
    )
    rows = [
        (
            f"{words.model(pair.larger)} − {words.model(pair.smaller)}",
            told.cases,
            Estimate(*told.difference),
            told.first_ahead,
            told.second_ahead,
            Estimate(*told.ratio) if told.ratio else None,
            told.p_value,
            told.p_value_while_looking,
            _more_cases(told, words),
        )
        for pair, told in compared
    ]
    takes = "" if len(held) == len(compared) else words.say("sure.paired_takes")
    return finding("paired", words, says, takes, columns, rows)


def _paired_sentence(pair: ModelPair, told: PairedComparison, words: Wording) -> str:
    return words.say(
        f"sure.paired_{told.verdict}",
        larger=words.model(pair.larger),
        smaller=words.model(pair.smaller),
        difference=points(told.difference.value),
        low=points(told.difference.low),
        high=points(told.difference.high),
        cases=told.cases,
    )


def _more_cases(told: PairedComparison, words: Wording) -> str:
    if told.more_cases is None:
        return words.say("sure.more_cases_far")
    return (
        words.say("sure.more_cases", count=f"{told.more_cases:,}")
        if told.more_cases
        else words.say("sure.more_cases_settled")
    )


# --- votes ---


def _preference(told: Preferences, words: Wording) -> Finding:
    if told.votes == told.none:
        key = "sure.preference_only_none" if told.none else "sure.preference_none"
        return finding(
            "preference", words, [words.say(key, none=f"{told.none:,}")], words.say("sure.preference_none_takes")
        )
    first = next((model for model, standing in told.standings.items() if standing.rank == 1), None)
    key = "sure.preference_open" if first is None else "sure.preference_first"
    says = [
        words.say(key, model=words.model(first or "")),
        words.say("sure.preference_counts", votes=f"{told.votes:,}", ties=f"{told.ties:,}", none=f"{told.none:,}"),
    ]
    if told.method == "bradley_terry_with_virtual_ties":
        says.append(words.say("sure.preference_virtual_ties"))
    columns = (
        Column(words.say("sure.column_model"), "text"),
        Column(words.say("sure.column_score"), "share", interval=True),
        Column(words.say("sure.column_rank"), "text"),
    )
    order = sorted(told.standings.items(), key=lambda one: -(one[1].score or 0.0))
    rows = [
        (
            words.model(model),
            Estimate(standing.score, standing.low, standing.high),
            words.say("sure.rank_hidden") if standing.rank is None else str(standing.rank),
        )
        for model, standing in order
    ]
    open_ranks = any(standing.rank is None for standing in told.standings.values())
    return finding("preference", words, says, words.say("sure.preference_takes") if open_ranks else "", columns, rows)


def _places(told: PositionBias, words: Wording) -> Finding:
    if told.p_value is None:
        return finding("places", words, [words.say("sure.places_none")], words.say("sure.places_none_takes"))
    names, p_value = _place_names(len(told.counts), words), number(told.p_value, "p_value")
    if told.verdict == "places_differ":
        most = max(range(len(names)), key=lambda place: told.counts[place])
        says = words.say("sure.places_differ", place=names[most], share=f"{told.shares[most]:.0%}", p_value=p_value)
    else:
        says = words.say("sure.places_same", p_value=p_value)
    columns = (
        Column(words.say("sure.column_place"), "text"),
        Column(words.say("sure.column_votes"), "count"),
        Column(words.say("sure.column_share"), "share"),
    )
    rows = list(zip(names, told.counts, told.shares, strict=True))
    takes = "sure.places_differ_takes" if told.verdict == "places_differ" else "sure.places_takes"
    return finding("places", words, [says], words.say(takes, votes=f"{told.votes:,}"), columns, rows)


def _place_names(places: int, words: Wording) -> list[str]:
    if places == 2:
        return [words.say("sure.place_left"), words.say("sure.place_right")]
    if places == 3:
        return [words.say("sure.place_left"), words.say("sure.place_middle"), words.say("sure.place_right")]
    return [words.say("sure.place_number", number=number + 1) for number in range(places)]


# --- reviewers ---


def _agreement(told: Agreement, words: Wording) -> Finding:
    if told.undefined == "nothing_rated_twice":
        return finding("agreement", words, [words.say("sure.twice_none")], words.say("sure.twice_none_takes"))
    says, takes = _agreement_sentences(told, words)
    columns = (
        Column(words.say("sure.column_alpha"), "alpha", interval=True),
        Column(words.say("sure.column_agreeing"), "share", interval=True),
        Column(words.say("sure.column_shared_answers"), "count"),
        Column(words.say("sure.column_cases"), "count"),
    )
    row = (
        None if told.alpha is None else Estimate(told.alpha, told.low, told.high),
        Estimate(told.agreeing_share, *told.agreeing_interval),
        told.answers,
        told.cases,
    )
    return finding("agreement", words, [says], takes, columns, [row])


def _agreement_sentences(told: Agreement, words: Wording) -> tuple[str, str]:
    if told.alpha is None:
        return words.say("sure.agreement_one_value"), words.say("sure.agreement_one_value_takes")
    if told.low is None or told.high is None:
        return words.say("sure.agreement_few_cases"), words.say("sure.agreement_takes")
    if told.low >= RELIABLE:
        return words.say("sure.agreement_reliable"), ""
    if told.low >= TENTATIVE:
        return words.say("sure.agreement_tentative"), words.say("sure.agreement_takes")
    if told.high < TENTATIVE:
        return words.say("sure.agreement_low"), words.say("sure.agreement_low_takes")
    return words.say("sure.agreement_open"), words.say("sure.agreement_takes")


def _strictness(found: Mapping[str, Strictness], words: Wording) -> Finding:
    if not found:
        return finding("strictness", words, [words.say("sure.twice_none")], words.say("sure.twice_none_takes"))
    columns = (
        Column(words.say("sure.column_reviewer"), "text"),
        Column(words.say("sure.column_beside_others"), "points", interval=True),
        Column(words.say("sure.column_shared_answers"), "count"),
        Column(words.say("sure.column_cases"), "count"),
        Column(words.say("sure.column_reading"), "text"),
    )
    strictest = list(most_compared(found).items())
    rows = [
        (
            name or text("chart.unnamed", words.language),
            Estimate(*one.difference),
            one.answers,
            one.cases,
            words.say(f"sure.strictness_{_reading(one)}"),
        )
        for name, one in strictest
    ]
    says = []
    for reading in ("stricter", "milder"):
        names = [str(row[0]) for row, (_, one) in zip(rows, strictest, strict=True) if _reading(one) == reading]
        if names:
            says.append(words.say(f"sure.strictness_{reading}_names", names=words.join(names)))
    if len(found) > len(strictest):
        shown, left = len(strictest), len(found) - len(strictest)
        says.append(words.say("sure.strictness_limited", shown=shown, left=left))
    takes = words.say("sure.strictness_found_takes" if says else "sure.strictness_takes")
    return finding("strictness", words, says or [words.say("sure.strictness_open")], takes, columns, rows)


def _reading(one: Strictness) -> Literal["stricter", "milder", "alike"]:
    if one.difference.high < 0:
        return "stricter"
    return "milder" if one.difference.low > 0 else "alike"


def _blinding(told: BlindingEffect, words: Wording) -> Finding:
    if told.p_value is None:
        return finding("blinding", words, [words.say("sure.blinding_none")], words.say("sure.blinding_none_takes"))
    columns = (
        Column(words.say("sure.column_model"), "text"),
        Column(words.say("sure.column_blind_rate"), "share"),
        Column(words.say("sure.column_blind_cases"), "count"),
        Column(words.say("sure.column_open_rate"), "share"),
        Column(words.say("sure.column_open_cases"), "count"),
        Column(words.say("sure.column_open_less_blind"), "points", interval=True),
    )
    rows = [
        (
            words.model(model),
            row.blind_rate,
            row.blind_cases,
            row.open_rate,
            row.open_cases,
            Estimate(*row.difference) if row.difference else None,
        )
        for model, row in told.rows.items()
    ]
    takes = words.say("sure.blinding_takes" if told.verdict == "no_difference_shown" else "sure.blinding_found_takes")
    says = words.say(f"sure.blinding_{told.verdict}", p_value=number(told.p_value, "p_value"))
    return finding("blinding", words, [says], takes, columns, rows)
