"""Engines: what turns a request into a stream of events. One module per way of running a model."""

from comparer.engines.base import Engine, Footprint, Limits
from comparer.engines.residency import Residency
from comparer.lineup import Lineup, ModelSpec

__all__ = ["Engine", "Footprint", "Limits", "Residency", "build_engine", "build_engines"]


def build_engine(spec: ModelSpec, limits: Limits = Limits(), residency: Residency | None = None) -> Engine:
    """The engine that runs `spec`; nothing is loaded yet. Engines given one `residency` make room for each other."""
    if spec.engine == "scripted":
        from comparer.engines.scripted_engine import ScriptedEngine

        return ScriptedEngine(spec, limits, residency=residency)
    if spec.engine == "openai":
        from comparer.engines.openai_engine import OpenAIEngine

        return OpenAIEngine(spec, limits)
    from comparer.engines.transformers_engine import TransformersEngine

    return TransformersEngine(spec, limits, residency)


def build_engines(
    lineup: Lineup, limits: Limits = Limits(), residency: Residency | None = None
) -> tuple[Engine, ...]:
    """One engine per model of the lineup, in its order; `residency` lets them make room for those of others too."""
    residency = residency or Residency()
    return tuple(build_engine(spec, limits, residency) for spec in lineup.models)
