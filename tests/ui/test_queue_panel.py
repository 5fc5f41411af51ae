"""What the rating queue's script gets from the server: answers without a trace of the model, and ratings on disk."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from comparer.dialogue import Dialogue
from comparer.engines.scripted_engine import Script
from comparer.errors import StoreError
from comparer.records import Answer, Metrics, Rating
from comparer.run_records import Place, RunCase, RunModel, RunRequest, RunTurn
from comparer.settings import Settings
from comparer.ui.context import Context
from comparer.ui.queue_handlers import ALL_RUNS, COMING, QueueHandlers
from comparer.ui.queue_rendering import BLIND_REASONS
from storage import SqlStore
from tests.conftest import KEYS, MakeDialogue
from tests.suites.queued import a_run_to_rate


class Browser:
    """Asks as the script does."""

    def __init__(self, store: SqlStore, dialogue: Dialogue, folder: Path) -> None:
        context = Context(Settings(data_dir=folder), dialogue.lineup, dialogue, store)
        self.handlers = QueueHandlers(context)

    def upcoming(self, **said: Any) -> dict[str, Any]:
        return self.handlers.upcoming({"reviewer": "Ann", **said})

    def keep(self, answer: dict[str, Any], acceptable: Any = True, **said: Any) -> dict[str, Any]:
        given = {
            "key": "k",
            "run": answer["run"],
            "answer": answer["id"],
            "reviewer": "Ann",
            "acceptable": acceptable,
        }
        return self.handlers.keep({"ratings": [given | said]})


@pytest.fixture
def browser(store: SqlStore, make_dialogue: MakeDialogue, tmp_path: Path) -> Browser:
    return Browser(store, make_dialogue(*[Script()] * 3), tmp_path / "data")


def ratings(store: SqlStore) -> list[Rating]:
    return [one.rating for one in store.rated_answers()]


def test_without_a_run_it_says_what_to_do(browser: Browser) -> None:
    got = browser.upcoming()
    assert (got["answers"], got["runs"], got["run"], got["progress"]) == ([], [], "", "")
    assert "Run a suite" in got["empty"]


def test_the_next_answers_come_with_their_pictures_and_nothing_of_the_model(
    store: SqlStore, browser: Browser, kept_picture: Any
) -> None:
    run = a_run_to_rate(store, kept_picture, dialogues=2)
    got = browser.upcoming()
    assert got["run"] == run
    assert len(got["answers"]) == COMING
    assert {name for one in got["answers"] for name in one} == {"id", "run", "html", "pictures", "alt"}
    assert list(got["pictures"]) == [kept_picture.sha256]
    assert got["pictures"][kept_picture.sha256].startswith("data:image/webp;base64,")
    assert browser.upcoming(pictures=[kept_picture.sha256])["pictures"] == {}
    sent = json.dumps({**got, "pictures": {}})
    for telling in (*KEYS, "scripted", "Scripted", "fp32", "0.5"):
        assert telling not in sent, telling
    first = got["answers"][0]["html"]
    assert "Answer to " in first and "Reference 0" in first and "Undecided: " in first


def test_later_questions_come_with_the_conversation_so_far(store: SqlStore, browser: Browser) -> None:
    a_run_to_rate(store, cases=0, dialogues=1)
    third = browser.upcoming()["answers"][2]["html"]
    assert "Question 3 of 3" in third
    assert "The conversation so far (questions: 2)" in third
    earlier, now = third.split("</details>")
    assert earlier.count("Answer to ") == 2 and "Reference" not in earlier
    assert now.count("Answer to ") == 1 and "Reference 2" in now


def test_what_people_and_models_wrote_is_text(store: SqlStore, browser: Browser) -> None:
    a_run_to_rate(store, cases=1, items=("manual",), title="<i>T</i>")
    got = browser.upcoming()
    assert got["runs"][0][1].startswith("<i>T</i>")  # set as text by the script
    nasty = RunCase("<b>", "manual", (RunTurn("<img src=x onerror=alert(1)>", "<script>r</script>"),), ())
    request = RunRequest("nasty", "N", "坏", "scripted", (RunModel("small", "S", "s", "fp32"),))
    run = store.runs.create(request, [nasty])
    said = Answer("small", "<svg onload=alert(2)> ![x](http://evil/x.png)", "length", Metrics(), "s")
    store.runs.keep(run, Place("<b>", 0, 0, "small"), said, 0.5, None)
    (answer,) = browser.upcoming()["answers"]
    for tag in ("<img", "<script", "<svg"):
        assert tag not in answer["html"]
    assert "&lt;svg" in answer["html"] and "class='state'" in answer["html"]


def test_a_rating_is_on_disk_when_it_is_called_saved(store: SqlStore, browser: Browser) -> None:
    a_run_to_rate(store, cases=1)
    good, bad, *_ = browser.upcoming()["answers"]
    assert browser.keep(good, note="no reason", reasons=["wrong"]) == {"saved": ["k"], "refused": []}
    browser.keep(bad, False, reasons=["made_up", "wrong", "too_slow", "nonsense"], note=" not there ")
    assert ratings(store) == [
        Rating(True, "Ann", blind=True),
        Rating(False, "Ann", ("wrong", "made_up"), "not there", blind=True),
    ]
    browser.keep(bad, True)
    assert [one.acceptable for one in ratings(store)] == [True, True]
    assert browser.upcoming()["progress"].count("rated</span>") == 2


def test_only_answers_of_a_run_can_be_rated(store: SqlStore, browser: Browser) -> None:
    run, other = a_run_to_rate(store, cases=1), a_run_to_rate(store, cases=1)
    foreign = store.runs.ratable(other)[0].answer_id
    for wrong_run, answer in ((run, foreign), (run, "nothing"), ("gone", foreign)):
        got = browser.keep({"run": wrong_run, "id": answer})
        assert got["saved"] == []
        assert got["refused"][0]["gone"] is True
        assert "no longer there" in got["refused"][0]["sentence"]
    assert ratings(store) == []


def test_a_failed_write_comes_back_with_its_sentence(
    store: SqlStore, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_run_to_rate(store, cases=1)
    first, second, *_ = browser.upcoming()["answers"]

    def full(answer_id: str, rating: Rating) -> str:
        if answer_id == first["id"]:
            raise StoreError("store_busy", database="d")
        return keep(answer_id, rating)

    keep: Callable[[str, Rating], str] = store.rate
    monkeypatch.setattr(store, "rate", full)
    given = [
        {"key": f"k{number}", "run": one["run"], "answer": one["id"], "acceptable": True}
        for number, one in enumerate((first, second))
    ]
    got = browser.handlers.keep({"ratings": given, "language": "zh"})
    assert got["saved"] == ["k1"]
    (refused,) = got["refused"]
    assert (refused["key"], refused["gone"]) == ("k0", False)
    assert refused["sentence"] == StoreError("store_busy", database="d").sentence("zh")
    assert len(ratings(store)) == 1


@pytest.mark.parametrize(
    "given",
    [None, [], {"reviewer": 5}, {"noted": "all"}, {"language": "fr"}, {"run": "x" * 65}, {"ratings": [{"key": "k"}]}],
)
def test_what_no_page_of_ours_sends_is_refused(browser: Browser, given: Any) -> None:
    calls = [browser.handlers.keep, browser.handlers.enlarge]
    if not isinstance(given, dict) or "ratings" not in given:
        calls.append(browser.handlers.upcoming)
    for call in calls:
        assert "Reload" in call(given)["error"]


def test_yes_and_no_are_nothing_else(store: SqlStore, browser: Browser) -> None:
    a_run_to_rate(store, cases=1)
    first = browser.upcoming()["answers"][0]
    for wrong in ("false", 0, None):
        assert "error" in browser.keep(first, wrong)
    assert ratings(store) == []


def test_a_run_is_chosen_or_all_of_the_present_models(store: SqlStore, browser: Browser) -> None:
    older = a_run_to_rate(store, cases=1)
    newest = a_run_to_rate(store, cases=2)
    got = browser.upcoming(run="gone")
    assert got["run"] == newest
    assert [run for run, _ in got["runs"]] == [newest, older, ALL_RUNS]
    assert browser.upcoming(run=older)["left"] == 6
    got = browser.upcoming(run=ALL_RUNS)
    assert (got["run"], got["left"]) == (ALL_RUNS, 18)
    assert {one["run"] for one in got["answers"]} <= {older, newest}


def test_a_picture_comes_in_full_size(store: SqlStore, browser: Browser, kept_picture: Any) -> None:
    run = a_run_to_rate(store, kept_picture, cases=1)
    answer = browser.upcoming()["answers"][0]["id"]
    asked = {"run": run, "answer": answer, "picture": 0}
    assert browser.handlers.enlarge(asked)["address"].startswith("data:image/webp;base64,")
    assert "no longer there" in browser.handlers.enlarge(asked | {"picture": 1})["error"]
    assert "no longer there" in browser.handlers.enlarge(asked | {"answer": "nothing"})["error"]
    assert "error" in browser.handlers.enlarge(asked | {"run": "gone"})


def test_nobody_is_told_to_judge_what_they_cannot_see() -> None:
    assert len(BLIND_REASONS) == 5 and "too_slow" not in BLIND_REASONS
