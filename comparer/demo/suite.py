"""The demo suite: standard cases from held-out seeds, with reference answers, as a folder that the dashboard can run.

    python -m comparer.demo.suite assets/suites/demo-business

A suite is `suite.toml` (titles), `cases.jsonl` (one case a line) and the pictures they name.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from random import Random

from comparer.demo.console import write_line
from comparer.demo.data import HELD_OUT_FROM
from comparer.demo.gallery import SCALE, save_drawing
from comparer.demo.questions import KINDS, LONGEST_DIALOGUE, draw_dialogue
from comparer.demo.scenes import DOMAINS, Domain, draw_scene
from comparer.demo.scenes.vocabulary import LANGUAGES

SEEDS_FROM = 3 * HELD_OUT_FROM
CASES_PER_ITEM = 24
LONG_EVERY = 4
"""One case in so many is a conversation of ten turns; the others have one to three."""
_PLACES = tuple(product(DOMAINS, range(1, CASES_PER_ITEM + 1)))
"""Item and number of every case, in their order."""

_HEAD = """# Drawn by `python -m comparer.demo.suite`, from seeds that no demo model was trained on.
name = "demo-business"
title_en = "Demo business cases"
title_zh = "演示业务用例"
about_en = "{cases} cases on drawn manual pages, fault charts and order tickets, {long} of them over ten turns."
about_zh = "{cases}个用例，图片为绘制的说明书页、故障图和客服订单，其中{long}个为十轮对话。"
items = [{items}]
"""


@dataclass(frozen=True)
class CaseTurn:
    """A question with its reference answer; `depth` is read, compare or reason."""

    question: str
    reference: str
    kind: str
    depth: str


@dataclass(frozen=True)
class DemoCase:
    """One case. `key` cases are asked of every model, whatever the smaller ones answered."""

    id: str
    item: Domain
    language: str
    key: bool
    pictures: tuple[str, ...]
    turns: tuple[CaseTurn, ...]


def draw_cases() -> Iterator[DemoCase]:
    """The cases in their order; the same in every call."""
    for domain, number in _PLACES:
        random = Random(f"suite:{domain}:{number}")
        long = number % LONG_EVERY == 0
        language = LANGUAGES[number // LONG_EVERY % 2 if long else number % 2]
        length = LONGEST_DIALOGUE if long else random.randint(1, 3)
        facts = draw_scene(SEEDS_FROM + number, domain).facts
        turns = draw_dialogue(facts, language, length, random, deepening=long)
        yield DemoCase(
            id=f"{domain}-{number:02d}",
            item=domain,
            language=language,
            key=long or any(KINDS[turn.kind][0] == "reason" for turn in turns),
            pictures=(f"pictures/{domain}-{number:02d}.webp",),
            turns=tuple(CaseTurn(turn.question, turn.answer, turn.kind, KINDS[turn.kind][0]) for turn in turns),
        )


def write_suite(folder: Path) -> int:
    """Write the suite into `folder`; returns the number of cases."""
    (folder / "pictures").mkdir(parents=True, exist_ok=True)
    cases = list(draw_cases())
    for (domain, number), case in zip(_PLACES, cases, strict=True):
        save_drawing(draw_scene(SEEDS_FROM + number, domain, SCALE), folder / case.pictures[0])
    lines = "".join(json.dumps(asdict(case), ensure_ascii=False) + "\n" for case in cases)
    (folder / "cases.jsonl").write_text(lines, encoding="utf-8")
    head = _HEAD.format(
        cases=len(cases),
        long=sum(len(case.turns) == LONGEST_DIALOGUE for case in cases),
        items=", ".join(f'"{domain}"' for domain in DOMAINS),
    )
    (folder / "suite.toml").write_text(head, encoding="utf-8")
    return len(cases)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    write_line(f"{write_suite(parser.parse_args().folder)} cases")


if __name__ == "__main__":
    main()
