"""Kept pictures inside HTML: small copies as data addresses, so that no file of the server needs an address."""

from base64 import b64encode
from functools import lru_cache
from html import escape
from pathlib import Path

from comparer.pictures import preview
from comparer.records import Picture

THUMBNAIL_PX = 96
READING_PX = 960
LARGE_PX = 2048


def thumbnail_html(picture: Picture | None) -> str:
    """A small square in a list, empty where there is no picture or it cannot be read; says nothing to a reader."""
    return file_thumbnail_html(picture.path) if picture else _NOTHING


def file_thumbnail_html(file: Path) -> str:
    """The same of a picture in a file, which may also be as it came."""
    try:
        return f"<img class='thumb' src='{_small(file)}' alt=''>"
    except OSError:
        return _NOTHING


def picture_html(picture: Picture, alt: str, missing: str) -> str:
    """A picture to look at; the sentence `missing` where it cannot be read."""
    try:
        address = _large(picture.path)
    except OSError:
        return f"<p class='col-note'>{escape(missing)}</p>"
    size = f"width='{picture.width}' height='{picture.height}'"
    return f"<img class='read-picture' src='{address}' alt='{escape(alt)}' {size}>"


def picture_address(picture: Picture) -> str:
    """The address of a picture to look at; empty where it cannot be read."""
    try:
        return _large(picture.path)
    except OSError:
        return ""


def enlarged_address(picture: Picture) -> str:
    """The address of a picture as large as a screen; empty where it cannot be read."""
    try:
        return _address(picture.path, LARGE_PX)
    except OSError:
        return ""


_NOTHING = "<span class='thumb' aria-hidden='true'></span>"


@lru_cache(maxsize=4096)
def _small(file: Path) -> str:
    return _address(file, THUMBNAIL_PX)


@lru_cache(maxsize=64)
def _large(file: Path) -> str:
    return _address(file, READING_PX)


def _address(file: Path, side: int) -> str:
    return f"data:image/webp;base64,{b64encode(preview(file, side)).decode()}"
