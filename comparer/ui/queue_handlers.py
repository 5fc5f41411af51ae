"""What the rating queue's script asks of the server: what comes next, to keep ratings, a picture in full size.

Called by `assets/queue.js` with what a browser sends, which may be anything; answers are JSON. What goes to the
browser never tells of the model: no key, no name, no figures.
"""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, Field, StrictBool, ValidationError

from comparer.errors import ComparerError, InputError
from comparer.records import Picture, Rating
from comparer.run_records import Place, Run, RunAnswer
from comparer.suites.queue_reading import QueueReader, ToRate
from comparer.texts import Language, text
from comparer.ui import queue_rendering
from comparer.ui.context import Context
from comparer.ui.history_rendering import item_names
from comparer.ui.queue_rendering import BLIND_REASONS
from comparer.ui.run_handlers import LISTED
from comparer.ui.thumbnails import enlarged_address, picture_address

COMING = 12
"""So many answers are sent ahead, so that the next one is there before the last one is saved."""
ALL_RUNS = "all"

Json = dict[str, Any]
Id = Annotated[str, Field(max_length=64)]
Words = Annotated[str, Field(max_length=10_000)]


class Asked(BaseModel):
    """What every call says."""

    language: Language = "en"


class AskedUpcoming(Asked):
    """What comes next for a reviewer."""

    run: Id = ""
    """A run's id, `ALL_RUNS`, or empty for the newest."""
    reviewer: Words = ""
    noted: list[Id] = Field([], max_length=1000)
    skipped: list[Id] = Field([], max_length=10_000)
    pictures: list[Id] = Field([], max_length=1000)
    """Those that the browser has."""


class GivenRating(BaseModel):
    """One rating on its way."""

    key: Id
    """The browser's own name for it."""
    run: Id
    answer: Id
    reviewer: Words = ""
    acceptable: StrictBool
    reasons: list[Id] = Field([], max_length=10)
    note: Words = ""


class AskedKeep(Asked):
    """To keep ratings, in their order."""

    ratings: list[GivenRating] = Field(max_length=100)


class AskedPicture(Asked):
    """A picture of an answer's case in full size, counted from 0."""

    run: Id
    answer: Id
    picture: int = Field(ge=0)


A = TypeVar("A", bound=Asked)


class QueueHandlers:
    """The queue of one dashboard, for all visitors."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._reader = QueueReader(context.runs, context.store)

    def upcoming(self, given: Any) -> Json:
        """The next answers, how far the ratings are, and the runs to choose from."""
        return self._told(AskedUpcoming, given, self._upcoming)

    def keep(self, given: Any) -> Json:
        """Keep ratings: `saved` has the keys of those that are on disk, `refused` what became of the others."""
        return self._told(AskedKeep, given, self._keep)

    def enlarge(self, given: Any) -> Json:
        """The address of a picture in full size."""
        return self._told(AskedPicture, given, self._enlarge)

    def _told(self, kind: type[A], given: Any, do: Callable[[A], Json]) -> Json:
        """What `do` answers; `error` with a sentence when it cannot."""
        try:
            asked = kind.model_validate(given)
        except ValidationError:
            return {"error": text("queue.reload", _language(given))}
        try:
            return do(asked)
        except ComparerError as error:
            return {"error": error.sentence(asked.language)}

    # --- what comes next -------------------------------------------------------------------------------

    def _upcoming(self, asked: AskedUpcoming) -> Json:
        language = asked.language
        runs = [run for run in self._context.runs.listed(limit=LISTED) if run.answers > run.errors]
        chosen, wanted = self._chosen(runs, asked.run)
        reviewer = self._context.access.name(asked.reviewer)
        queue = self._reader.read(wanted, reviewer, noted=asked.noted, skipped=asked.skipped, limit=COMING)
        names = item_names(self._context, language)
        conversations = self._conversations(queue.answers)
        pictures = {
            picture.sha256: picture for one in queue.answers for picture in one.case.pictures
        }  # the same case comes once for every model
        return {
            "run": chosen,
            "runs": self._choices(runs, language),
            "answers": [
                {
                    "id": one.answer.answer_id,
                    "run": one.run.id,
                    "html": queue_rendering.card_html(one, answers, names, language),
                    "pictures": [picture.sha256 for picture in one.case.pictures],
                    "alt": text("grid.picture", language, case=one.case.id),
                }
                for one, answers in zip(queue.answers, conversations, strict=True)
                if one.answer.place.turn in answers
            ],
            "pictures": {
                sha256: picture_address(picture)
                for sha256, picture in pictures.items()
                if sha256 not in asked.pictures
            },
            "left": queue.left,
            "progress": queue_rendering.progress_html(queue, names, language),
            "empty": text("queue.nothing_left" if runs else "queue.no_runs", language),
        }

    def _chosen(self, runs: list[Run], wanted: str) -> tuple[str, list[Run]]:
        """The choice that holds, and its runs: the newest one when the wanted one is not there."""
        if wanted == ALL_RUNS and (ours := self._of_present_weights(runs)):
            return wanted, ours
        one = next((run for run in runs if run.id == wanted), runs[0] if runs else None)
        return (one.id, [one]) if one else ("", [])

    def _of_present_weights(self, runs: list[Run]) -> list[Run]:
        """Runs that asked this lineup's models as they are now: one table holds all their answers."""
        ours = set(self._context.model_ids)
        return [
            run
            for run in runs
            if run.request.lineup == self._context.lineup.name
            and {model.model_id for model in run.request.models} == ours
        ]

    def _choices(self, runs: list[Run], language: Language) -> list[tuple[str, str]]:
        choices = [(run.id, queue_rendering.run_words(run, language)) for run in runs]
        if len(self._of_present_weights(runs)) > 1:
            choices.append((ALL_RUNS, text("queue.all_runs", language)))
        return choices

    def _conversations(self, coming: tuple[ToRate, ...]) -> list[dict[int, RunAnswer]]:
        """For every answer those of the same model in the same conversation so far, by turn."""
        places: dict[str, set[Place]] = {}
        for one in coming:
            place = one.answer.place
            so_far = {place._replace(turn=turn) for turn in range(place.turn + 1)}
            places.setdefault(one.run.id, set()).update(so_far)
        found = {
            (run, answer.place): answer
            for run, wanted in places.items()
            for answer in self._context.runs.answers(run, places=wanted)
        }
        return [
            {
                turn: found[one.run.id, place]
                for turn in range(one.answer.place.turn + 1)
                if (one.run.id, place := one.answer.place._replace(turn=turn)) in found
            }
            for one in coming
        ]

    # --- ratings ---------------------------------------------------------------------------------------

    def _keep(self, asked: AskedKeep) -> Json:
        saved: list[str] = []
        refused: list[Json] = []
        answers: dict[str, set[str]] = {}
        for given in asked.ratings:
            answers.setdefault(given.run, set()).add(given.answer)
        known = {run: self._known(run, wanted) for run, wanted in answers.items()}
        for given in asked.ratings:
            try:
                self._keep_one(given, known[given.run])
                saved.append(given.key)
            except ComparerError as error:
                gone = isinstance(error, InputError) and error.code in _GONE
                refused.append({"key": given.key, "sentence": error.sentence(asked.language), "gone": gone})
        return {"saved": saved, "refused": refused}

    def _known(self, run_id: str, answer_ids: set[str]) -> set[str]:
        """Those of the answers that are in the run's queue; none of a run that is gone."""
        try:
            return set(self._reader.find(self._context.runs.run(run_id), answer_ids))
        except InputError:
            return set()

    def _keep_one(self, given: GivenRating, known: set[str]) -> None:
        if given.answer not in known:
            raise InputError("answer_not_in_queue")
        reasons = () if given.acceptable else tuple(key for key in BLIND_REASONS if key in given.reasons)
        note = "" if given.acceptable else given.note.strip()
        self._context.store.rate(given.answer, Rating(given.acceptable, given.reviewer, reasons, note, blind=True))

    def _enlarge(self, asked: AskedPicture) -> Json:
        case = self._reader.find(self._context.runs.run(asked.run), {asked.answer}).get(asked.answer)
        pictures: tuple[Picture, ...] = case.pictures if case else ()
        if asked.picture >= len(pictures):
            raise InputError("answer_not_in_queue")
        return {"address": enlarged_address(pictures[asked.picture])}


_GONE = frozenset({"answer_not_in_queue", "unknown_answer", "answer_has_no_text"})
"""Codes of errors after which the answer cannot be rated at all."""


def _language(given: Any) -> Language:
    said = given.get("language") if isinstance(given, dict) else None
    return "zh" if said == "zh" else "en"
