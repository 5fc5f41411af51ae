"""Everything that people upload, and the sentence or the picture that comes of it."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from comparer.errors import InputError
from comparer.pictures import MAX_SIDE, normalise


def encoded(image: Image.Image, format: str, **options: object) -> bytes:  # noqa: A002
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def gradient(width: int = 64, height: int = 48) -> Image.Image:
    return Image.linear_gradient("L").resize((width, height)).convert("RGB")


def test_small_pictures_lose_nothing() -> None:
    pixels = np.random.default_rng(3).integers(0, 255, (40, 60, 3), dtype=np.uint8)
    kept = normalise(encoded(Image.fromarray(pixels), "PNG"))
    assert (kept.width, kept.height, kept.notices) == (60, 40, ())
    assert np.array_equal(np.asarray(opened(kept.content)), pixels)


def test_no_picture_at_all(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a picture")
    with pytest.raises(InputError, match=r"“notes\.txt” is not a picture that can be read"):
        normalise(path)
    with pytest.raises(InputError, match="is not a picture"):
        normalise(b"")


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_truncated(format: str) -> None:  # noqa: A002
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 255, (200, 200, 3), dtype=np.uint8))
    whole = encoded(noise, format)
    with pytest.raises(InputError) as caught:
        normalise(whole[: len(whole) // 2], "scan.x")
    assert caught.value.code in {"picture_damaged", "picture_unknown"}
    assert "scan.x" in str(caught.value)


def test_animated_uses_the_first_frame() -> None:
    frames = [Image.new("RGB", (30, 30), colour) for colour in ("red", "blue")]
    kept = normalise(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert kept.notices == ("picture_first_frame",)
    assert opened(kept.content).convert("RGB").getpixel((5, 5)) == (255, 0, 0)


def test_cmyk_becomes_rgb() -> None:
    kept = normalise(encoded(gradient().convert("CMYK"), "JPEG"))
    assert kept.notices == ("picture_from_cmyk",)
    assert opened(kept.content).mode == "RGB"


def test_16_bits_are_stretched_not_clipped() -> None:
    ramp = np.linspace(1000, 60_000, 64 * 64).reshape(64, 64).astype(np.uint16)
    kept = normalise(encoded(Image.fromarray(ramp), "PNG"))
    grey = np.asarray(opened(kept.content).convert("L")).astype(float)
    assert kept.notices == ("picture_8_bits",)
    assert grey[0, 0] < 5 and grey[-1, -1] > 250 and abs(grey.mean() - 127.5) < 3


def test_exif_rotation_is_applied() -> None:
    image = Image.new("RGB", (60, 20), "white")
    exif = image.getexif()
    exif[0x0112] = 6  # turn right
    kept = normalise(encoded(image, "JPEG", exif=exif))
    assert (kept.width, kept.height) == (20, 60)


def test_transparency_lies_on_white() -> None:
    kept = normalise(encoded(Image.new("RGBA", (10, 10), (255, 0, 0, 0)), "PNG"))
    assert opened(kept.content).getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["1", "P", "LA", "L", "I", "F"])
def test_unusual_modes(mode: str) -> None:
    image = gradient().convert("L").convert(mode)
    kept = normalise(encoded(image, "TIFF" if mode in {"I", "F"} else "PNG"))
    assert opened(kept.content).mode == "RGB" and (kept.width, kept.height) == (64, 48)


def test_huge_pixel_count_is_refused_before_decoding() -> None:
    bomb = encoded(Image.new("1", (20_000, 20_000)), "PNG")
    assert len(bomb) < 200_000
    with pytest.raises(InputError, match="more than 100 million pixels"):
        normalise(bomb, "bomb.png")


def test_long_sides_are_scaled_down_once() -> None:
    kept = normalise(encoded(Image.new("RGB", (5000, 1000), "white"), "PNG"))
    assert kept.notices == ("picture_scaled_down",)
    assert kept.width == MAX_SIDE and kept.height == pytest.approx(819, abs=1)


def test_extreme_aspect_ratio() -> None:
    with pytest.raises(InputError, match="5000 × 10 pixels, longer than 100 : 1"):
        normalise(encoded(Image.new("RGB", (5000, 10)), "PNG"), "strip.png")
