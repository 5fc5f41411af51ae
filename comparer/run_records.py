"""The frozen values of a run: a suite's cases asked of a lineup's models, and what came of it.

A run keeps its cases as they were when it began, so that a later change of the suite changes no run. Plain values:
no input or output. Ids are the database's, as everywhere opaque strings.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple

from comparer.records import Answer, Failure, Picture, Sampling

RunPlan = Literal["whole", "staged"]
"""Every case of every model, or larger models only where the smaller ones leave it open (`suites.staged`)."""
Judge = Literal["checks", "people"]
"""What a staged run goes by: automatic checks, or people's ratings, for which it waits."""
RunState = Literal["queued", "running", "waiting", "paused", "cancelled", "finished", "failed"]
"""`waiting`: a staged run that goes on when more of its answers have been rated. `failed`: it cannot go on by itself,
its `failure` says why; like a paused one it can be told to try again."""
Wanted = Literal["run", "pause", "cancel"]
"""What people want of a run; the worker sees it between two batches."""
OVER: frozenset[RunState] = frozenset({"cancelled", "finished"})
"""States that no run leaves, but for a finished one whose failed answers are to be asked again."""


@dataclass(frozen=True, slots=True)
class RunModel:
    """A model of the run's lineup as it was when the run began, smallest first."""

    key: str
    label: str
    model_id: str
    precision: str


@dataclass(frozen=True, slots=True)
class RunTurn:
    """One question of a case. `check` is a check of `comparer.suites.checks` as a table, None without one."""

    question: str
    reference: str = ""
    check: Mapping[str, Any] | None = None
    kind: str = ""
    depth: str = ""


@dataclass(frozen=True, slots=True)
class RunCase:
    """One case: its pictures come with the first question. `key` cases are asked of every model."""

    id: str
    item: str
    turns: tuple[RunTurn, ...]
    pictures: tuple[Picture, ...]
    language: str = ""
    key: bool = False


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What is fixed when a run begins."""

    suite: str
    title_en: str
    title_zh: str
    lineup: str
    models: tuple[RunModel, ...]
    plan: RunPlan = "whole"
    judge: Judge = "checks"
    repeats: int = 1
    """How often each case is asked of each model; repeat r is drawn with the sampling's seed + r."""
    batch: int = 1
    """How many cases a local model answers at a time; beyond 1 the answers' timings are marked as contended."""
    sampling: Sampling = field(default_factory=Sampling)
    reviewer: str = ""
    """Who began it."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run as it stands. An answer is one model's to one turn of one repeat of one case."""

    id: str
    request: RunRequest
    state: RunState
    wanted: Wanted
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    failure: Failure | None
    cases: int
    answers: int
    """Kept so far, those that failed included."""
    errors: int
    """Of them, those that failed."""
    planned: int
    """How many answers a whole run has: turns of all cases, times models, times repeats. A staged run needs fewer."""
    model_seconds: float
    """The time that models were at work on these answers, loading left out."""


class Place(NamedTuple):
    """Where an answer of a run belongs. `repeat` and `turn` count from 0; `model` is its key."""

    case: str
    repeat: int
    turn: int
    model: str


@dataclass(frozen=True, slots=True)
class AutomaticScore:
    """What a check said of an answer: `score` 0..1; `code` and `parameters` name the sentence `check.<code>`."""

    score: float
    passed: bool
    code: str
    parameters: Mapping[str, str | int | float] = field(default_factory=dict)


class MadeAnswer(NamedTuple):
    """An answer of a run that is to be kept."""

    place: Place
    answer: Answer
    model_s: float
    """Its share of the time that the model was at work."""
    score: AutomaticScore | None
    """None where the turn has no check, and for an answer that failed."""


@dataclass(frozen=True, slots=True)
class RunAnswer:
    """One answer of a run with what has been said of it, by a check and by people; the two are never mixed."""

    place: Place
    answer_id: str
    conversation_id: str
    answer: Answer
    model_s: float
    """Its share of the time that the model was at work."""
    score: AutomaticScore | None
    """None where the turn has no check, and for an answer that failed."""
    ratings: int = 0
    accepted: int = 0
    """How many of the ratings accept it."""


class Ratable(NamedTuple):
    """An answer of a run that people can judge, and the names of those who have."""

    place: Place
    answer_id: str
    raters: frozenset[str] = frozenset()
