"""Many reviewers in one process of their own, who rate until it is killed; each notes what was acknowledged."""

import os
import random
import threading
import time
from pathlib import Path

from comparer.errors import StoreError
from comparer.records import Rating
from storage import open_store

ANSWERS_EACH = 12
"""After so many a reviewer begins anew with the first: ratings are changed, too."""


def rate_until_killed(data_dir: str, log: str, life: str, reviewers: int, answers: list[str]) -> None:
    """Rate as the page does, from `reviewers` threads at once.

    Once a rating is acknowledged, a line goes to the file `log` in one write, which outlives the process: rating,
    answer, reviewer, number, acceptable, milliseconds. A refused rating leaves the line "refused".
    """
    store = open_store(Path(data_dir))
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def review(number: int) -> None:
        dice = random.Random(f"{life} {number}")
        own = dice.sample(answers, ANSWERS_EACH)
        for count in range(1_000_000):
            answer, reviewer, acceptable = own[count % ANSWERS_EACH], f"{life}-{number}", dice.random() < 0.7
            start = time.perf_counter()
            try:
                rating = store.rate(answer, Rating(acceptable, reviewer, note=f"{count:06}", blind=True))
            except StoreError as error:
                os.write(handle, f"refused {error.code}\n".encode())
                continue
            took_ms = (time.perf_counter() - start) * 1000
            line = f"{rating} {answer} {reviewer} {count:06} {acceptable} {took_ms:.3f}\n"
            os.write(handle, line.encode())

    for number in range(reviewers):
        threading.Thread(target=review, args=(number,)).start()
