"""Keeps an answer at every place of a run, as one worker of several; writes a line for each one."""

import sys
from pathlib import Path

from comparer.run_records import Place
from storage import open_store
from tests.storage.databases import an_answer


def main(data_dir: str, url: str, worker: str, run: str, first: str) -> None:
    store = open_store(Path(data_dir), url)
    places = [
        Place(case.id, repeat, turn, model.key)
        for case in store.runs.cases(run)
        for repeat in range(store.runs.run(run).request.repeats)
        for turn in range(len(case.turns))
        for model in store.runs.run(run).request.models
    ]
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    for place in (*places[int(first) :], *places[: int(first)]):
        answer = store.runs.keep(run, place, an_answer(place.model, f"from {worker}"), 1.0, None)
        sys.stdout.write(f"{answer} {place.case} {place.repeat} {place.turn} {place.model}\n")
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:6])
