"""Prepared pictures are kept, are what the processor makes, and take no more memory than they may."""

from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from PIL.PngImagePlugin import PngImageFile
from transformers import BatchFeature

from comparer.engines.picture_cache import PictureCache, open_marked
from comparer.engines.processing import ChatProcessor, load_processor
from comparer.paths import ASSETS
from comparer.records import Picture, Turn

SMALL = ASSETS / "models" / "small"


def picture(folder: Path, name: str, size: tuple[int, int] = (320, 224)) -> Picture:
    path = folder / f"{name}.png"
    Image.effect_noise(size, 60).convert("RGB").save(path)
    return Picture(name, path, *size)


class Counting:
    """An image processor that counts what it is given; one patch of eight bytes a picture."""

    patch_size = 16

    def __init__(self) -> None:
        self.seen: list[tuple[int, int]] = []

    def __call__(self, images: list[Image.Image], **options: Any) -> BatchFeature:
        self.seen += [image.size for image in images]
        width, height = images[0].size
        return BatchFeature({"pixel_values": torch.tensor([[float(width), float(height)]])})


def test_pictures_are_what_the_processor_makes_of_them(tmp_path: Path) -> None:
    plain = load_processor(SMALL)
    kept = PictureCache(load_processor(SMALL).image_processor)
    pictures = [picture(tmp_path, "a"), picture(tmp_path, "b", (96, 640))]
    opened = [Image.open(one.path).convert("RGB") for one in pictures]
    for size in ({"shortest_edge": 1024, "longest_edge": 20_000}, {"shortest_edge": 1024, "longest_edge": 40_000}):
        expected = plain.image_processor(images=opened, size=size, return_tensors="pt")
        for _ in range(2):
            made = kept([open_marked(one) for one in pictures], size=size, return_tensors="pt")
            assert set(made) == set(expected)
            assert all(torch.equal(made[name], expected[name]) for name in expected)


def test_a_conversation_opens_its_picture_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chat = ChatProcessor(load_processor(SMALL))
    shown = picture(tmp_path, "page")
    decoded: list[Image.Image] = []
    convert = Image.Image.convert

    def counted(image: Image.Image, *options: Any, **more: Any) -> Image.Image:
        if isinstance(image, PngImageFile):  # not yet what another conversion made
            decoded.append(image)
        return convert(image, *options, **more)

    monkeypatch.setattr(Image.Image, "convert", counted)
    first = chat.prepare((Turn("What is it?", (shown,)),), 256, 4000)
    second = chat.prepare((Turn("What is it?", (shown,), "A page."), Turn("And now?")), 256, 4000)
    assert len(decoded) == 1
    assert torch.equal(first.tensors["pixel_values"], second.tensors["pixel_values"])


def test_the_longest_unused_go_when_there_is_no_more_room(tmp_path: Path) -> None:
    counting = Counting()
    kept = PictureCache(counting, most_bytes=16)
    a, b, c = (picture(tmp_path, name, (width, 10)) for name, width in (("a", 10), ("b", 20), ("c", 30)))
    for one in (a, b, a, c, a, b):  # c takes the place of b, and b then that of c
        kept([open_marked(one)])
    assert counting.seen == [(10, 10), (20, 10), (30, 10), (20, 10)]
    assert kept.patch_size == 16
