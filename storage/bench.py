"""Measures the database: how long the score table and one rating take, at a given number of ratings.

Works on a database of its own, in a folder that is deleted afterwards. Knows nothing of models and pages.
"""

import statistics
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, insert

from comparer.errors import InputError
from comparer.records import Answer, Metrics, Rating
from comparer.store import RatingFilter
from storage.base import Base, now
from storage.cases import Asked, case_key
from storage.conversion import answer_values
from storage.database import connect, default_url, parse_url
from storage.migrations.versions.v0002_kept_scores import FILL_SCORES
from storage.migrations.versions.v0003_spread_of_ratings import FILL_SPREAD
from storage.store import SqlStore, open_store
from storage.tables import AnswerRow, ConversationRow, RatingRow, ReviewerRow, TurnRow

ITEMS = ("manual", "fault", "service")
MODELS = ("small", "medium", "large")
REVIEWERS = 20
RATINGS_OF_A_CASE = REVIEWERS * len(MODELS)
LINEUP = "bench"
_READS = 20
_WRITES = 200
_BATCH = 5_000


class StoreFigures(NamedTuple):
    """What was measured; times in milliseconds."""

    score_table_ms: float
    """Median of 20 readings of the counts under the filter that the page uses."""
    rating_write_ms_p99: float
    """99th percentile of 200 new ratings, each on disk."""
    ratings: int
    cases: int
    database: str


def measure(ratings: int) -> StoreFigures:
    """Figures of a SQLite file with that many ratings.

    Its shape: 20 reviewers each rated the answers of three models in every case; a case is a conversation of one
    turn, the cases go round the three items, every other one is blind. The counts are read as the page reads them:
    one lineup, its three checkpoints, one conversation left out. Raises InputError `bench_too_small` below 60
    ratings, and StoreError.
    """
    if ratings < RATINGS_OF_A_CASE:
        raise InputError("bench_too_small", ratings=ratings, least=RATINGS_OF_A_CASE)
    with tempfile.TemporaryDirectory(prefix="comparer-bench-") as folder:
        data_dir = Path(folder)
        open_store(data_dir).close()
        _fill_file(data_dir, ratings)
        store = open_store(data_dir)
        try:
            read_ms = [_read_ms(store, _cases(ratings)) for _ in range(_READS)]
            write_ms = [_write_ms(store, number, _cases(ratings)) for number in range(_WRITES)]
        finally:
            store.close()
    return StoreFigures(
        score_table_ms=round(statistics.median(read_ms), 3),
        rating_write_ms_p99=round(statistics.quantiles(write_ms, n=100)[98], 3),
        ratings=ratings,
        cases=_cases(ratings),
        database="sqlite",
    )


def fill(database: Engine, ratings: int) -> None:
    """Put that many ratings of the shape that `measure` states into an empty database, in one transaction."""
    cases = _cases(ratings)
    moment = now()
    with database.begin() as connection:
        reviewers = [{"id": f"r{n:02}", "name": f"Reviewer {n}", "created_at": moment} for n in range(REVIEWERS)]
        _insert(connection, ReviewerRow, iter(reviewers))
        _insert(connection, ConversationRow, (_conversation(n) | {"created_at": moment} for n in range(cases)))
        _insert(connection, TurnRow, (_turn(n) | {"created_at": moment} for n in range(cases)))
        answers = ((case, place) for case in range(cases) for place in range(len(MODELS)))
        _insert(connection, AnswerRow, (_answer(*answer) | {"created_at": moment} for answer in answers))
        said = (_rating(n) | {"created_at": moment, "rated_at": moment} for n in range(ratings))
        _insert(connection, RatingRow, said)
        for count in (*FILL_SCORES, FILL_SPREAD):
            connection.exec_driver_sql(count)


def _fill_file(data_dir: Path, ratings: int) -> None:
    database = connect(parse_url(default_url(data_dir)))
    try:
        fill(database, ratings)
    finally:
        database.dispose()


def _cases(ratings: int) -> int:
    return -(-ratings // RATINGS_OF_A_CASE)


def _insert(connection: Connection, row: type[Base], values: Iterator[dict[str, Any]]) -> None:
    """In batches: a million ratings need not be in memory at once."""
    while batch := list(islice(values, _BATCH)):
        connection.execute(insert(row), batch)


def _conversation(case: int) -> dict[str, Any]:
    return {
        "id": f"c{case}",
        "lineup": LINEUP,
        "model_order": list(MODELS),
        "item": ITEMS[case % len(ITEMS)],
        "blind": case % 2 == 0,
        "reviewer_id": "r00",
    }


def _turn(case: int) -> dict[str, Any]:
    question = f"Question {case}"
    key = case_key(ITEMS[case % len(ITEMS)], [Asked((), question)])
    return {"id": f"t{case}", "conversation_id": f"c{case}", "position": 0, "question": question, "case_key": key}


def _answer(case: int, place: int) -> dict[str, Any]:
    model = MODELS[place]
    answer = Answer(model, "Part 3 is a square.", "stop", Metrics(), model_id=_model_id(model), position=place)
    return answer_values(answer, f"t{case}", place) | {"id": _answer_id(case, place)}


def _rating(number: int) -> dict[str, Any]:
    case, in_case = divmod(number, RATINGS_OF_A_CASE)
    place, reviewer = divmod(in_case, REVIEWERS)
    return {
        "id": f"g{number}",
        "answer_id": _answer_id(case, place),
        "reviewer_id": f"r{reviewer:02}",
        "acceptable": (case * 7 + reviewer * 3) % 10 < 5 + 2 * place,
        "reasons": [],
        "note": "",
        "blind": case % 2 == 0,
    }


def _answer_id(case: int, place: int) -> str:
    return f"a{case}-{place}"


def _model_id(model: str) -> str:
    return f"bench/{model}@1"


def _read_ms(store: SqlStore, cases: int) -> float:
    page = RatingFilter(
        lineup=LINEUP,
        model_ids=tuple(_model_id(model) for model in MODELS),
        without_conversation=f"c{cases // 2}",
    )
    start = perf_counter()
    store.counts(page)
    return (perf_counter() - start) * 1000


def _write_ms(store: SqlStore, number: int, cases: int) -> float:
    """One new rating, by somebody who has rated nothing before, somewhere among the cases."""
    answer = _answer_id(number * 7919 % cases, number % len(MODELS))
    start = perf_counter()
    store.rate(answer, Rating(number % 3 > 0, f"Newcomer {number}"))
    return (perf_counter() - start) * 1000
