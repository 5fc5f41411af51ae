"""What the demo models make of the demo suite, written down for tests that cannot wait for all of it.

    python -m tests.suites.record_demo_outcomes

`demo_outcomes.json` holds, by model and case, the turns that passed their check ("1") and failed it ("0"), and the
processor seconds that the case took in batches of 16. To be written again when the suite or the models change: a test
asks the models some of the cases anew.
"""

import json
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import process_time

from PIL import Image

from comparer.engines import Engine, build_engines
from comparer.lineup import read_lineup
from comparer.records import Picture, Request, Sampling, Tokens, Turn
from comparer.suites.cases import Suite, SuiteCase
from comparer.suites.checks import judge
from comparer.suites.reading import SHIPPED, read_suite

FILE = Path(__file__).with_name("demo_outcomes.json")
BATCH = 16


def demo_suite() -> Suite:
    """The suite that ships."""
    return read_suite(SHIPPED / "demo-business")


def outcomes(engine: Engine, suite: Suite, cases: Sequence[SuiteCase]) -> Iterator[tuple[str, str, float]]:
    """Case, passed turns and seconds; the model's own answers stand in the conversation."""
    by_length = sorted(cases, key=lambda case: len(case.turns))
    for start in range(0, len(by_length), BATCH):
        batch = by_length[start : start + BATCH]
        said: dict[str, list[Turn]] = {case.id: [] for case in batch}
        passed: dict[str, str] = dict.fromkeys(said, "")
        seconds: dict[str, float] = dict.fromkeys(said, 0.0)
        for number in range(len(batch[-1].turns)):
            asked = [case for case in batch if len(case.turns) > number]
            began_s = process_time()
            texts = _ask(engine, [(*said[case.id], _open_turn(suite, case, number)) for case in asked])
            for case, text in zip(asked, texts, strict=True):
                turn = case.turns[number]
                assert turn.check is not None
                passed[case.id] += str(int(judge(turn.check, text).passed))
                seconds[case.id] += (process_time() - began_s) / len(asked)
                opened = _open_turn(suite, case, number)
                said[case.id].append(Turn(opened.question, opened.pictures, text))
        yield from ((case.id, passed[case.id], round(seconds[case.id], 4)) for case in batch)


def _open_turn(suite: Suite, case: SuiteCase, number: int) -> Turn:
    pictures = []
    if number == 0:
        for name in case.pictures:
            with Image.open(suite.folder / name) as image:
                pictures.append(Picture(f"{case.id}:{name}", suite.folder / name, *image.size))
    return Turn(case.turns[number].question, tuple(pictures))


def _ask(engine: Engine, conversations: Sequence[tuple[Turn, ...]]) -> list[str]:
    texts = [""] * len(conversations)
    requests = [Request(turns, Sampling(max_new_tokens=256)) for turns in conversations]
    for row, event in engine.stream_batch(requests, threading.Event()):
        if isinstance(event, Tokens):
            texts[row] += event.text
    return [text.strip() for text in texts]


def main() -> None:
    suite = demo_suite()
    found = {}
    for engine in build_engines(read_lineup("demo")):
        found[engine.spec.key] = {case: [passed, cost] for case, passed, cost in outcomes(engine, suite, suite.cases)}
        engine.unload()
    FILE.write_text(json.dumps(found, indent=0) + "\n", "utf-8")


if __name__ == "__main__":
    main()
