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


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
def test_truncated(format: str) -> None:  # noqa: A002
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 255, (200, 200, 3), dtype=np.uint8))
    whole = encoded(noise, format)
    assert normalise(whole).width == 200
    with pytest.raises(InputError, match=r"The picture “scan\.x” is damaged or cut off"):
        normalise(whole[: len(whole) // 2], "scan.x")
    with pytest.raises(InputError, match=r"“scan\.x” is not a picture that can be read"):
        normalise(whole[:3], "scan.x")


@pytest.mark.parametrize("error", [RuntimeError("decoder"), ZeroDivisionError(), AssertionError()])
def test_whatever_a_decoder_raises_is_a_damaged_picture(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise error

    content = encoded(gradient(), "PNG")
    monkeypatch.setattr(Image.Image, "convert", fail)
    with pytest.raises(InputError, match="is damaged"):
        normalise(content, "odd.png")


@pytest.mark.parametrize("format", ["PPM", "ICO", "TGA", "EPS"])
def test_other_formats_are_not_even_tried(format: str) -> None:  # noqa: A002
    with pytest.raises(InputError, match="is not a picture that can be read"):
        normalise(encoded(gradient(), format), "old.x")


def test_a_file_that_is_too_large(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(encoded(gradient(), "PNG") + bytes(2_000_000))
    for source in (path, path.read_bytes()):
        assert normalise(source, max_bytes=3_000_000).width == 64
        with pytest.raises(InputError, match="larger than 1 MB"):
            normalise(source, max_bytes=1_000_000)


def photograph(width: int, height: int) -> Image.Image:
    small = np.random.default_rng(5).integers(0, 255, (height // 10, width // 10, 3), dtype=np.uint8)
    return Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)


@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_a_large_photograph_is_not_tried_lossless(format: str) -> None:  # noqa: A002
    content = encoded(photograph(4000, 3000), format, **({"compress_level": 1} if format == "PNG" else {}))
    kept = normalise(content)
    assert b"VP8L" not in kept.content[:16]  # lossless would take about 20 s
    assert (kept.width, kept.height, kept.notices) == (4000, 3000, ())
    assert len(kept.content) < 6_000_000


def test_a_jpeg_is_not_kept_lossless() -> None:
    content = encoded(photograph(400, 300), "JPEG", quality=90)
    assert b"VP8L" not in normalise(content).content[:16]
    assert b"VP8L" in normalise(encoded(photograph(400, 300), "PNG")).content[:16]


def test_a_very_large_jpeg_is_decoded_small() -> None:
    kept = normalise(encoded(photograph(9000, 3000), "JPEG"))
    assert (kept.width, kept.height, kept.notices) == (MAX_SIDE, 1365, ("picture_scaled_down",))
    exactly = normalise(encoded(Image.new("RGB", (2 * MAX_SIDE, 100)), "JPEG"))
    assert (exactly.width, exactly.height, exactly.notices) == (MAX_SIDE, 50, ("picture_scaled_down",))


def test_a_phones_double_picture_is_no_film() -> None:
    frames = [photograph(80, 60), photograph(40, 30)]
    kept = normalise(encoded(frames[0], "MPO", save_all=True, append_images=frames[1:]))
    assert (kept.width, kept.height, kept.notices) == (80, 60, ())


def test_animated_uses_the_first_frame() -> None:
    frames = [Image.new("RGB", (30, 30), colour) for colour in ("red", "blue")]
    kept = normalise(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert kept.notices == ("picture_first_frame",)
    assert opened(kept.content).convert("RGB").getpixel((5, 5)) == (255, 0, 0)


def test_cmyk_becomes_rgb() -> None:
    kept = normalise(encoded(gradient().convert("CMYK"), "JPEG"))
    assert kept.notices == ("picture_from_cmyk",)
    assert opened(kept.content).mode == "RGB"


def greys(content: bytes) -> np.ndarray:
    return np.asarray(opened(content).convert("L")).astype(int)


def test_16_bits_keep_their_brightness() -> None:
    ramp = np.linspace(1000, 60_000, 64 * 64).reshape(64, 64).astype(np.uint16)
    kept = normalise(encoded(Image.fromarray(ramp), "PNG"))
    assert kept.notices == ("picture_8_bits",)
    assert np.abs(greys(kept.content) - ramp / 257).max() <= 1


@pytest.mark.parametrize(("value", "grey"), [(0, 0), (128 * 257, 128), (65_535, 255)])
@pytest.mark.parametrize("dtype", [np.uint16, np.int32])
def test_a_uniform_16_bit_picture_keeps_its_grey(value: int, grey: int, dtype: type) -> None:
    image = Image.fromarray(np.full((20, 20), value, dtype=dtype))
    kept = normalise(encoded(image, "PNG" if dtype is np.uint16 else "TIFF"))
    assert set(greys(kept.content).ravel()) == {grey}


def test_wide_numbers_that_fit_into_8_bits_stay() -> None:
    ramp = np.arange(256, dtype=np.int32).reshape(16, 16)
    kept = normalise(encoded(Image.fromarray(ramp), "TIFF"))
    assert np.array_equal(greys(kept.content), ramp)


@pytest.mark.parametrize("dtype", [np.float32, np.int32])
def test_numbers_without_a_range_are_stretched(dtype: type) -> None:
    ramp = np.linspace(-70_000, 70_000, 64 * 64).reshape(64, 64).astype(dtype)
    kept = normalise(encoded(Image.fromarray(ramp), "TIFF"))
    grey = greys(kept.content)
    assert kept.notices == ("picture_stretched",)
    assert (grey.min(), grey.max()) == (0, 255) and abs(grey.mean() - 127.5) < 2


@pytest.mark.parametrize("value", [0.0, 0.5, -3.0, float("nan")])
def test_a_uniform_picture_of_floats_is_not_black(value: float) -> None:
    kept = normalise(encoded(Image.fromarray(np.full((20, 20), value, dtype=np.float32)), "TIFF"))
    assert set(greys(kept.content).ravel()) == {128}


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
