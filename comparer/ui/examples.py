"""The pictures of the gallery, with their captions and sample questions, read from `assets/examples/*.json`."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from comparer.paths import ASSETS
from comparer.texts import Language


@dataclass(frozen=True, slots=True)
class Example:
    """One gallery picture. `item` is the test item that it belongs to, empty for none."""

    path: Path
    item: str
    captions: dict[Language, str]
    questions: dict[Language, tuple[str, ...]]


@cache
def examples() -> tuple[Example, ...]:
    """All examples in the order of their files: drawn pictures first, photographs after them."""
    found = []
    for listing in sorted((ASSETS / "examples").glob("*.json")):
        for entry in json.loads(listing.read_text("utf-8")):
            found.append(
                Example(
                    path=listing.parent / entry["file"],
                    item=entry.get("item", ""),
                    captions=entry["caption"],
                    questions={language: tuple(asked) for language, asked in entry["questions"].items()},
                )
            )
    return tuple(found)


@cache
def starters() -> tuple[int, ...]:
    """Which examples a newcomer is offered: the first of each test item that has a question."""
    first: dict[str, int] = {}
    for index, example in enumerate(examples()):
        if example.item and all(example.questions.values()):
            first.setdefault(example.item, index)
    return tuple(first.values())
