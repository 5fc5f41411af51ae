"""The demo suite: standard cases from held-out seeds, with reference answers, as a folder that the dashboard can run.

Every turn is checked word for word: the demo models were taught one wording for each answer.

    python -m comparer.demo.suite assets/suites/demo-business

Its format is that of `comparer.suites.cases`.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from random import Random

from comparer.demo.console import write_line
from comparer.demo.data import HELD_OUT_FROM
from comparer.demo.gallery import SCALE, save_drawing
from comparer.demo.questions import KINDS, LONGEST_DIALOGUE, draw_dialogue
from comparer.demo.scenes import DOMAINS, draw_scene
from comparer.demo.scenes.vocabulary import LANGUAGES
from comparer.suites.cases import CaseTurn, Suite, SuiteCase, SuiteHead, SuiteItem
from comparer.suites.checks import Exact
from comparer.suites.writing import write_suite

SEEDS_FROM = 3 * HELD_OUT_FROM
CASES_PER_ITEM = 100
KEY_EVERY = 15
"""One case in so many is asked of every model, however a staged run goes."""
LONG_EVERY = 6
"""One case in so many is a conversation of ten turns; the others have one to three."""
_PLACES = tuple(product(DOMAINS, range(1, CASES_PER_ITEM + 1)))
"""Item and number of every case, in their order."""


def draw_cases() -> Iterator[SuiteCase]:
    """The cases in their order; the same in every call."""
    for domain, number in _PLACES:
        random = Random(f"suite:{domain}:{number}")
        long = number % LONG_EVERY == 0
        language = LANGUAGES[number // LONG_EVERY % 2 if long else number % 2]
        length = LONGEST_DIALOGUE if long else random.randint(1, 3)
        facts = draw_scene(SEEDS_FROM + number, domain).facts
        turns = draw_dialogue(facts, language, length, random, deepening=long)
        yield SuiteCase(
            id=f"{domain}-{number:02d}",
            item=domain,
            language=language,
            key=number % KEY_EVERY == 0,
            pictures=(f"pictures/{domain}-{number:02d}.webp",),
            turns=tuple(
                CaseTurn(
                    question=turn.question,
                    reference=turn.answer,
                    check=Exact(value=turn.answer),
                    kind=turn.kind,
                    depth=KINDS[turn.kind][0],
                )
                for turn in turns
            ),
        )


def draw_head(cases: Sequence[SuiteCase]) -> SuiteHead:
    """What the suite says of its `cases`."""
    long = sum(len(case.turns) == LONGEST_DIALOGUE for case in cases)
    return SuiteHead(
        name="demo-business",
        title_en="Demo business cases",
        title_zh="演示业务用例",
        about_en=f"{len(cases)} cases on drawn manual pages, fault charts and order tickets, "
        f"{long} of them over ten turns.",
        about_zh=f"{len(cases)}个用例，图片为绘制的说明书页、故障图和客服订单，其中{long}个为十轮对话。",
        source="python -m comparer.demo.suite, from seeds that no demo model was trained on",
        items=tuple(SuiteItem(key=domain) for domain in DOMAINS),
    )


def draw_suite(folder: Path) -> Suite:
    """Draw the suite and its pictures into `folder`."""
    (folder / "pictures").mkdir(parents=True, exist_ok=True)
    cases = tuple(draw_cases())
    for (domain, number), case in zip(_PLACES, cases, strict=True):
        save_drawing(draw_scene(SEEDS_FROM + number, domain, SCALE), folder / case.pictures[0])
    suite = Suite(draw_head(cases), cases, folder)
    write_suite(suite)
    return suite


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    write_line(f"{len(draw_suite(parser.parse_args().folder).cases)} cases")


if __name__ == "__main__":
    main()
