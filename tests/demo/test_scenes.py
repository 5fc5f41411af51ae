"""Scenes are the same for the same seed, and what is labelled lies where it was drawn."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pytest

from comparer.demo.scenes import (
    CELLS,
    DOMAINS,
    FORMATS,
    PIXELS,
    SCENE_KINDS,
    Domain,
    FaultFacts,
    Format,
    ManualFacts,
    SceneKind,
    ServiceFacts,
    draw_scene,
)
from comparer.demo.scenes.canvas import TALL, Canvas
from comparer.demo.scenes.fault import draw_fault
from comparer.demo.scenes.labels import ATTRIBUTE_NAMES, ATTRIBUTES, CELL, Box, LabelArray, LabelGrid
from comparer.demo.scenes.manual import draw_manual
from comparer.demo.scenes.service import draw_service
from comparer.demo.scenes.style import FONTS, GROUNDS, draw_style
from comparer.demo.scenes.vocabulary import COLOUR_VALUES, COLOURS, PARTS, STATUSES, TRENDS


def labels_of(labels: LabelArray, attribute: str) -> LabelArray:
    return labels[ATTRIBUTE_NAMES.index(attribute)]


@pytest.mark.parametrize("kind", SCENE_KINDS)
def test_a_seed_gives_one_picture(kind: SceneKind) -> None:
    first, again, other = draw_scene(7, kind), draw_scene(7, kind), draw_scene(8, kind)
    assert first.facts == again.facts
    assert first.image.tobytes() == again.image.tobytes()
    assert np.array_equal(first.own, again.own)
    assert other.image.tobytes() != first.image.tobytes()


@pytest.mark.parametrize("kind", DOMAINS)
def test_scale_changes_pixels_and_not_facts(kind: SceneKind) -> None:
    for seed in range(6):
        small, large = draw_scene(seed, kind), draw_scene(seed, kind, scale=3)
        assert large.image.size == tuple(3 * side for side in small.image.size)
        assert small.facts == large.facts
        downsized = np.asarray(large.image.resize(small.image.size), np.float32)
        assert np.abs(downsized - np.asarray(small.image, np.float32)).mean() < 12


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_has_as_many_pixels_and_cells(form: Format) -> None:
    for kind in SCENE_KINDS:
        scene = draw_scene(1, kind, form=form)
        assert scene.image.size == form
        assert form.width * form.height == PIXELS
        assert scene.own[0].size == scene.group[0].size == CELLS


@pytest.mark.parametrize("kind", SCENE_KINDS)
def test_pictures_never_repeat_and_come_in_all_looks(kind: SceneKind) -> None:
    scenes = [draw_scene(seed, kind) for seed in range(60)]
    assert len({scene.image.tobytes() for scene in scenes}) == len(scenes)
    assert {scene.image.size for scene in scenes} == set(FORMATS)
    styles = [draw_style(Random(f"{kind}:{seed}")) for seed in range(200)]
    assert {style.font for style in styles} == set(FONTS)
    assert {style.ground for style in styles} == set(GROUNDS)
    assert {sum(style.paper) > 384 for style in styles} == {True, False}


@pytest.mark.parametrize("kind", DOMAINS)
def test_no_word_runs_out_of_the_picture(kind: SceneKind) -> None:
    """What is written must be readable: every box of text lies inside (but for the tip of a p), in every typeface."""
    outside: list[tuple[str, Box]] = []

    class Watched(Canvas):
        def text(self, x: float, y: float, text: str, *rest: Any, **options: Any) -> Box:
            box = super().text(x, y, text, *rest, **options)
            width, height = self.form
            if box[0] < -1 or box[1] < -1 or box[2] > width + 2 or box[3] > height + 3:
                outside.append((text, box))
            return box

    painters = {"manual": draw_manual, "fault": draw_fault, "service": draw_service}
    for seed in range(120):
        random = Random(seed)
        painters[kind](random, Watched(FORMATS[seed % 3], draw_style(random)))
    assert not outside


@pytest.mark.parametrize("kind", SCENE_KINDS)
def test_labels_are_classes_of_their_attribute(kind: SceneKind) -> None:
    for seed in range(40):
        scene = draw_scene(seed, kind)
        for grid in (scene.own, scene.group):
            for attribute, classes in ATTRIBUTES.items():
                values = labels_of(grid, attribute)
                assert values.min() >= -1, attribute
                assert values.max() < classes, attribute


def test_every_fact_of_a_manual_page_is_labelled() -> None:
    for seed in range(40):
        scene = draw_scene(seed, "manual")
        assert isinstance(scene.facts, ManualFacts)
        words = set(labels_of(scene.group, "word").flatten()) - {-1, 0}
        assert words == {PARTS.index(part.name) + 1 for part in scene.facts.parts}
        for part in scene.facts.parts:
            cells = labels_of(scene.group, "word") == PARTS.index(part.name) + 1
            assert set(labels_of(scene.group, "colour")[cells]) <= {COLOURS.index(part.colour) + 1, -1}
            assert set(labels_of(scene.group, "tens")[cells]) <= {part.weight_g // 10 + 1, -1}


def test_a_labelled_colour_is_really_there() -> None:
    for seed in range(40):
        scene = draw_scene(seed, "manual")
        pixels = np.asarray(scene.image, np.int32)
        for row, column in np.argwhere(labels_of(scene.own, "shape") > 0):
            colour = COLOURS[labels_of(scene.own, "colour")[row, column] - 1]
            cell = pixels[row * CELL : (row + 1) * CELL, column * CELL : (column + 1) * CELL]
            distance = np.abs(cell - np.array(COLOUR_VALUES[colour])).sum(-1)
            assert distance.min() < 60, (seed, colour)


def test_bars_are_labelled_in_their_order() -> None:
    for seed in range(40):
        scene = draw_scene(seed, "fault")
        assert isinstance(scene.facts, FaultFacts)
        assert labels_of(scene.group, "trend")[0, 0] == TRENDS.index(scene.facts.trend) + 1
        index = labels_of(scene.group, "index")
        for place, bar in enumerate(scene.facts.bars, 1):
            cells = index == place
            assert cells.any()
            assert set(labels_of(scene.group, "word")[cells]) <= {PARTS.index(bar.name) + 1, -1}
        lying = scene.image.size == TALL
        for line in index.T if lying else index:
            seen = [value for value in line if value > 0]
            assert seen == sorted(seen)


def test_a_ticket_is_labelled_everywhere_and_due_after_its_order() -> None:
    for seed in range(40):
        scene = draw_scene(seed, "service")
        assert isinstance(scene.facts, ServiceFacts)
        assert (labels_of(scene.group, "status") == STATUSES.index(scene.facts.status) + 1).all()
        assert scene.facts.ordered_day < scene.facts.due_day <= 30
        for line in scene.facts.lines:
            cells = labels_of(scene.group, "word") == PARTS.index(line.name) + 1
            assert cells.any()
            assert set(labels_of(scene.group, "price_tens")[cells]) <= {line.price // 10 + 1, -1}


def test_a_cell_shared_by_two_values_is_ignored() -> None:
    grid = LabelGrid(192, 192, full_from=0.3)
    grid.mark((0, 0, 20, 20), {"colour": 1})
    assert grid.values[ATTRIBUTE_NAMES.index("colour"), 0, 0] == 1
    grid.mark((5, 5, 25, 25), {"colour": 2})
    assert grid.values[ATTRIBUTE_NAMES.index("colour"), 0, 0] == -1
    assert (grid.values[ATTRIBUTE_NAMES.index("colour"), 1:, 1:] == 0).all()


def test_domains_are_the_business_items() -> None:
    expected: tuple[Domain, ...] = ("manual", "fault", "service")
    assert expected == DOMAINS
