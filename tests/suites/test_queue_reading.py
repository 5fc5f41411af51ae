"""The queue of kept runs: what is next, why, for whom, and how far it is."""

from dataclasses import replace

import pytest

from comparer.errors import InputError
from comparer.records import Rating
from comparer.run_records import Run
from comparer.suites.queue_reading import QueueReader, RatingQueue, same_name
from storage import SqlStore
from tests.conftest import KEYS
from tests.suites.queued import a_run_to_rate


def the_run(store: SqlStore, **shape: int) -> Run:
    return store.runs.run(a_run_to_rate(store, **shape))


def rate(store: SqlStore, queue: RatingQueue, count: int, reviewer: str, acceptable: bool = True) -> list[str]:
    ids = [one.answer.answer_id for one in queue.answers[:count]]
    for answer in ids:
        store.rate(answer, Rating(acceptable, reviewer, blind=True))
    return ids


def test_every_answer_comes_once_and_what_is_rated_comes_no_more(store: SqlStore) -> None:
    run = the_run(store, cases=4)
    reader = QueueReader(store.runs, store)
    seen: set[str] = set()
    while (queue := reader.read([run], "Ann", limit=5)).answers:
        assert queue.left == 24 - len(seen)
        assert len(queue.answers) == min(5, queue.left)
        seen.update(rate(store, queue, 5, "Ann"))
    assert len(seen) == 24
    assert [(one.item, one.rated, one.answers) for one in queue.items] == [("manual", 12, 12), ("fault", 12, 12)]


def test_what_is_noted_or_skipped_does_not_come(store: SqlStore) -> None:
    run = the_run(store, cases=2)
    reader = QueueReader(store.runs, store)
    ids = [one.answer.answer_id for one in reader.read([run], "Ann").answers]
    queue = reader.read([run], "Ann", noted=ids[:3], skipped=ids[3:5])
    assert queue.left == len(ids) - 5
    assert {one.answer.answer_id for one in queue.answers} == set(ids[5:])


def test_the_next_question_of_a_conversation_follows_a_rating_that_is_on_its_way(store: SqlStore) -> None:
    run = the_run(store, cases=6, dialogues=4, turns=4)
    reader = QueueReader(store.runs, store)
    queue = reader.read([run], "Ann", limit=100)
    first = next(one for one in queue.answers if len(one.case.turns) == 4 and one.answer.place.turn == 0)
    after = reader.read([run], "Ann", noted=[first.answer.answer_id]).answers[0]
    assert after.answer.place == first.answer.place._replace(turn=1)
    assert after.reason == "goes_on"


def test_progress_counts_verdicts_by_people(store: SqlStore) -> None:
    run = the_run(store, cases=20)
    reader = QueueReader(store.runs, store)
    for one in store.runs.ratable(run.id):
        if one.place.case.startswith("manual"):
            store.rate(one.answer_id, Rating(one.place.model == "large", "Ann", blind=True))
    queue = reader.read([run], "Ben", limit=200)
    manual, fault = queue.items
    assert (manual.item, manual.rated, manual.answers, manual.cells) == ("manual", 60, 60, 3)
    assert manual.decided == 2  # both smaller models fail; twenty of twenty are not enough for the largest
    assert (fault.rated, fault.decided) == (0, 0)
    assert {one.reason for one in queue.answers if one.case.item == "fault"} == {"open"}
    second = [one for one in queue.answers if one.case.item == "manual"]
    assert {one.reason for one in second} <= {"second"}
    assert 0 < len(second) < 20


def test_an_item_that_is_settled_says_so(store: SqlStore) -> None:
    run = the_run(store, cases=40)
    reader = QueueReader(store.runs, store)
    for one in store.runs.ratable(run.id):
        if one.place.case.startswith("manual") and int(one.place.case.rsplit("-", 1)[1]) < 35:
            store.rate(one.answer_id, Rating(False, "Ann", blind=True))
    reasons = {(one.case.item, one.reason) for one in reader.read([run], "Ann", limit=300).answers}
    assert reasons == {("manual", "settled"), ("fault", "open")}


def test_several_runs_of_the_same_weights_are_one_queue(store: SqlStore) -> None:
    runs = [the_run(store, cases=1), the_run(store, cases=2)]
    queue = QueueReader(store.runs, store).read(runs, "Ann", limit=100)
    assert queue.left == 6 + 12
    assert {one.run.id for one in queue.answers} == {run.id for run in runs}


def test_a_name_is_the_same_however_it_is_typed(store: SqlStore) -> None:
    run = the_run(store, cases=1)
    reader = QueueReader(store.runs, store)
    rate(store, reader.read([run], "Zoé  Li "), 6, "Zoé  Li ")
    assert reader.read([run], "Zoe\u0301 Li").left == 0
    assert reader.read([run], "Zoe Li").left < 6  # somebody else: only those that are drawn for a second rating
    assert same_name(" Zoe\u0301   Li") == "Zoé Li"


def test_other_weights_have_a_table_of_their_own(store: SqlStore) -> None:
    """Ratings of the same lineup's earlier checkpoints settle nothing for this run."""
    run = the_run(store, cases=20)
    for one in store.runs.ratable(run.id):
        store.rate(one.answer_id, Rating(False, "Ann", blind=True))
    reader = QueueReader(store.runs, store)
    assert sum(one.decided for one in reader.read([run], "Ann").items) == 6
    other = replace(run.request, models=tuple(replace(m, model_id=f"{m.model_id}@2") for m in run.request.models))
    empty = store.runs.run(store.runs.create(other, store.runs.cases(run.id)))
    assert reader.read([empty], "Ann").items == ()
    assert [model.key for model in other.models] == list(KEYS)


def test_only_answers_of_the_run_are_found(store: SqlStore) -> None:
    run, other = the_run(store, cases=1), the_run(store, cases=1)
    reader = QueueReader(store.runs, store)
    mine, foreign = (store.runs.ratable(one.id)[0].answer_id for one in (run, other))
    found = reader.find(run, {mine, foreign, "nothing"})
    assert list(found) == [mine]
    assert found[mine].id == "manual-case-0"
    store.runs.delete(other.id)
    with pytest.raises(InputError):
        QueueReader(store.runs, store).find(other, {foreign})
