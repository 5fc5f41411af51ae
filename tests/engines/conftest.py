"""Engines on the real demo checkpoints, made once, and pictures to ask about."""

from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from comparer.engines import Engine, build_engine
from comparer.engines.transformers_engine import TransformersEngine
from comparer.lineup import ModelSpec, read_lineup
from comparer.records import Picture

from .checkpoints import save_dense, save_moe

DrawPicture = Callable[..., Picture]


@pytest.fixture(scope="session")
def draw(tmp_path_factory: pytest.TempPathFactory) -> DrawPicture:
    """Makes a picture of a coloured disc on white, `draw("red", (192, 192))`."""
    folder = tmp_path_factory.mktemp("pictures")

    def make(colour: str = "red", size: tuple[int, int] = (192, 192)) -> Picture:
        width, height = size
        image = Image.new("RGB", size, "white")
        box = (width // 4, height // 4, width * 3 // 4, height * 3 // 4)
        ImageDraw.Draw(image).ellipse(box, fill=colour)
        path = folder / f"{colour}-{width}x{height}.png"
        image.save(path)
        return Picture(sha256(path.read_bytes()).hexdigest(), path, width, height)

    return make


@pytest.fixture(scope="session")
def dense_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shrunken dense Qwen3-VL with random weights."""
    return save_dense(tmp_path_factory.mktemp("dense"))


@pytest.fixture(scope="session")
def moe_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shrunken Qwen3-VL-MoE with random weights."""
    return save_moe(tmp_path_factory.mktemp("moe"))


def spec_of(model: Path | str, precision: str = "fp32", **fields: object) -> ModelSpec:
    """A spec for the checkpoint `model` on the CPU."""
    values = {"key": "m", "label": "Model M", "model": str(model), "precision": precision, "device": "cpu"}
    return ModelSpec.model_validate(values | fields)


@pytest.fixture(scope="session")
def medium() -> Iterator[TransformersEngine]:
    """The demo lineup's middle model, loaded."""
    spec = read_lineup("demo").models[1].model_copy(update={"device": "cpu"})
    engine = TransformersEngine(spec)
    engine.load()
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def dense(dense_folder: Path) -> Iterator[TransformersEngine]:
    """The shrunken dense checkpoint, loaded."""
    engine = TransformersEngine(spec_of(dense_folder))
    engine.load()
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def precisions() -> Iterator[dict[str, Engine]]:
    """The demo lineup's largest model in fp32, int8 and nf4, by precision, loaded."""
    engines: dict[str, Engine] = {}
    for spec in read_lineup("demo-precisions").models:
        engine = build_engine(spec.model_copy(update={"device": "cpu"}))
        engine.load()
        engines[spec.precision] = engine
    yield engines
    for engine in engines.values():
        engine.close()
