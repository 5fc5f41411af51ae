"""Small pictures, and folders to import from and into."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

MakePicture = Callable[..., bytes]


@pytest.fixture
def make_picture() -> MakePicture:
    """The bytes of a small PNG (or another format) in one colour."""

    def make(colour: str = "red", kind: str = "PNG") -> bytes:
        content = io.BytesIO()
        Image.new("RGB", (32, 24), colour).save(content, kind)
        return content.getvalue()

    return make


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return tmp_path / "library"


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder for what somebody wants to import."""
    folder = tmp_path / "here"
    folder.mkdir()
    return folder
