"""A file that somebody gave -> one upright 8-bit RGB picture that every model sees the same.

The picture is stored once in this form, so that all three models, a second turn and a restart see equal pixels.
Knows nothing of models: the pixel budget is each engine's own affair.
"""

import io
import logging
import warnings
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from comparer.errors import InputError

log = logging.getLogger(__name__)

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
"""What is tried at all (JPEG: also a phone's MPO). Pillow's other decoders only widen what can be attacked."""
_LOSSY = {"JPEG", "MPO"}
_SUFFIXES = {name: f".{name.lower()}" for name in FORMATS} | {"JPEG": ".jpg", "MPO": ".jpg"}
MAX_PIXELS = 100_000_000
"""More is refused before decoding: a decompression bomb, or a scan nobody needs whole."""
MAX_SIDE = 4096
"""Longer sides are scaled down once; 4096 x 4096 is 16,384 image tokens, far above any budget in use."""
MAX_ASPECT_RATIO = 100.0
"""Qwen3-VL's processor refuses 200 : 1; beyond 100 : 1 nothing is left of the short side."""
MAX_LOSSLESS_PIXELS = 1_048_576
"""Larger pictures, and all that were JPEG, are kept as lossy WebP: to try lossless takes seconds a megapixel."""


@dataclass(frozen=True, slots=True)
class NormalisedPicture:
    """WebP bytes and size in pixels; `notices` name what had to be changed (keys below `notice.`)."""

    content: bytes
    width: int
    height: int
    notices: tuple[str, ...] = ()


def normalise(source: Path | bytes, name: str = "", max_bytes: int | None = None) -> NormalisedPicture:
    """Decode, turn upright, flatten on white, reduce to 8 bits and encode. Raises `InputError`."""
    image, opened_as, notices = _decode(source, name, max_bytes)
    return NormalisedPicture(_encode(image, opened_as in _LOSSY), image.width, image.height, notices)


def examine(source: Path | bytes, name: str = "", max_bytes: int | None = None) -> str:
    """The suffix (".png") under which to keep the bytes of a picture as they are; refuses what `normalise` does."""
    return _SUFFIXES[_decode(source, name, max_bytes)[1]]


def _decode(source: Path | bytes, name: str, max_bytes: int | None) -> tuple[Image.Image, str, tuple[str, ...]]:
    """The upright picture, the format it was in, and what had to be changed. Raises `InputError`."""
    name = name or (source.name if isinstance(source, Path) else "")
    size_bytes = source.stat().st_size if isinstance(source, Path) else len(source)
    if max_bytes is not None and size_bytes > max_bytes:
        raise InputError("file_too_large", limit=max_bytes // 1_000_000)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            opened = Image.open(source if isinstance(source, Path) else io.BytesIO(source), formats=FORMATS)
            with opened:
                _check_size(opened, name)
                image, notices = _upright_rgb(opened)
                return image, opened.format or "", notices
    except InputError:
        raise
    except UnidentifiedImageError as error:
        raise InputError("picture_unknown", name=name) from error
    except Image.DecompressionBombError as error:
        raise InputError("picture_too_large", name=name, limit=MAX_PIXELS // 1_000_000) from error
    except Exception as error:  # decoders say "truncated" with whatever exception is at hand
        log.info("picture %r cannot be decoded: %r", name, error)
        raise InputError("picture_damaged", name=name) from error


def preview(file: Path, side: int) -> bytes:
    """A picture upright as WebP, at most `side` pixels on its longer side. Raises OSError where none can be read."""
    with Image.open(file, formats=FORMATS) as image:
        small = ImageOps.exif_transpose(image).convert("RGB")
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.save(buffer, "WEBP", quality=80, method=2)
    return buffer.getvalue()


def _check_size(image: Image.Image, name: str) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise InputError("picture_too_large", name=name, limit=MAX_PIXELS // 1_000_000)
    if max(width, height) > MAX_ASPECT_RATIO * min(width, height):
        raise InputError("picture_too_thin", name=name, width=width, height=height, limit=int(MAX_ASPECT_RATIO))


def _upright_rgb(image: Image.Image) -> tuple[Image.Image, tuple[str, ...]]:
    notices = []
    if image.format != "MPO" and getattr(image, "n_frames", 1) > 1:  # a phone's MPO holds a depth map, no film
        image.seek(0)
        notices.append("picture_first_frame")
    too_long = max(image.size) > MAX_SIDE
    image.draft(None, (MAX_SIDE, MAX_SIDE))  # a JPEG at least twice as long is decoded at half size or less
    image.load()
    if image.mode in {"I", "F"} or image.mode.startswith("I;16"):
        image, notice = _to_8_bits(image)
        notices.append(notice)
    if image.mode == "CMYK":
        notices.append("picture_from_cmyk")
    upright = ImageOps.exif_transpose(image)
    if upright.has_transparency_data:
        layer = upright.convert("RGBA")
        upright = Image.new("RGB", layer.size, "white")
        upright.paste(layer, mask=layer.getchannel("A"))
    upright = upright.convert("RGB")
    if too_long:
        upright.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
        notices.append("picture_scaled_down")
    return upright, tuple(notices)


def _to_8_bits(image: Image.Image) -> tuple[Image.Image, str]:
    """A wide grey picture as 0..255, and the notice for it; Pillow's own conversion would clip it to white.

    Numbers of 16 bits have a known range and keep their brightness; floats and wider integers have none, so theirs
    is stretched. Integers that fit into 8 bits stay as they are.
    """
    values = image.convert("F")
    low, high = values.getextrema()
    assert isinstance(low, float) and isinstance(high, float)
    if image.mode == "I" and low >= 0 and high <= 255:
        return values.convert("L"), "picture_8_bits"
    if image.mode != "F" and low >= 0 and high <= 65_535:
        return values.point(lambda value: value * (1 / 257) + 0.5).convert("L"), "picture_8_bits"
    if not (isfinite(high - low) and high > low):  # one value everywhere: nothing to stretch, and nothing to hide
        return Image.new("L", image.size, 128), "picture_stretched"
    scale = 255.0 / (high - low)
    return values.point(lambda value: value * scale + (0.5 - low * scale)).convert("L"), "picture_stretched"


def _encode(image: Image.Image, was_jpeg: bool) -> bytes:
    """WebP: lossless for charts and text of modest size, where every pixel counts; else quality 95.

    A JPEG has lost what lossless would save, and lossless compression of one photograph of 12 megapixels takes some
    20 s of a core.
    """
    lossless = not was_jpeg and image.width * image.height <= MAX_LOSSLESS_PIXELS
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", lossless=lossless, quality=75 if lossless else 95, method=2)
    return buffer.getvalue()
