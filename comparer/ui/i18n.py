"""The visible language switch: which property of which component shows which text.

Gradio's own I18n follows the browser only; here every text goes to the browser in the language chosen on the page.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import gradio as gr
from gradio.blocks import Block

from comparer.texts import LANGUAGES, Language, text

Shown = str | Callable[[Language], Any]
"""The key of a text, or a function that makes the value in a language."""

B = TypeVar("B", bound=Block)


class Localizer:
    """Remembers every text-bearing component, and gives all their updates for a language."""

    def __init__(self, first: Language = "en") -> None:
        self.first = first
        self._bindings: list[tuple[Block, dict[str, Shown]]] = []

    def add(self, kind: Callable[..., B], shown: dict[str, Shown], *arguments: Any, **options: Any) -> B:
        """Make a component whose properties in `shown` follow the page's language from now on."""
        first: dict[str, Any] = {name: say(value, self.first) for name, value in shown.items()}
        component = kind(*arguments, **first, **options)
        self._bindings.append((component, shown))
        return component

    @property
    def components(self) -> list[Block]:
        """Every bound component, as the outputs of the language switch."""
        return [component for component, _ in self._bindings]

    def updates(self, language: Language) -> dict[Block, Any]:
        """`{component: update}` that shows everything in `language`."""
        return {
            component: gr.update(**{name: say(shown, language) for name, shown in properties.items()})
            for component, properties in self._bindings
        }


def say(shown: Shown, language: Language) -> Any:
    """The text of a key, or what a function makes of the language."""
    return text(shown, language) if isinstance(shown, str) else shown(language)


def preferred(setting: str, remembered: str | None, accept_language: str) -> Language:
    """The page's first language: what this browser chose before, else the setting, else the browser's wish."""
    wishes = (remembered or "", setting, *accept_language.lower().split(","))
    for wish in wishes:
        for language in LANGUAGES:
            if wish.strip().startswith(language):
                return language
    return "en"


def with_wish(remembered: dict[str, str], wished: str | None) -> dict[str, str]:
    """What a browser remembers, with the language that the page's address asks for: of the sign-in, or of a link."""
    return {**remembered, "language": wished} if wished in LANGUAGES else remembered


Updates = dict[Block, Any]


def merged(*several: Updates) -> Updates:
    """Updates of the same component laid over each other: the later one wins property by property."""
    result: Updates = {}
    for updates in several:
        for component, update in updates.items():
            earlier: Any = result.get(component)
            if _is_update(earlier) and _is_update(update):
                result[component] = {**earlier, **update}
            elif _is_update(earlier):
                result[component] = {**earlier, "value": update}
            else:
                result[component] = update
    return result


def _is_update(value: Any) -> bool:
    return isinstance(value, dict) and value.get("__type__") == "update"
