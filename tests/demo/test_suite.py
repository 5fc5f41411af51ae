"""The shipped suite is the one that the generator draws, from pictures that nobody trained on."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from typing import Any

import pytest
from PIL import Image

from comparer.demo.data import HELD_OUT_FROM
from comparer.demo.gallery import SEEDS_FROM as GALLERY_SEEDS_FROM
from comparer.demo.questions import LONGEST_DIALOGUE
from comparer.demo.scenes import DOMAINS
from comparer.demo.scenes.vocabulary import LANGUAGES
from comparer.demo.scoring import decisive_fields
from comparer.demo.suite import SEEDS_FROM, draw_cases, draw_head
from comparer.paths import ASSETS
from comparer.suites.reading import read_suite

FOLDER = ASSETS / "suites" / "demo-business"


@pytest.fixture(scope="module")
def cases() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FOLDER / "cases.jsonl").read_text("utf-8").splitlines()]


def test_the_shipped_suite_is_the_one_that_the_generator_draws() -> None:
    shipped = read_suite(FOLDER)
    assert shipped.cases == tuple(draw_cases())
    assert shipped.head == draw_head(shipped.cases)


def test_every_item_has_enough_cases_in_both_languages_some_of_ten_turns(cases: list[dict[str, Any]]) -> None:
    assert tomllib.loads((FOLDER / "suite.toml").read_text("utf-8"))["items"] == list(DOMAINS)
    assert len({case["id"] for case in cases}) == len(cases) >= 60
    for item in DOMAINS:
        own = [case for case in cases if case["item"] == item]
        languages = Counter(case["language"] for case in own)
        assert len(own) >= 20
        assert set(languages) == set(LANGUAGES)
        assert min(languages.values()) >= 8
        assert sum(len(case["turns"]) == LONGEST_DIALOGUE for case in own) >= 5
        assert 0 < sum(case["key"] for case in own) < len(own)


def test_every_turn_has_a_reference_and_every_picture_opens(cases: list[dict[str, Any]]) -> None:
    for case in cases:
        for picture in case["pictures"]:
            with Image.open(FOLDER / picture) as image:
                assert image.width * image.height == 9 * 192 * 192
        for turn in case["turns"]:
            assert turn["question"]
            assert decisive_fields(turn["reference"])
            assert turn["check"] == {"kind": "exact", "value": turn["reference"]}


def test_the_pictures_are_neither_trained_on_nor_in_the_gallery() -> None:
    assert HELD_OUT_FROM < GALLERY_SEEDS_FROM < SEEDS_FROM
