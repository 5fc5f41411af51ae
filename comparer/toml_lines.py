"""Where in a TOML file a value stands that pydantic refuses: parsers of TOML do not keep lines."""

from typing import Any


def line_of(source: str, location: tuple[Any, ...]) -> int:
    """The line (from 1) where the field at pydantic's `location` stands, or its table begins.

    A location such as ("models", 1, "precision") is a field of the second [[models]].
    """
    lines = source.splitlines()
    table = -1
    start = 0
    if len(location) > 1 and isinstance(location[1], int):
        for number, line in enumerate(lines):
            if line.strip() == f"[[{location[0]}]]":
                table += 1
                if table == location[1]:
                    start = number
                    break
    for number in range(start, len(lines)):
        if lines[number].split("=")[0].strip(" []") == str(location[-1]):
            return number + 1
    return start + 1
