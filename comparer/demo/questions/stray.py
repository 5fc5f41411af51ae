"""Questions that a visitor may type and no demo picture answers: about the model, the world, other pictures.

`stray.json` holds them. Half of the written ones are for training, half are kept for the exam; what is asked in one
half is asked in no other words in the other. Training also sees many that are put together from common words.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from random import Random
from typing import Literal

from comparer.demo.scenes.vocabulary import Language

COMPOSED = 0.7
"""How many of the trained questions are put together from a template."""

Sort = Literal["trained", "held_out", "templates", "nouns", "verbs"]


@cache
def _material() -> dict[Sort, dict[Language, list[str]]]:
    material: dict[Sort, dict[Language, list[str]]] = json.loads(
        Path(__file__).with_suffix(".json").read_text(encoding="utf-8")
    )
    return material


def written_questions(language: Language, held_out: bool) -> tuple[str, ...]:
    """All that were written out, for training or for the exam."""
    return tuple(_material()["held_out" if held_out else "trained"][language])


def stray_question(language: Language, random: Random, held_out: bool) -> str:
    """One question; `held_out` takes those never trained on."""
    if held_out:
        question = random.choice(written_questions(language, held_out))
    elif random.random() < COMPOSED:
        nouns, verbs = _material()["nouns"][language], _material()["verbs"][language]
        first, second, third = random.sample(nouns, 3)
        question = random.choice(_material()["templates"][language]).format(
            first, random.choice(verbs), second, third
        )
    else:
        question = random.choice(written_questions(language, held_out))
    return question.replace("？", "?") if language == "zh" and random.random() < 0.5 else question
