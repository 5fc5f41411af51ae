"""Named endpoints for scripts and `gradio_client`: ask, rate, prefer, score_table, export. Keep them stable."""

import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.events import api

from comparer.dialogue import Column, Snapshot
from comparer.engines.cancel import CancelToken
from comparer.errors import ComparerError, InputError
from comparer.fetching import fetch_picture
from comparer.fit.recommendation import recommend, to_json
from comparer.pictures import normalise
from comparer.records import Picture, Rating, preference_for
from comparer.store import RatingFilter
from comparer.texts import LANGUAGES, Language, text
from comparer.ui.context import Context
from comparer.ui.fit_filter import FitFilter
from comparer.ui.fit_tab import write_export
from comparer.ui.i18n import preferred
from comparer.ui.streaming import paced

Json = dict[str, Any]
Upload = dict[str, Any] | str | None
"""A file uploaded by the client (`handle_file`), or a public web address."""


@contextmanager
def _told(language: Language = "en") -> Iterator[None]:
    """Turn the product's errors into the sentence that the client gets."""
    try:
        yield
    except ComparerError as error:
        raise gr.Error(error.sentence(language), print_exception=False) from error


class Endpoints:
    """The functions behind the named endpoints; all of them can be called without a server."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def ask(
        self,
        question: str,
        image: Upload = None,
        conversation_id: str = "",
        item: str = "",
        request: gr.Request | None = None,
    ) -> AsyncIterator[Json]:
        """Ask all models; streams snapshots, the last one has every answer with its id and metrics."""
        language = _language(request)
        cancel = CancelToken()
        last: Snapshot | None = None

        def begin() -> Iterator[Snapshot]:
            return self._begin(question, image, conversation_id, item, cancel)

        try:
            with _told(language), self._context.asking(self._context.sampling):
                async for snapshot in paced(begin):
                    last = snapshot
                    if not all(column.over for column in snapshot.columns):
                        yield snapshot_json(snapshot, language)
                if last is not None:
                    yield snapshot_json(last, language)
        finally:
            cancel.set()

    def _begin(
        self, question: str, image: Upload, conversation_id: str, item: str, cancel: CancelToken
    ) -> Iterator[Snapshot]:
        _texts(question=question, conversation_id=conversation_id, item=item)
        dialogue = self._context.dialogue
        dialogue.check_question(question)
        item = self._item_key(item)
        pictures = self._pictures(image)
        if not conversation_id:
            if not pictures:
                raise InputError("picture_missing")
            conversation_id = dialogue.begin(item)
        elif self._context.store.conversation(conversation_id).hidden:  # an answer here names its model
            raise InputError("blind_conversation")
        return dialogue.ask(conversation_id, question, pictures, self._context.sampling, cancel=cancel)

    def _item_key(self, item: str) -> str:
        """A test item by its key or either of its names; empty for none."""
        items = self._context.store.items()
        for known in items:
            if item in {known.key, known.name_en, known.name_zh}:
                return known.key
        if item:
            raise InputError("unknown_item", item=item[:100], known=", ".join(known.key for known in items))
        return ""

    def _pictures(self, image: Upload) -> tuple[Picture, ...]:
        place = image.get("path") if isinstance(image, dict) else image
        if not place:
            return ()
        if not isinstance(place, str):
            raise InputError("file_not_uploaded")
        if place.lower().startswith(("http://", "https://")):
            with self._context.looking():
                content: bytes | Path = fetch_picture(place, self._context.max_picture_bytes)
        else:
            content = _uploaded(place)
        limit = self._context.max_picture_bytes
        return (self._context.dialogue.keep_picture(normalise(content, max_bytes=limit)),)

    def rate(
        self,
        answer_id: str,
        acceptable: bool,
        note: str = "",
        reviewer: str = "",
        request: gr.Request | None = None,
    ) -> Json:
        """Keep a reviewer's verdict on an answer."""
        with _told(_language(request)):
            if not isinstance(acceptable, bool):
                raise InputError("not_yes_or_no", value=str(acceptable)[:100])
            _texts(answer_id=answer_id, note=note, reviewer=reviewer)
            store = self._context.store
            blind = store.is_blind(store.turn_of(answer_id))
            return {"rating_id": store.rate(answer_id, Rating(acceptable, reviewer, note=note, blind=blind))}

    def prefer(self, turn_id: str, best: str, reviewer: str = "", request: gr.Request | None = None) -> Json:
        """Keep which answer of a turn a reviewer likes best: its id, "tie" or "none"."""
        with _told(_language(request)):
            _texts(turn_id=turn_id, best=best, reviewer=reviewer)
            store = self._context.store
            vote = preference_for(best, reviewer, store.is_blind(turn_id))
            return {"preference_id": store.prefer(turn_id, vote)}

    def score_table(
        self,
        precision: str = "",
        reviewer: str = "",
        blind_only: bool = False,
        language: str = "",
        since: str = "",
        until: str = "",
        reviewers: list[str] | None = None,
        lineup: str = "",
        request: gr.Request | None = None,
    ) -> Json:
        """The score table and recommendation of this lineup, or of another; every filter may be left out.

        `since` and `until` are days in UTC as ISO writes them (2026-01-10), both included; `reviewers` are names
        beside `reviewer`.
        """
        spoken: Language = language if language in LANGUAGES else _language(request)
        with _told(spoken):
            _texts(precision=precision, reviewer=reviewer, since=since, until=until, lineup=lineup)
            names = dict.fromkeys([*([reviewer] if reviewer else []), *_names(reviewers)])
            chosen = FitFilter(lineup, precision, tuple(names), blind_only=bool(blind_only)).within(since, until)
            ratings = replace(chosen.ratings(self._context), without_hidden=True)
            table = self._context.of(lineup).score_table(ratings)
            return to_json(table, recommend(table), spoken)

    def export(self, format: str, request: gr.Request | None = None) -> str:  # noqa: A002 - the endpoint's name for it
        """Write all ratings in a format; gives the file."""
        language = _language(request)
        with _told(language):
            ratings = RatingFilter(lineup=self._context.lineup.name, without_hidden=True)
            return str(write_export(self._context, format or "", ratings, language))

    def publish(self) -> None:
        """Give the endpoints their names; call inside `gr.Blocks`."""
        api(self.ask, api_name="ask", concurrency_limit=None, concurrency_id="ask")  # the gate limits
        api(self.rate, api_name="rate")
        api(self.prefer, api_name="prefer")
        api(self.score_table, api_name="score_table")
        # A file is returned through a component: `gr.api` would give its path on the server only.
        with gr.Group(visible=False):
            wanted = gr.Textbox(label="format")
            gr.Button().click(self.export, wanted, gr.File(label="file"), api_name="export")


def snapshot_json(snapshot: Snapshot, language: Language) -> Json:
    """A snapshot as `/ask` streams it."""
    return {
        "conversation_id": snapshot.conversation_id,
        "turn_id": snapshot.turn_id,
        "answers": [_answer_json(column, language) for column in snapshot.columns],
    }


def _answer_json(column: Column, language: Language) -> Json:
    error = None
    if column.failure is not None:
        error = text(f"error.{column.failure.code}", language, **column.failure.parameters)
    return {
        "answer_id": column.answer_id,
        "model": column.model,
        "text": column.text,
        "state": column.state,
        "ahead": column.ahead,
        "stop_reason": column.stop_reason,
        "error": error,
        "dropped_turns": column.dropped_turns,
        "metrics": asdict(column.metrics),
    }


def _texts(**given: object) -> None:
    """Refuse whatever is no text: a client may send anything."""
    for name, value in given.items():
        if not isinstance(value, str):
            raise InputError("not_a_text", name=name)


def _names(given: object) -> list[str]:
    """A list of names, or none; refuse whatever is something else."""
    names = given or []
    if not isinstance(names, list):
        raise InputError("not_a_text", name="reviewers")
    for name in names:
        _texts(reviewers=name)
    return names


def _uploaded(image: str) -> Path:
    """An uploaded file; any other path of the server is refused."""
    path = Path(image).resolve()
    cache = Path(os.environ.get("GRADIO_TEMP_DIR") or Path(tempfile.gettempdir()) / "gradio").resolve()
    if not path.is_relative_to(cache) or not path.is_file():
        raise InputError("file_not_uploaded")
    return path


def _language(request: gr.Request | None) -> Language:
    wishes = request.headers.get("accept-language", "") if request is not None and request.headers else ""
    return preferred("auto", None, wishes)
