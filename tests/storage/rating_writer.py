"""Rates answers from several threads until killed; writes a line once a rating is acknowledged."""

import sys
import threading
from pathlib import Path

from comparer.records import Rating
from storage import open_store

THREADS = 4


def main(data_dir: str, url: str, journal_mode: str, life: str, answers: list[str]) -> None:
    store = open_store(Path(data_dir), url, journal_mode="DELETE" if journal_mode == "DELETE" else "WAL")
    sys.stdout.write("ready\n")
    sys.stdout.flush()

    def write(thread: int) -> None:
        for number in range(100_000):
            answer = answers[number % len(answers)]
            reviewer = f"{life}-{thread}-{number}"
            rating = store.rate(answer, Rating(number % 3 > 0, reviewer, note="n" * 200))
            sys.stdout.write(f"{rating} {answer} {reviewer}\n")
            sys.stdout.flush()

    for thread in range(THREADS):
        threading.Thread(target=write, args=(thread,)).start()


if __name__ == "__main__":
    main(*sys.argv[1:5], answers=sys.argv[5:])
