"""The example gallery: twelve drawn pictures from held-out seeds, with sample questions in both languages.

python -m comparer.demo.gallery assets/examples
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from random import Random
from typing import Any

from comparer.demo.console import write_line
from comparer.demo.data import HELD_OUT_FROM
from comparer.demo.questions import Turn, draw_dialogue, openings, put_into_words
from comparer.demo.scenes import DOMAINS, Domain, Scene, draw_scene
from comparer.demo.scenes.vocabulary import LANGUAGES, Language

SCALE = 3
WEBP_QUALITY = 88
SEEDS_FROM = 2 * HELD_OUT_FROM
SEEDS: dict[Domain, tuple[int, ...]] = {
    "manual": (12, 13, 4, 0),
    "fault": (2, 1, 12, 4),
    "service": (0, 6, 3, 1),
}
"""Chosen by eye, for variety."""

CAPTIONS: dict[Domain, dict[Language, str]] = {
    "manual": {"en": "Product manual page", "zh": "产品说明书页"},
    "fault": {"en": "Fault chart", "zh": "故障图"},
    "service": {"en": "Order ticket", "zh": "客服订单"},
}
SAMPLE_KINDS: dict[Domain, tuple[tuple[str, str, str], ...]] = {
    "manual": (
        ("manual.name", "manual.weight", "manual.heaviest"),
        ("manual.colour", "manual.heavier", "manual.lift"),
        ("manual.shape", "manual.count", "manual.lightest"),
        ("manual.number", "manual.weight", "manual.heavier"),
    ),
    "fault": (
        ("fault.value", "fault.most", "fault.first"),
        ("fault.trend", "fault.lamp", "fault.stop"),
        ("fault.colour", "fault.more", "fault.change"),
        ("fault.count", "fault.least", "fault.difference"),
    ),
    "service": (
        ("service.items", "service.price", "service.due"),
        ("service.quantity", "service.status", "service.dearest"),
        ("service.number", "service.count", "service.call"),
        ("service.price", "service.more", "service.days"),
    ),
}


def _sample_questions(scene: Scene, kinds: tuple[str, ...], language: Language) -> list[str]:
    random = Random(scene.seed)
    asks = {ask.kind: ask for ask in openings(scene.facts, random)}
    return [put_into_words(asks[kind], language, random).question for kind in kinds]


_LEANING = re.compile(r"^(And |What about |Why)|\b(it|its)\b|^(它|那|为什么[?？])|呢[?？]$")
"""Questions that can only be understood from the one before."""


def _sample_dialogue(scene: Scene, language: Language) -> tuple[Turn, ...]:
    """A two-turn dialogue whose second turn leans on the first."""
    for seed in range(200):
        turns = draw_dialogue(scene.facts, language, 2, Random(f"{scene.seed}:{seed}"))
        if _LEANING.search(turns[1].question):
            return turns
    raise ValueError(f"No dialogue with a reference in its second turn was found for {scene.kind} {scene.seed}.")


def save_drawing(scene: Scene, file: Path) -> None:
    """Write the picture of `scene` as the WebP file that ships."""
    scene.image.save(file, quality=WEBP_QUALITY, method=6)


def write_gallery(folder: Path) -> list[dict[str, Any]]:
    """Draw the pictures and write `drawn.json`; returns its entries."""
    folder.mkdir(parents=True, exist_ok=True)
    entries = []
    for domain in DOMAINS:
        for number, (seed, kinds) in enumerate(zip(SEEDS[domain], SAMPLE_KINDS[domain], strict=True), 1):
            scene = draw_scene(SEEDS_FROM + seed, domain, SCALE)
            name = f"drawn-{domain}-{number}.webp"
            save_drawing(scene, folder / name)
            entries.append(
                {
                    "file": name,
                    "item": domain,
                    "caption": {language: f"{CAPTIONS[domain][language]} {number}" for language in LANGUAGES},
                    "questions": {language: _sample_questions(scene, kinds, language) for language in LANGUAGES},
                    "dialogue": {
                        language: [turn.question for turn in _sample_dialogue(scene, language)]
                        for language in LANGUAGES
                    },
                }
            )
    text = json.dumps(entries, indent=2, ensure_ascii=False) + "\n"
    (folder / "drawn.json").write_text(text, encoding="utf-8")
    return entries


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    write_line(f"{len(write_gallery(parser.parse_args().folder))} pictures")


if __name__ == "__main__":
    main()
