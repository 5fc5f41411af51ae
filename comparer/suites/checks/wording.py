"""Text as checks compare it: what two people would write differently and mean the same is made equal.

In order: Unicode NFKC (full-width letters, digits and punctuation, `㎏`, `℃`), case folded, Chinese punctuation as
its Western counterpart, quotation marks and Markdown's emphasis dropped, commas between thousands dropped,
white space collapsed and dropped beside Chinese characters, punctuation trimmed at both ends.
"""

import re
import unicodedata

_PUNCTUATION = str.maketrans(
    {"。": ".", "、": ",", "・": " ", "−": "-", "–": "-", "—": "-"}
    | dict.fromkeys("\"'“”‘’「」『』《》〈〉【】*`", "")
    | dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad", "")  # zero width: seen by nobody
)
_BETWEEN_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_SPACE = re.compile(r"\s+")
_HAN = "\u3007\u3400-\u9fff"
_SPACE_BESIDE_HAN = re.compile(rf"(?<=[{_HAN}]) | (?=[{_HAN}])")
_AT_THE_ENDS = " .,;:!?"


def plain(text: str) -> str:
    """NFKC, with Chinese punctuation as its Western counterpart; letters keep their case."""
    return unicodedata.normalize("NFKC", text).translate(_PUNCTUATION)


def normalise(text: str) -> str:
    """`text` as the module's docstring says. `"“12 克。”"` and `"１２克"` both give `"12克"`."""
    folded = unicodedata.normalize("NFKC", plain(text).casefold())
    ungrouped = _BETWEEN_THOUSANDS.sub("", folded)
    return _SPACE_BESIDE_HAN.sub("", _SPACE.sub(" ", ungrouped)).strip(_AT_THE_ENDS)


def holds(text: str, part: str) -> bool:
    """Whether normalised `part` stands in normalised `text`, not inside a longer word or number.

    "no" is not in "not", "12" neither in "112" nor in "12.5"; Chinese has no spaces and is searched as it is.
    """
    before = r"(?<![0-9a-z])(?<!\d\.)" if part[:1].isascii() and part[:1].isalnum() else ""
    after = r"(?![0-9a-z])(?!\.\d)" if part[-1:].isascii() and part[-1:].isalnum() else ""
    return bool(part) and re.search(before + re.escape(part) + after, text) is not None
