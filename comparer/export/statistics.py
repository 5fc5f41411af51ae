"""The statistics as plain JSON: every figure under its own name, for scripts that go on from here."""

from math import isfinite
from typing import Any

from comparer.export.rows import moment
from comparer.fit.evidence import Evidence, ModelPair
from comparer.fit.finding import Estimate

Json = dict[str, Any]
Bounds = tuple[float | None, float | None, float | None]
"""A value and the ends of its interval."""


def statistics_json(evidence: Evidence) -> Json:
    """All statistics, with what they rest on. Shares and p-values are 0..1, differences -1..1, None is "not told"."""
    return {
        "ratings": len(evidence.given),
        "votes": len(evidence.votes),
        "reviewers": evidence.reviewers,
        "newest_ratings_only": evidence.older_ratings,
        "newest_votes_only": evidence.older_votes,
        "since": moment(evidence.first_day) if evidence.first_day else None,
        "paired": [_pair(pair) for pair in evidence.pairs],
        "preference": _preference(evidence),
        "places": _places(evidence),
        "agreement": _agreement(evidence),
        "strictness": [
            {"reviewer": name, "difference": _bounds(one.difference), "answers": one.answers, "cases": one.cases}
            for name, one in evidence.strictness.items()
        ],
        "blinding": _blinding(evidence),
    }


def _pair(pair: ModelPair) -> Json:
    told = pair.comparison
    models: Json = {"larger": pair.larger, "smaller": pair.smaller}
    if told is None:
        return {**models, "cases": 0}
    return {
        **models,
        "cases": told.cases,
        "larger_rate": told.first_rate,
        "smaller_rate": told.second_rate,
        "difference": _bounds(told.difference),
        "larger_ahead": told.first_ahead,
        "smaller_ahead": told.second_ahead,
        "ratio": _bounds(told.ratio),
        "test": told.test,
        "p_value": told.p_value,
        "p_value_while_looking": told.p_value_while_looking,
        "verdict": told.verdict if told.holds_under_looking else "no_difference_shown",
        "more_cases": told.more_cases,
    }


def _preference(evidence: Evidence) -> Json:
    told = evidence.preferences
    return {
        "votes": told.votes,
        "ties": told.ties,
        "none": told.none,
        "method": told.method,
        "models": {
            model: {
                "score": _bounds(Estimate(standing.score, standing.low, standing.high)),
                "rank": standing.rank,
                "win_rates": dict(told.win_rates[model]),
            }
            for model, standing in told.standings.items()
        },
    }


def _places(evidence: Evidence) -> Json:
    told = evidence.places
    return {
        "blind_votes": told.votes,
        "counts": list(told.counts),
        "shares": list(told.shares) if told.votes else None,
        "test": told.test,
        "p_value": told.p_value,
        "verdict": told.verdict,
    }


def _agreement(evidence: Evidence) -> Json:
    told = evidence.agreement
    return {
        "alpha": _bounds(Estimate(told.alpha, told.low, told.high)),
        "undefined": told.undefined,
        "agreeing": _bounds(Estimate(told.agreeing_share, *told.agreeing_interval)),
        "answers": told.answers,
        "cases": told.cases,
    }


def _blinding(evidence: Evidence) -> Json:
    told = evidence.blinding
    return {
        "p_value": told.p_value,
        "verdict": told.verdict,
        "models": {
            model: {
                "blind_rate": row.blind_rate,
                "blind_cases": row.blind_cases,
                "open_rate": row.open_rate,
                "open_cases": row.open_cases,
                "shared_cases": row.shared_cases,
                "open_less_blind": _bounds(row.difference),
            }
            for model, row in told.rows.items()
        },
    }


def _bounds(estimate: Bounds | None) -> Json | None:
    """A value with its interval; JSON has no infinity, so that an end without a bound is None."""
    if estimate is None or estimate[0] is None:
        return None
    value, low, high = (None if end is None or not isfinite(end) else end for end in estimate)
    return {"value": value, "low": low, "high": high}
