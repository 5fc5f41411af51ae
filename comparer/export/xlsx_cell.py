"""What one cell of a workbook can hold. Knows nothing of sheets."""

import re
from collections.abc import Callable
from typing import Any

LONGEST_CELL = 32_767
"""Characters of a cell as Excel counts them, in UTF-16 units."""

Formats = Callable[..., Any]
"""Makes the look of a cell from xlsxwriter's properties."""

_NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def cell_text(words: str, shortened: str) -> str:
    """`words` as a cell can hold them: no characters that XML forbids, and `shortened` where the rest is cut off."""
    clean = _NOT_IN_XML.sub("", words.replace("\r\n", "\n").replace("\r", "\n"))
    units = clean.encode("utf-16-le")
    if len(units) <= 2 * LONGEST_CELL:
        return clean
    room = 2 * (LONGEST_CELL - len(shortened.encode("utf-16-le")) // 2)
    return units[:room].decode("utf-16-le", "ignore") + shortened
