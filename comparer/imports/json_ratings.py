"""Ratings from the JSON that `comparer.export` writes, element by element: the whole never is in memory."""

import json
from collections.abc import Callable, Iterator
from typing import IO, Any

from comparer.errors import InputError
from comparer.imports.rows import carried_vote, check_version, item_definition, rated_answer
from comparer.store import Imported

CHUNK = 1 << 20
LONGEST_ELEMENT = 16_000_000
"""Characters of one rating, or of what the file says besides."""

_READERS: dict[str, Callable[[int, Any], Imported]] = {
    "items": item_definition,
    "ratings": rated_answer,
    "votes": carried_vote,
}


def read_json(opened: IO[str]) -> Iterator[tuple[int, Imported]]:
    """The items, rated answers and votes of a JSON file, in its order. Raises InputError and RowError."""
    version = None
    lists = set()
    for name, row, value in _Elements(opened).read():
        if name == "version":
            version = value
            check_version(value)
        elif name in _READERS:
            if version is None:
                raise InputError("import_without_origin")
            lists.add(name)
            if row:
                yield row, _READERS[name](row, value)
    if "ratings" not in lists:
        raise InputError("import_not_ours")


class _Elements:
    """The members of one JSON object; of a list that is wanted the elements, one by one."""

    def __init__(self, opened: IO[str]) -> None:
        self._opened = opened
        self._decoder = json.JSONDecoder(parse_constant=_no_number)
        self._text = ""
        self._place = 0
        self._over = False

    def read(self) -> Iterator[tuple[str, int, Any]]:
        """Each as (name, row, value): row 0 for a whole member, and for the beginning of a list that is wanted."""
        self._take("{")
        while self._next() != "}":
            name = self._value()
            self._take(":")
            if name in _READERS and self._next() == "[":
                yield name, 0, None
                yield from ((name, row, value) for row, value in enumerate(self._list(), start=1))
            else:
                yield name, 0, self._value()
            if self._next() == ",":
                self._take(",")
            elif self._next() != "}":
                raise self._broken()
        self._take("}")

    def _list(self) -> Iterator[Any]:
        self._take("[")
        while self._next() != "]":
            yield self._value()
            if self._next() == ",":
                self._take(",")
            elif self._next() != "]":
                raise self._broken()
        self._take("]")

    def _next(self) -> str:
        """The next sign that is no blank."""
        while True:
            while self._place < len(self._text):
                if not self._text[self._place].isspace():
                    return self._text[self._place]
                self._place += 1
            if not self._more():
                raise self._broken()

    def _take(self, sign: str) -> None:
        if self._next() != sign:
            raise self._broken()
        self._place += 1

    def _value(self) -> Any:
        self._next()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._place)
            except (ValueError, RecursionError) as error:
                if isinstance(error, RecursionError) or not self._more():
                    raise self._broken() from error
                continue
            if end == len(self._text) and self._more():
                continue  # a number may go on in the next chunk
            self._place = end
            return value

    def _more(self) -> bool:
        """Read on; False at the end of the file."""
        if self._over:
            return False
        if len(self._text) - self._place > LONGEST_ELEMENT:
            raise self._broken()
        chunk = self._opened.read(CHUNK)
        self._text = self._text[self._place :] + chunk
        self._place = 0
        self._over = not chunk
        return bool(chunk)

    def _broken(self) -> InputError:
        near = self._text[max(0, self._place - 20) : self._place + 20]
        return InputError("import_not_json", near=" ".join(near.split()))


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no JSON")
