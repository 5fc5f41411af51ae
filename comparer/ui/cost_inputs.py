"""The inputs of the cost views: how they are made, what the plan shows in them, and what one of them changes.

Handlers get one changed input at a time: whoever sets something leaves alone what others have set meanwhile.
"""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import gradio as gr

from comparer.cost.footprint import PIXELS_A_TOKEN, Workload
from comparer.cost.load import Load
from comparer.cost.plan import ModelPlan, Plan, known_modes
from comparer.errors import InputError
from comparer.ui.i18n import Localizer

PERCENT = 100


def number(texts: Localizer, name: str, *, whole: bool = True) -> gr.Number:
    """A number of the plan with its label and what it means."""
    return texts.add(
        gr.Number,
        {"label": f"cost.input_{name}", "info": f"cost.hint_{name}"},
        precision=0 if whole else None,
        min_width=150,
        elem_id=f"cost-{name.replace('_', '-')}",
    )


def shown_in(plan: Plan) -> dict[str, Any]:
    """What each input shows, by the name of what it says; those of single models apart."""
    load, needs, workload = plan.load, plan.needs, plan.workload
    return {
        "requests_a_day": load.requests_a_day,
        "active_hours": _plain(load.active_hours),
        "peak_factor": _plain(load.peak_factor),
        "utilisation": _plain(Decimal(str(load.utilisation)) * PERCENT),
        "output_tokens": _plain(load.output_tokens),
        "cold_start_s": _plain(load.cold_start_s),
        "idle_timeout_s": _plain(load.idle_timeout_s),
        "at_a_time": plan.at_a_time,
        "session_hours": plan.session_hours,
        "context_tokens": workload.context_tokens,
        "concurrency": workload.concurrency,
        "picture_tokens": workload.picture_pixels // PIXELS_A_TOKEN,
        "judge": plan.judge,
        "items": list(needs.items),
        "budget": _plain(needs.budget_a_month),
        "latency_limit_s": needs.latency_limit_s,
        "gpus": list(needs.gpus),
        "modes": list(needs.modes),
    }


def changed(plan: Plan, name: str, value: Any) -> Plan:
    """The plan with one input's value; an empty one is unknown, or as at first where it must be known.

    `name` is that of an input; "gpu:KEY" and "seconds:KEY" are those of a model. Raises `InputError` for a value
    that cannot be.
    """
    what, _, key = name.partition(":")
    if what == "gpu":  # seconds are those of one card, and do not come along to another
        return replace(plan, models={**plan.models, key: ModelPlan(str(value or ""))})
    if what == "seconds":
        said = replace(plan.model(key), seconds=None if value is None else float(value))
        return replace(plan, models={**plan.models, key: said})
    if what in {"at_a_time", "session_hours", "judge"}:
        return replace(plan, **{what: _plan_value(what, value)})
    if what in {"context_tokens", "concurrency", "picture_tokens"}:
        return replace(plan, workload=_workload(plan.workload, what, value))
    if what in {"items", "budget", "latency_limit_s", "gpus", "modes"}:
        return replace(plan, needs=replace(plan.needs, **_need(what, value)))
    return replace(plan, load=_load(plan.load, what, value))


def _load(load: Load, name: str, value: Any) -> Load:
    if value is None and name in {"active_hours", "peak_factor", "utilisation", "idle_timeout_s"}:
        return replace(load, **{name: getattr(Load(), name)})
    if name == "requests_a_day":
        return replace(load, requests_a_day=None if value is None else int(value))
    decimal = None if value is None else _decimal(value) / (PERCENT if name == "utilisation" else 1)
    return replace(load, **{name: decimal})  # type: ignore[arg-type]


def _workload(workload: Workload, name: str, value: Any) -> Workload:
    if name == "picture_tokens":
        tokens = Workload().picture_pixels // PIXELS_A_TOKEN if value is None else int(value)
        return replace(workload, picture_pixels=tokens * PIXELS_A_TOKEN)
    return replace(workload, **{name: getattr(Workload(), name) if value is None else int(value)})


def _need(name: str, value: Any) -> Mapping[str, Any]:
    if name == "budget":
        return {"budget_a_month": None if value is None else _decimal(value)}
    if name == "latency_limit_s":
        return {name: None if value is None else float(value)}
    if name == "modes":
        return {name: known_modes(value or ())}
    return {name: tuple(str(one) for one in value or ())}


def _plan_value(name: str, value: Any) -> Any:
    if name == "judge":
        return "checks" if value == "checks" else "people"
    if name == "at_a_time":
        return Plan().at_a_time if value is None else int(value)
    return None if value is None else float(value)


def _decimal(value: Any) -> Decimal:
    """A number as it was typed. Raises `InputError` for what is none."""
    try:
        return Decimal(str(value))
    except ArithmeticError as error:
        raise InputError("number_unusable", given=str(value)[:40]) from error


def _plain(value: Any) -> Any:
    """A number as a browser takes it."""
    if value is None:
        return None
    number = float(value)
    return int(number) if number.is_integer() else number
