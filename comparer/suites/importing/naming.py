"""Names in somebody's file -> keys of a suite and its items."""

import hashlib
import re
import unicodedata
from pathlib import Path

from comparer.suites.cases import MAX_KEY, MAX_TITLE, SuiteItem
from comparer.suites.checks.wording import normalise
from comparer.suites.importing.staging import ImportOptions


def slug(name: str) -> str:
    """A key made from `name`: lower-case letters, digits and hyphens; with none of these in it, from a hash of it."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    key = re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:MAX_KEY].strip("-")
    return key if key and name.isascii() else _marked(key, name)


def suite_name(file: Path, options: ImportOptions) -> str:
    """The name to give a suite that comes from `file`."""
    return options.name or slug(file.stem)


class ItemNames:
    """Turns what a row calls its item into the item's key, and remembers which items the suite needs."""

    def __init__(self, options: ImportOptions) -> None:
        self._known = {
            normalise(name): SuiteItem(key=item.key, name_en=item.name_en, name_zh=item.name_zh)
            for item in reversed(options.known_items)
            for name in (item.name_zh, item.name_en, item.key)
        }
        self._default = options.item
        self.used: dict[str, SuiteItem] = {}

    def key(self, name: str) -> str:
        """The key of the item called `name`; "" where neither the row nor the options name one."""
        name = name.strip() or self._default
        if not name:
            return ""
        title = name[:MAX_TITLE]
        item = self._known.get(normalise(name)) or SuiteItem(key=self._new_key(name), name_en=title, name_zh=title)
        return self.used.setdefault(item.key, item).key

    def _new_key(self, name: str) -> str:
        """A key that no differently named item has ("C code" and "C++ code" are two)."""
        key = slug(name)
        other = self.used.get(key)
        if other and normalise(other.name_en) != normalise(name[:MAX_TITLE]):
            return _marked(key, name)
        return key


def _marked(key: str, name: str) -> str:
    mark = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:8]
    return f"{key[: MAX_KEY - 9].strip('-') or 'item'}-{mark}"
