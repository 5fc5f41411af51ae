"""The cost part of an export as plain values: the decision, estimates with their formulas, prices, assumptions."""

from typing import Any

from comparer.cost.estimate import MODES
from comparer.cost.plan import plan_to_json
from comparer.cost.rows import decision_json, estimate_rows
from comparer.cost.telling import assumptions, flip_says
from comparer.cost.view import CostView, ModelCost
from comparer.cost.wording import Amount
from comparer.export.prices_file import kept_price_rows
from comparer.texts import Language, text


def cost_json(view: CostView, language: Language) -> dict[str, Any]:
    """Everything that the cost part says; None is unknown."""
    facts, labels = view.facts, view.facts.lineup.labels
    decision = decision_json(view.decision, view.flips, language, labels)
    for flip, told in zip(view.flips, decision["flips"], strict=True):
        told["says"] = flip_says(flip, facts.plan, language, labels)
    return {
        "lineup": facts.lineup.name,
        "demo": facts.lineup.demo,
        "plan": plan_to_json(facts.plan),
        "decision": decision,
        "models": [_model_json(one, language) for one in view.models],
        "session": _session_json(view, language),
        "currency": facts.prices.table.currency,
        "prices": kept_price_rows(facts.prices),
        "devices": dict(facts.stated),
    }


def _model_json(one: ModelCost, language: Language) -> dict[str, Any]:
    return {
        "model": one.spec.key,
        "precision": one.spec.precision,
        "gpu": one.gpu.key,
        "gpu_chosen_by_people": one.chosen,
        "fits": None if one.fit is None else one.fit.fits,
        "speed": _speed_json(one, language),
        "figures": list(estimate_rows(one.estimate, language)),
    }


def _speed_json(one: ModelCost, language: Language) -> dict[str, Any] | None:
    speed = one.speed
    if speed is None:
        return None
    latencies = speed.latencies
    return {
        "source": speed.source,
        "says": speed.says.say(language),
        "answers": latencies.count,
        "at_a_time": latencies.concurrency,
        "mean_s": _float(latencies.mean_s),
        "median_s": _float(latencies.median_s),
        "p95_s": _float(latencies.p95_s),
    }


def _session_json(view: CostView, language: Language) -> dict[str, Any] | None:
    if view.session_hours is None:
        return None
    names = ("session", "month_on_demand", "month_reserved", "saved_against_on_demand", "saved_against_reserved")
    return {
        "hours": view.session_hours,
        "models": {
            one.spec.key: {
                name: {
                    "value": _float(getattr(cost, name).value),
                    "formula": getattr(cost, name).explained(language),
                }
                for name in names
            }
            for one, cost in view.session_costs
        },
    }


def _float(value: Any) -> float | None:
    return None if value is None else float(value)


def figure_name(figure: str, language: Language) -> str:
    """What a figure of `estimate_rows` is called."""
    for mode in MODES:
        if figure.startswith(f"{mode}_"):
            what = text(f"cost.column_{figure.removeprefix(f'{mode}_')}", language)
            return f"{what}, {text(f'cost.mode_{mode}', language)}"
    return text(f"cost.figure_{figure}", language)


def speed_words(one: ModelCost, language: Language) -> str:
    """How fast a model is taken to be, and who says so."""
    if one.speed is None:
        return text("cost.speed_unknown", language, gpu=one.gpu.name)
    mean = Amount(one.speed.latencies.mean_s, "seconds").shown(language)
    word = text(f"cost.source_{one.speed.source}", language)
    return f"{word}: {mean} s. {one.speed.says.say(language)}"


def needs_words(view: CostView, language: Language) -> list[tuple[str, str]]:
    """What the choice starts from: names and values."""
    needs, unknown = view.facts.plan.needs, text("cost.no_need", language)
    joined = "、" if language == "zh" else ", "
    names = {
        row.item.key: row.item.name_zh if language == "zh" else row.item.name_en for row in view.facts.table.rows
    }
    gpus = {gpu.key: gpu.name for gpu in view.facts.prices.table.gpus}
    values = (
        ("items", joined.join(names.get(key, key) for key in needs.items)),
        ("gpus", joined.join(gpus.get(key, key) for key in needs.gpus)),
        ("budget", "" if needs.budget_a_month is None else f"{needs.budget_a_month:,}"),
        ("latency_limit_s", "" if needs.latency_limit_s is None else f"{needs.latency_limit_s:g}"),
        ("modes", joined.join(text(f"cost.mode_{mode}", language) for mode in needs.modes)),
    )
    told = [(text(f"cost.input_{name}", language), value or unknown) for name, value in values]
    return [*told, *assumptions(view.facts.plan, language)]
