"""What a demo model is examined on: pictures and questions from seeds that no training ever used.

The same plan gives the same exam everywhere. Knows nothing of models and answers.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Literal, NamedTuple

from PIL import Image, ImageOps

from comparer.demo.data import HELD_OUT_FROM, SHORT_DIALOGUE
from comparer.demo.questions import Turn, draw_dialogue, draw_stray_question
from comparer.demo.scenes import DOMAINS, Domain, OutsideFacts, draw_scene
from comparer.demo.scenes.vocabulary import LANGUAGES
from comparer.demo.scores import CONVERSATION_TURNS, Part
from comparer.paths import ASSETS
from comparer.pictures import normalise
from comparer.records import Picture

SCALE = 2
"""Pictures are drawn this many times larger than the models see them, as visitors' pictures are."""
SEEDS_PER_EXAM = 10**6
SEEDS_PER_PART = 10**5
"""Also the most pictures that one part may have."""
PHOTOGRAPH_SIDES = (320, 768)
"""Shortest and longest length of a photograph's longer side, in pixels."""


class Plan(NamedTuple):
    """How large an exam is. `outside` counts the pictures outside the three items; half as many stray questions, on
    pictures of the items, come on top of them."""

    seed: int
    pictures: int = 1000
    outside: int = 200
    conversations: int = 60

    @property
    def cases(self) -> int:
        """How many pictures there are in all."""
        return self.pictures + self.outside + self.outside // 2 + self.conversations


@dataclass(frozen=True)
class Case:
    """One picture and the questions on it, in order.

    Cases of one `cluster` depend on each other: crops of one photograph, and one stray question on several pictures.
    `content` says what lies outside the items ("" where nothing does). Turns before number `scored_from` (from 1)
    only lead up to the others.
    """

    part: Part
    item: str
    content: str
    cluster: str
    picture: Picture
    turns: tuple[Turn, ...]
    scored_from: int = 1


def draw_exam(plan: Plan, folder: Path) -> Iterator[Case]:
    """The cases of `plan`, in a fixed order; the pictures are kept in `folder` as the dashboard keeps them."""
    for index in range(plan.pictures):
        random = _random(plan, "items", index)
        yield _drawn_case(plan, index, folder, random, "items", random.randint(1, SHORT_DIALOGUE))
    photographs = photograph_files()
    for index in range(plan.outside):
        if index % 2:
            yield _drawn_outside_case(plan, index, folder)
        else:
            yield _photograph_case(plan, index, photographs[index // 2 % len(photographs)], folder)
    for index in range(plan.outside // 2):
        yield _stray_case(plan, index, folder)
    for index in range(plan.conversations):
        random = _random(plan, "conversations", index)
        yield _drawn_case(plan, index, folder, random, "conversations", CONVERSATION_TURNS)


def photograph_files() -> tuple[Path, ...]:
    """The photographs that ship for the exam; no training ever sees one."""
    listed = ASSETS / "photographs" / "photographs.json"
    return tuple(listed.parent / entry["file"] for entry in json.loads(listed.read_text(encoding="utf-8")))


def _drawn_case(plan: Plan, index: int, folder: Path, random: Random, part: Part, turns: int) -> Case:
    domain: Domain = DOMAINS[index % len(DOMAINS)]
    scene = draw_scene(_scene_seed(plan, part, index), domain, SCALE)
    dialogue = draw_dialogue(scene.facts, random.choice(LANGUAGES), turns, random, deepening=part == "conversations")
    return Case(part, domain, "", f"{part}:{index}", _keep(scene.image, folder), dialogue)


def _drawn_outside_case(plan: Plan, index: int, folder: Path) -> Case:
    random = _random(plan, "outside", index)
    scene = draw_scene(_scene_seed(plan, "outside", index), "outside", SCALE)
    assert isinstance(scene.facts, OutsideFacts)
    turns = draw_dialogue(scene.facts, random.choice(LANGUAGES), 1, random)
    return Case("outside", "", scene.facts.content, f"outside:{index}", _keep(scene.image, folder), turns)


def _photograph_case(plan: Plan, index: int, file: Path, folder: Path) -> Case:
    random = _random(plan, "outside", index)
    turns = draw_dialogue(OutsideFacts("photograph"), random.choice(LANGUAGES), 1, random)
    picture = _keep(_view(file, random), folder, "JPEG")
    return Case("outside", "", "photograph", f"photograph:{file.name}", picture, turns)


def _stray_case(plan: Plan, index: int, folder: Path) -> Case:
    """Every other stray question opens the conversation; the rest come after an ordinary one."""
    random = _random(plan, "stray", index)
    domain: Domain = DOMAINS[index % len(DOMAINS)]
    scene = draw_scene(_scene_seed(plan, "stray", index), domain, SCALE)
    language = random.choice(LANGUAGES)
    before = draw_dialogue(scene.facts, language, 1, random) if index % 2 else ()
    stray = draw_stray_question(language, random, held_out=True)
    cluster = f"stray:{stray.question.replace('?', '？')}"
    turns = (*before, stray)
    return Case("outside", domain, "stray", cluster, _keep(scene.image, folder), turns, len(turns))


def _scene_seed(plan: Plan, stream: Literal["items", "outside", "stray", "conversations"], index: int) -> int:
    place = ("items", "outside", "stray", "conversations").index(stream)
    return HELD_OUT_FROM + plan.seed * SEEDS_PER_EXAM + place * SEEDS_PER_PART + index


def _random(plan: Plan, stream: str, index: int) -> Random:
    return Random(f"exam:{plan.seed}:{stream}:{index}")


def _view(file: Path, random: Random) -> Image.Image:
    """A piece of a photograph, at least half as wide and high as the whole, mirrored or not, at some size."""
    with Image.open(file) as opened:
        image = ImageOps.exif_transpose(opened).convert("RGB")
    width, height = (round(side * random.uniform(0.5, 1.0)) for side in image.size)
    left, top = random.randint(0, image.width - width), random.randint(0, image.height - height)
    piece = image.crop((left, top, left + width, top + height))
    if random.random() < 0.5:
        piece = ImageOps.mirror(piece)
    factor = random.randint(*PHOTOGRAPH_SIDES) / max(piece.size)
    return piece.resize((max(1, round(width * factor)), max(1, round(height * factor))), Image.Resampling.LANCZOS)


def _keep(image: Image.Image, folder: Path, form: Literal["BMP", "JPEG"] = "BMP") -> Picture:
    """Hand `image` to the product as a file of that form, and keep what it makes of it."""
    buffer = io.BytesIO()
    image.save(buffer, form, quality=95)
    normalised = normalise(buffer.getvalue())
    sha256 = hashlib.sha256(normalised.content).hexdigest()
    path = folder / f"{sha256}.webp"
    path.write_bytes(normalised.content)
    return Picture(sha256, path, normalised.width, normalised.height)
