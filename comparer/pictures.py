"""A file that somebody gave -> one upright 8-bit RGB picture that every model sees the same.

The picture is stored once in this form, so that all three models, a second turn and a restart see equal pixels.
Knows nothing of models: the pixel budget is each engine's own affair.
"""

import io
import warnings
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from comparer.errors import InputError

MAX_PIXELS = 100_000_000
"""More is refused before decoding: a decompression bomb, or a scan nobody needs whole."""
MAX_SIDE = 4096
"""Longer sides are scaled down once; 4096 x 4096 is 16,384 image tokens, far above any budget in use."""
MAX_ASPECT_RATIO = 100.0
"""Qwen3-VL's processor refuses 200 : 1; beyond 100 : 1 nothing is left of the short side."""
LOSSLESS_BYTES = 3_000_000


@dataclass(frozen=True, slots=True)
class NormalisedPicture:
    """WebP bytes and size in pixels; `notices` name what had to be changed (keys below `notice.`)."""

    content: bytes
    width: int
    height: int
    notices: tuple[str, ...] = ()


def normalise(source: Path | bytes, name: str = "", max_bytes: int | None = None) -> NormalisedPicture:
    """Decode, turn upright, flatten on white, reduce to 8 bits and encode. Raises `InputError`."""
    name = name or (source.name if isinstance(source, Path) else "")
    size = source.stat().st_size if isinstance(source, Path) else len(source)
    if max_bytes is not None and size > max_bytes:
        raise InputError("file_too_large", limit=max_bytes // 1_000_000)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(source if isinstance(source, Path) else io.BytesIO(source)) as opened:
                _check_size(opened, name)
                image, notices = _upright_rgb(opened)
    except InputError:
        raise
    except UnidentifiedImageError as error:
        raise InputError("picture_unknown", name=name) from error
    except Image.DecompressionBombError as error:
        raise InputError("picture_too_large", name=name, limit=MAX_PIXELS // 1_000_000) from error
    except (OSError, SyntaxError, ValueError, EOFError, MemoryError) as error:  # Pillow's ways to say "truncated"
        raise InputError("picture_damaged", name=name) from error
    return NormalisedPicture(_encode(image), image.width, image.height, notices)


def _check_size(image: Image.Image, name: str) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise InputError("picture_too_large", name=name, limit=MAX_PIXELS // 1_000_000)
    if max(width, height) > MAX_ASPECT_RATIO * min(width, height):
        raise InputError("picture_too_thin", name=name, width=width, height=height, limit=int(MAX_ASPECT_RATIO))


def _upright_rgb(image: Image.Image) -> tuple[Image.Image, tuple[str, ...]]:
    notices = []
    if getattr(image, "n_frames", 1) > 1:
        image.seek(0)
        notices.append("picture_first_frame")
    image.load()
    if image.mode in {"I", "F"} or image.mode.startswith("I;16"):
        image = _to_8_bits(image)
        notices.append("picture_8_bits")
    if image.mode == "CMYK":
        notices.append("picture_from_cmyk")
    upright = ImageOps.exif_transpose(image)
    if upright.has_transparency_data:
        layer = upright.convert("RGBA")
        upright = Image.new("RGB", layer.size, "white")
        upright.paste(layer, mask=layer.getchannel("A"))
    upright = upright.convert("RGB")
    if max(upright.size) > MAX_SIDE:
        upright.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
        notices.append("picture_scaled_down")
    return upright, tuple(notices)


def _to_8_bits(image: Image.Image) -> Image.Image:
    """Stretch a 16- or 32-bit grey picture to 0..255: Pillow's own conversion would clip it to white."""
    low, high = image.convert("F").getextrema()
    assert isinstance(low, float) and isinstance(high, float)
    scale = 255.0 / (high - low) if high > low else 0.0
    return image.convert("F").point(lambda value: value * scale - low * scale).convert("L")


def _encode(image: Image.Image) -> bytes:
    """Lossless WebP while it stays small (charts, text), else quality 95 (photographs)."""
    for options in ({"lossless": True, "method": 2}, {"quality": 95, "method": 2}):
        buffer = io.BytesIO()
        image.save(buffer, "WEBP", **options)
        if buffer.tell() <= LOSSLESS_BYTES:
            break
    return buffer.getvalue()
