"""Every sentence the product says, read from `assets/locales/{en,zh}.json`. Knows nothing of the page."""

import json
from functools import cache
from typing import Any, Literal, get_args

from comparer.paths import ASSETS

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


@cache
def locale(language: Language) -> dict[str, str]:
    """All texts of one language, by dotted key (`"error.picture_unreadable"`)."""
    texts: dict[str, str] = json.loads((ASSETS / "locales" / f"{language}.json").read_text("utf-8"))
    return texts


def text(key: str, language: Language = "en", /, **parameters: Any) -> str:
    """The text of `key` with its `{parameters}` filled in. Raises KeyError for a key no locale has."""
    template = locale(language)[key]
    return template.format(**parameters) if parameters else template
