"""What is asked: never trained on, the same for everybody, and of every kind that the report names."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops

from comparer.demo import exam
from comparer.demo.data import HELD_OUT_FROM, SHORT_DIALOGUE
from comparer.demo.exam import SCALE, Plan, draw_exam, photograph_files
from comparer.demo.questions import OUTSIDE_ANSWER
from comparer.demo.questions.stray import written_questions
from comparer.demo.scenes import DOMAINS, draw_scene
from comparer.demo.scenes.vocabulary import LANGUAGES
from comparer.records import Picture

PLAN = Plan(seed=3, pictures=3, outside=6, conversations=3)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spares the time of opening photographs and encoding pictures."""
    monkeypatch.setattr(exam, "_view", lambda *_: None)
    monkeypatch.setattr(exam, "_keep", lambda *_: Picture("", Path("none.webp"), 1, 1))


def test_the_same_plan_is_the_same_exam_and_another_seed_is_not(tmp_path: Path) -> None:
    first, again, other = (
        [(case.picture.sha256, case.turns) for case in draw_exam(plan, tmp_path)]
        for plan in (PLAN, PLAN, PLAN._replace(seed=4))
    )
    assert first == again
    assert not {sha256 for sha256, _ in first} & {sha256 for sha256, _ in other}


def test_every_picture_is_drawn_from_its_own_held_out_seed(
    tmp_path: Path, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeds: list[int] = []

    def watched(seed: int, *arguments: Any) -> Any:
        seeds.append(seed)
        return draw_scene(seed, *arguments)

    monkeypatch.setattr(exam, "draw_scene", watched)
    for plan in (PLAN, PLAN._replace(seed=0), PLAN._replace(seed=4)):
        list(draw_exam(plan, tmp_path))
    assert min(seeds) >= HELD_OUT_FROM
    assert len(seeds) == len(set(seeds)) == 3 * (3 + 3 + 3 + 3)


def test_the_model_gets_the_very_pixels_that_were_drawn(tmp_path: Path) -> None:
    case = next(draw_exam(PLAN, tmp_path))
    drawn = draw_scene(HELD_OUT_FROM + PLAN.seed * 10**6, DOMAINS[0], SCALE).image.convert("RGB")
    with Image.open(case.picture.path) as kept:
        assert (kept.width, kept.height) == (case.picture.width, case.picture.height) == drawn.size
        assert ImageChops.difference(kept.convert("RGB"), drawn).getbbox() is None


def test_what_is_asked_in_each_part(tmp_path: Path) -> None:
    cases = list(draw_exam(PLAN, tmp_path))
    assert len(cases) == PLAN.cases
    items = [case for case in cases if case.part == "items"]
    assert Counter(case.item for case in items) == dict.fromkeys(DOMAINS, 1)
    assert all(1 <= len(case.turns) <= SHORT_DIALOGUE for case in items)
    long = [case for case in cases if case.part == "conversations"]
    assert [case.item for case in long] == list(DOMAINS)
    assert {len(case.turns) for case in long} == {10}
    outside = [case for case in cases if case.part == "outside"]
    counts = Counter(case.content for case in outside)
    assert counts["photograph"] == counts["stray"] == 3 and len(outside) == 9
    for case in outside:
        asked = case.turns[case.scored_from - 1 :]
        assert len(asked) == 1 and asked[0].answer == OUTSIDE_ANSWER[asked[0].language]
    photographs = [case for case in outside if case.content == "photograph"]
    assert len({case.picture.sha256 for case in photographs}) == 3
    files = min(3, len(photograph_files()))
    assert len({case.cluster for case in photographs}) == files, "views of one photograph depend on each other"


def test_stray_questions_are_held_out_and_stand_first_or_later(tmp_path: Path, quick: None) -> None:
    strays = [case for case in draw_exam(Plan(1, 0, 40, 0), tmp_path) if case.content == "stray"]
    kept = {q.replace("？", "?") for language in LANGUAGES for q in written_questions(language, held_out=True)}
    assert {case.turns[-1].question.replace("？", "?") for case in strays} <= kept
    assert Counter(case.scored_from for case in strays) == {1: 10, 2: 10}
    by_question: dict[str, set[str]] = {}
    for case in strays:
        by_question.setdefault(case.turns[-1].question.replace("？", "?"), set()).add(case.cluster)
    assert {len(clusters) for clusters in by_question.values()} == {1}, "one question is one cluster"
