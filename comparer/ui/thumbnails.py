"""Kept pictures inside HTML: small copies as data addresses, so that no file of the server needs an address."""

from base64 import b64encode
from functools import lru_cache
from pathlib import Path

from comparer.pictures import preview
from comparer.records import Picture

THUMBNAIL_PX = 96


def thumbnail_html(picture: Picture | None) -> str:
    """A small square in a list, empty where there is no picture or it cannot be read; says nothing to a reader."""
    try:
        return f"<img class='thumb' src='{_small(picture.path)}' alt=''>" if picture else _NOTHING
    except OSError:
        return _NOTHING


_NOTHING = "<span class='thumb' aria-hidden='true'></span>"


@lru_cache(maxsize=4096)
def _small(file: Path) -> str:
    return _address(file, THUMBNAIL_PX)


def _address(file: Path, side: int) -> str:
    return f"data:image/webp;base64,{b64encode(preview(file, side)).decode()}"
