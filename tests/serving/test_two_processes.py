"""Two dashboards on one PostgreSQL and one data folder: what begins on one goes on on the other, once.

`COMPARER_PROOF_S` says for how many seconds both are under mixed load (5 by default); the figures are printed
(`pytest -s`).
"""

import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from gradio_client import Client, handle_file

from comparer.dialogue import Dialogue
from comparer.engines.scripted_engine import Script
from comparer.errors import InputError
from comparer.run_records import Run
from comparer.suites.starting import Options, start
from storage import SqlStore, open_store
from tests.conftest import KEYS, scripted_engines, scripted_lineup
from tests.postgres import fresh_postgres_url
from tests.serving.processes import Dashboard
from tests.storage.databases import POSTGRES
from tests.storage.test_scores import assert_kept_counts_are_right
from tests.suites.running import ScriptedPool, a_suite, until

pytestmark = pytest.mark.skipif(POSTGRES is None, reason="needs PostgreSQL: apt-get install postgresql")

SECONDS = float(os.environ.get("COMPARER_PROOF_S", "5"))
REVIEWERS = 2
"""Threads at each dashboard."""
QUICK: dict[str, Any] = {"ttft_s": 0.01, "tokens_per_s": 500, "tokens": 5}


class Two(NamedTuple):
    """Two dashboards, and their database as another program sees it."""

    dashboards: tuple[Dashboard, Dashboard]
    store: SqlStore
    url: str

    @property
    def clients(self) -> list[Client]:
        return [Client(one.url, verbose=False) for one in self.dashboards]


@pytest.fixture(scope="module")
def two(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    url = fresh_postgres_url(postgres_server)
    data_dir = tmp_path_factory.mktemp("two") / "data"
    store = open_store(data_dir, url)
    with (
        Dashboard.scripted(data_dir, "--database-url", url, **QUICK) as one,
        Dashboard.scripted(data_dir, "--database-url", url, **QUICK) as other,
    ):
        yield Two((one, other), store, url)
    store.close()


def test_a_conversation_begun_on_one_goes_on_on_the_other(two: Two, drawing: Path) -> None:
    here, there = two.clients
    first: Any = here.predict("What?", handle_file(str(drawing)), "", "manual", api_name="/ask")
    second: Any = there.predict("And now?", None, first["conversation_id"], api_name="/ask")

    assert second["conversation_id"] == first["conversation_id"]
    assert [answer["stop_reason"] for answer in second["answers"]] == ["stop"] * 3
    assert [answer["metrics"]["input_tokens"] for answer in second["answers"]] == [2] * 3  # it saw both turns
    answer = first["answers"][0]["answer_id"]
    ids = {
        client.predict(answer, ok, "", "Ann", api_name="/rate")["rating_id"]
        for client, ok in ((here, True), (there, False))
    }
    assert len(ids) == 1  # the same rating, changed
    tables = [client.predict(api_name="/score_table")["rows"][0]["cells"]["small"] for client in (here, there)]
    assert tables[0] == tables[1] and (tables[0]["ratings"], tables[0]["pass_rate"]) == (1, 0.0)


def test_a_picture_that_the_other_has_not_is_named(two: Two, drawing: Path, tmp_path: Path) -> None:
    begun: Any = two.clients[0].predict("What?", handle_file(str(drawing)), api_name="/ask")
    elsewhere = open_store(tmp_path / "another folder", two.url)
    lineup = scripted_lineup()
    dialogue = Dialogue(lineup, scripted_engines(lineup, [Script()] * len(KEYS)), elsewhere)
    with pytest.raises(InputError) as caught:
        next(dialogue.ask(begun["conversation_id"], "And?"))
    assert "--data-dir" in caught.value.sentence("en") and "--data-dir" in caught.value.sentence("zh")
    elsewhere.close()


def test_a_dashboard_that_ends_leaves_the_others_uploads(two: Two, drawing: Path, tmp_path: Path) -> None:
    """Gradio names uploads by their content: the same picture has the same name on both."""
    path = httpx.post(
        f"{two.dashboards[0].url}gradio_api/upload", files={"files": ("drawing.png", drawing.read_bytes())}
    ).json()[0]
    with Dashboard.scripted(tmp_path / "data", **QUICK) as third:
        Client(third.url, verbose=False).predict("What?", handle_file(str(drawing)), api_name="/ask")
        third.tell_to_end()
        assert third.ended() == 0
    assert Path(path).is_file()


@dataclass
class Said:
    """What one reviewer was told is kept."""

    ratings: list[tuple[str, str, str, bool]] = field(default_factory=list)
    """Rating, answer, reviewer, acceptable; the last word of each answer counts."""
    turns: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def work(client: Client, name: str, drawing: Path, answers: list[str], until_s: float, said: Said) -> None:
    """Ask, and rate what came and what others rate at the same time under the same names."""
    number = 0
    conversation = ""
    while time.monotonic() < until_s:
        try:
            picture = None if conversation else handle_file(str(drawing))
            asked: Any = client.predict(f"{name} {number}?", picture, conversation, "manual", api_name="/ask")
            conversation = asked["conversation_id"] if number % 3 else ""
            said.turns.append(asked["turn_id"])
            own = [answer["answer_id"] for answer in asked["answers"]]
            for reviewer, answer in ((name, own[number % 3]), ("shared", answers[number % len(answers)])):
                acceptable = bool(number % 2)
                rated: Any = client.predict(answer, acceptable, "", reviewer, api_name="/rate")
                said.ratings.append((rated["rating_id"], answer, reviewer, acceptable))
            client.predict(asked["turn_id"], own[0], name, api_name="/prefer")
            number += 1
        except Exception as error:  # noqa: BLE001 - told at the end
            said.problems.append(f"{name}: {type(error).__name__}: {error}"[:300])
            return


@pytest.mark.slow
@pytest.mark.timeout(240 + 3 * SECONDS)
def test_under_mixed_load_nothing_is_lost_and_nothing_doubled(two: Two, drawing: Path, tmp_path: Path) -> None:
    suite = a_suite(tmp_path / "suite", cases=round(6 * SECONDS))
    pool = ScriptedPool(*[Script(**QUICK)] * 3)
    run_id = start(two.store.runs, two.store, suite, pool.lineup, pool.engines, Options())
    contested: Any = two.clients[0].predict("Contested?", handle_file(str(drawing)), "", "manual", api_name="/ask")
    answers = [answer["answer_id"] for answer in contested["answers"]]
    until_s = time.monotonic() + SECONDS
    everybody: list[tuple[threading.Thread, Said]] = []
    for place, dashboard in enumerate(two.dashboards):
        for number in range(REVIEWERS):
            said, client = Said(), Client(dashboard.url, verbose=False)
            given = (client, f"r{place}{number}", drawing, answers, until_s, said)
            everybody.append((threading.Thread(target=work, args=given), said))
    for thread, _ in everybody:
        thread.start()
    workers: Counter[str] = Counter()
    while any(thread.is_alive() for thread, _ in everybody):
        workers.update(two.store.runs.holders().values())
        time.sleep(0.05)
    run = until(two.store, run_id, "finished", seconds=120)

    said = [one for _, one in everybody]
    assert not [problem for one in said for problem in one.problems]
    ratings, turns = assert_nothing_lost_or_doubled(two.store, run, said)
    print(  # noqa: T201 - the figures are what one runs this for
        f"\n{SECONDS:.0f} s, 2 processes on one PostgreSQL, {len(said)} reviewers: {turns} questions, {ratings} "
        f"ratings acknowledged, {run.answers} answers of a run by {len(workers)} worker(s); nothing lost or doubled"
    )


def assert_nothing_lost_or_doubled(store: SqlStore, run: Run, said: list[Said]) -> tuple[int, int]:
    """How many ratings and turns were acknowledged."""
    given = [one for each in said for one in each.ratings]
    kept = {rated.rating_id: rated for rated in store.rated_answers()}
    pairs = Counter((rated.answer_id, rated.rating.reviewer) for rated in kept.values())
    assert set(pairs.values()) == {1}
    assert {(rating, answer, reviewer) for rating, answer, reviewer, _ in given} == {
        (rating, kept[rating].answer_id, kept[rating].rating.reviewer) for rating, *_ in given
    }
    last = {rating: acceptable for rating, _, reviewer, acceptable in given if reviewer != "shared"}
    assert {rating: kept[rating].rating.acceptable for rating in last} == last
    turns = [turn for each in said for turn in each.turns]
    assert len(set(turns)) == len(turns)
    of_turns = Counter(
        (rated.turn_id, rated.answer.model) for rated in kept.values() if rated.rating.reviewer != "shared"
    )
    assert max(of_turns.values()) == 1
    votes = [vote.turn_id for vote in store.votes()]
    assert set(turns) <= set(votes) and len(set(votes)) == len(votes)
    places = [answer.place for answer in store.runs.answers(run.id)]
    assert len(places) == len(set(places)) == run.answers == run.planned
    for conversation in store.search(limit=200).conversations:
        for turn in store.conversation(conversation.id).turns:
            models = [answer.answer.model for answer in turn.answers]
            assert sorted(models) == sorted(KEYS), (turn.id, models)
    assert_kept_counts_are_right(store, [])
    return len(given), len(turns)
