"""What every tab needs, built once by `app.py` and handed in. Knows nothing of Gradio."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Protocol

from comparer.access import Access, Limits, Turnstile
from comparer.access.guard import guarded_library
from comparer.access.limits import PICTURES_A_QUESTION, limits_of
from comparer.demo.measured import DemoFacts, read_demo_facts
from comparer.dialogue import Dialogue
from comparer.engines import Engine
from comparer.engines.cancel import CancelToken
from comparer.engines.identity import model_identity
from comparer.engines.memory_log import MemoryLog
from comparer.engines.pool import EnginePool
from comparer.errors import AccessError, LineupError
from comparer.fit.evidence import Evidence
from comparer.fit.reading import EvidenceReader, read_score_table
from comparer.fit.score_table import ScoreTable, score_table
from comparer.lineup import Lineup, ModelSpec, read_lineup, shipped_lineups
from comparer.records import Sampling
from comparer.run_records import Judge
from comparer.run_store import RunStore, StoreWithRuns
from comparer.settings import Settings
from comparer.store import RatingFilter
from comparer.suites.grid_reading import GridReader
from comparer.suites.judged_reading import JudgedReader
from comparer.suites.library import Library
from comparer.texts import Language, text
from comparer.ui.blind_questions import BlindQuestions


class Running:
    """Which browser session has a question under way, so that Stop, New and a closed tab can end it."""

    def __init__(self) -> None:
        self._tokens: dict[str, CancelToken] = {}
        self._lock = threading.Lock()

    def begin(self, session: str) -> CancelToken | None:
        """A token for a new question of `session`; None while its last one still runs."""
        with self._lock:
            if session in self._tokens:
                return None
            return self._tokens.setdefault(session, CancelToken())

    def end(self, session: str, token: CancelToken) -> None:
        """The question is over (or its reader has gone): stop whatever still runs."""
        token.set()
        with self._lock:
            if self._tokens.get(session) is token:
                del self._tokens[session]

    def runs(self, session: str) -> bool:
        """Whether a question of `session` is under way."""
        with self._lock:
            return session in self._tokens

    def stop(self, session: str) -> bool:
        """Stop the question of `session`; False when none runs."""
        with self._lock:
            token = self._tokens.get(session)
        if token is None:
            return False
        token.set()
        return True


class Worker(Protocol):
    """Whoever works on the runs of the database."""

    def wake(self) -> None:
        """There is something new to do."""


class WorkerElsewhere:
    """Runs are worked on by other processes on the same database, which look by themselves every second."""

    def wake(self) -> None:
        """Nobody is here to be woken."""


@dataclass(frozen=True)
class Context:
    """Settings, models and store of one running dashboard."""

    settings: Settings
    lineup: Lineup
    dialogue: Dialogue
    store: StoreWithRuns
    """As the present visitor may use it."""
    lineup_reason: str = ""
    """Key of the sentence that says why this lineup was chosen; empty when the user chose it."""
    lineup_parameters: dict[str, str | int | float] = field(default_factory=dict)
    running: Running = field(default_factory=Running)
    blind_questions: BlindQuestions = field(default_factory=BlindQuestions)
    engines: EnginePool = field(default_factory=EnginePool)
    """The models of all lineups; those of others are there for runs."""
    access: Access = field(default_factory=Access)
    """What the present visitor may do."""
    worker: Worker = field(default_factory=WorkerElsewhere)
    memory: MemoryLog = field(default_factory=MemoryLog)
    """Memory over time; whoever starts the dashboard starts it."""
    _of_others: dict[str, "Context"] = field(default_factory=dict, repr=False, compare=False)

    @property
    def sampling(self) -> Sampling:
        """How answers are drawn unless the visitor says otherwise."""
        longest = min(self.settings.max_new_tokens, self.limits.tokens or self.settings.max_new_tokens)
        return Sampling(max_new_tokens=longest, max_image_tokens=self.settings.max_image_tokens)

    @cached_property
    def suites(self) -> Library:
        """The suites of test cases: those that ship, and those in the data folder."""
        return guarded_library(Library(self.settings.data_dir / "suites"), self.access)

    @cached_property
    def limits(self) -> Limits:
        """How much one visitor may do."""
        return limits_of(self.settings)

    @cached_property
    def questions(self) -> Turnstile:
        """Through which every question goes."""
        return Turnstile(self.limits.questions_a_minute, self.limits.at_once)

    @cached_property
    def looks(self) -> Turnstile:
        """Through which every picture goes that is fetched or looked at before a question."""
        a_minute = self.limits.questions_a_minute
        return Turnstile(a_minute and a_minute * PICTURES_A_QUESTION, self.limits.at_once)

    @contextmanager
    def asking(self, sampling: Sampling) -> Iterator[None]:
        """Inside as long as the present visitor's question runs. Raises AccessError when it may not be asked now."""
        visitor = self.access.require("ask")
        if visitor.role == "admin":
            yield
            return
        if self.limits.tokens is not None and sampling.max_new_tokens > self.limits.tokens:
            raise AccessError("tokens_limited", limit=self.limits.tokens)
        with self.questions.passing(visitor):
            yield

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Inside as long as a picture is fetched or looked at for the present visitor. Raises AccessError."""
        visitor = self.access.require("ask")
        if visitor.role == "admin":
            yield
            return
        with self.looks.passing(visitor):
            yield

    def stop(self, session: str) -> bool:
        """Stop the question of the present visitor's browser session; False when none runs.

        Raises AccessError for a session of somebody else's.
        """
        return bool(self.access.visitor) and self.running.stop(session)

    @property
    def max_picture_bytes(self) -> int:
        """The largest picture file that is taken."""
        limit_mb = self.settings.max_upload_mb
        if self.limits.picture_mb is not None and self.access.visitor.role != "admin":
            limit_mb = min(limit_mb, self.limits.picture_mb)
        return limit_mb * 1_000_000

    @cached_property
    def demo_facts(self) -> Mapping[str, DemoFacts]:
        """What is known of each model of a demo lineup, by its key, read once; empty for any other lineup."""
        models = self.lineup.models if self.lineup.demo else ()
        return {spec.key: read_demo_facts(Path(spec.model)) for spec in models}

    def knows(self, lineup: str) -> bool:
        """Whether a lineup can be read: this dashboard's own, or one that ships."""
        return lineup in {self.lineup.name, *shipped_lineups()}

    def of(self, lineup: str) -> "Context":
        """This dashboard with the eyes of another lineup, to show its ratings; it answers with its own models.

        Itself for its own lineup and for "". Raises `LineupError` for one that it does not know.
        """
        if lineup in {"", self.lineup.name}:
            return self
        if not self.knows(lineup):
            known = ", ".join(dict.fromkeys([self.lineup.name, *shipped_lineups()]))
            raise LineupError("lineup_unknown", name=lineup[:100], known=known)
        if lineup not in self._of_others:
            self._of_others[lineup] = replace(self, lineup=read_lineup(lineup))
        return self._of_others[lineup]

    @property
    def model_ids(self) -> tuple[str, ...]:
        """Which weights stand behind the lineup's models: ratings of others are not theirs."""
        if self.lineup == self.dialogue.lineup:
            return tuple(engine.model_id for engine in self.dialogue.engines.values())
        return self._identities

    @cached_property
    def _identities(self) -> tuple[str, ...]:
        return tuple(model_identity(spec) for spec in self.lineup.models)

    @property
    def runs(self) -> RunStore:
        """The runs of suites."""
        return self.store.runs

    @cached_property
    def grids(self) -> GridReader:
        """Reads what came of a run, for all visitors."""
        return GridReader(self.runs, self.store)

    @cached_property
    def judged(self) -> JudgedReader:
        """Reads runs as checks or people judge them, for all visitors."""
        return JudgedReader(self.runs, self.store)

    def engines_of(self, lineup: Lineup) -> Sequence[Engine]:
        """The engines that stand behind a lineup's models here; none of them is loaded by asking."""
        own = self.dialogue.lineup
        return tuple(self.dialogue.engines.values()) if lineup == own else self.engines.of(lineup)

    @property
    def engines_here(self) -> tuple[Engine, ...]:
        """Every engine of this program, those of this lineup first."""
        return tuple(dict.fromkeys([*self.dialogue.engines.values(), *self.engines.all()]))

    def spec(self, key: str) -> ModelSpec:
        """The model with this key."""
        return next(spec for spec in self.lineup.models if spec.key == key)

    @property
    def labels(self) -> dict[str, str]:
        """What each model is called, by its key."""
        return self.lineup.labels

    def card_id(self, key: str) -> str:
        """The element id of a model's card on the page: by its place in the lineup, not in the columns."""
        return f"card-{self.lineup.keys.index(key)}"

    def ratings(self, blind_only: bool = False, without_conversation: str = "") -> RatingFilter:
        """The ratings of this lineup's present checkpoints."""
        return RatingFilter(
            lineup=self.lineup.name,
            blind_only=blind_only,
            model_ids=self.model_ids,
            without_conversation=without_conversation,
            without_hidden=self.settings.shared,
        )

    def score_table(self, ratings: RatingFilter, judge: Judge = "people") -> ScoreTable:
        """The score table of this lineup now: by people's ratings, or by the automatic checks of runs alone."""
        if judge == "checks":
            return score_table(self.store.items(), self.lineup.keys, self.runs.automatic_counts(ratings))
        return read_score_table(self.store, self.lineup.keys, ratings)

    def evidence(self, ratings: RatingFilter) -> Evidence:
        """What those ratings and votes say beyond the table, as they stand now; the same until one changes."""
        return self._evidence_reader.read(ratings)

    @cached_property
    def _evidence_reader(self) -> EvidenceReader:
        return EvidenceReader(self.store, self.lineup.keys)

    def reason(self, language: Language) -> str:
        """Why this lineup was chosen, and how to choose another; empty when the user chose it."""
        if not self.lineup_reason:
            return ""
        return text(f"lineup_reason.{self.lineup_reason}", language, **self.lineup_parameters)
