"""Fixtures that several folders share: pictures, scripted engines, a store on a file, a dashboard being served."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings
from PIL import Image, ImageDraw

from comparer.comparison import Comparison
from comparer.dialogue import Dialogue
from comparer.engines import Engine, Limits
from comparer.engines.memory_log import MemoryLog
from comparer.engines.pool import EnginePool
from comparer.engines.scripted_engine import Script, ScriptedEngine
from comparer.lineup import Lineup, ModelSpec
from comparer.records import Picture, Request, Turn
from comparer.settings import Settings
from comparer.store import Store
from comparer.ui.context import Context
from storage import open_store
from tests.postgres import fresh_postgres_url, postgres_server
from tests.storage.databases import POSTGRES

__all__ = ["postgres_server"]

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
if "PYTEST_XDIST_WORKER" in os.environ:  # each worker has a processor; two threads of each would wait for each other
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# The same examples in every run, so that a change is judged by itself; explore new ones with
# HYPOTHESIS_PROFILE=explore.
hypothesis_settings.register_profile("repeatable", derandomize=True, deadline=None)
hypothesis_settings.register_profile("explore", max_examples=5_000, deadline=None)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


def pytest_addoption(parser: pytest.Parser) -> None:
    told = "what tests keep their answers and ratings in, where they do not say themselves: all pass on either"
    parser.addoption("--database", choices=["sqlite", "postgresql"], default="sqlite", help=told)


KEYS = ("small", "medium", "large")


def scripted_lineup(keys: Sequence[str] = KEYS) -> Lineup:
    models = tuple(ModelSpec(key=key, label=f"Scripted {key}", engine="scripted", model=key) for key in keys)
    return Lineup("scripted", "Scripted", "脚本", demo=True, models=models)


def scripted_engines(
    lineup: Lineup, scripts: Sequence[Script], limits: Limits = Limits(), devices: Sequence[str] = ()
) -> tuple[ScriptedEngine, ...]:
    devices = devices or ["scripted"] * len(scripts)
    return tuple(
        ScriptedEngine(spec, limits, script, device)
        for spec, script, device in zip(lineup.models, scripts, devices, strict=True)
    )


@pytest.fixture(scope="session")
def new_database(request: pytest.FixtureRequest) -> Callable[[], str]:
    """Makes an empty database of the kind that `--database` names and returns its URL; "" is a file in the data
    folder."""
    if request.config.getoption("--database") == "sqlite":
        return lambda: ""
    assert POSTGRES, "These tests need PostgreSQL: apt-get install postgresql"
    server = request.getfixturevalue("postgres_server")
    return lambda: fresh_postgres_url(server)


@pytest.fixture
def database_url(new_database: Callable[[], str]) -> str:
    """Of this test's own database."""
    return new_database()


@pytest.fixture
def store(tmp_path: Path, database_url: str) -> Iterator[Store]:
    opened = open_store(tmp_path / "data", database_url)
    yield opened
    opened.close()


@pytest.fixture
def question() -> Request:
    return Request((Turn("What is this?"),))


@pytest.fixture
def drawing(tmp_path: Path) -> Path:
    """A small PNG with something in it."""
    image = Image.new("RGB", (320, 240), "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((40, 40, 160, 160), fill=(38, 110, 210))
    draw.ellipse((180, 60, 280, 160), fill=(220, 50, 47))
    path = tmp_path / "drawing.png"
    image.save(path)
    return path


MakeDialogue = Callable[..., Dialogue]


@pytest.fixture
def make_dialogue(store: Store) -> MakeDialogue:
    """Builds a dialogue on scripted engines: `make_dialogue(Script(...), Script(...), ..., limits=...)`."""

    def make(*scripts: Script, limits: Limits = Limits(), devices: Sequence[str] = ()) -> Dialogue:
        lineup = scripted_lineup(KEYS[: len(scripts)])
        engines: Sequence[Engine] = scripted_engines(lineup, scripts, limits, devices)
        return Dialogue(lineup, engines, store, Comparison())

    return make


@pytest.fixture
def kept_picture(make_dialogue: MakeDialogue, drawing: Path) -> Picture:
    from comparer.pictures import normalise

    return make_dialogue(Script()).keep_picture(normalise(drawing))


@dataclass
class Served:
    """A dashboard being served."""

    url: str
    context: Context


@pytest.fixture
def serve(tmp_path: Path, database_url: str) -> Iterator[Callable[..., Served]]:
    """Serves a dashboard on a free port: `serve(dialogue)`; closed when the test ends."""
    pages: list[Any] = []

    def start(
        dialogue: Dialogue, engines: EnginePool | None = None, memory: MemoryLog | None = None, **settings: Any
    ) -> Served:
        from comparer.ui.dashboard import build_dashboard
        from comparer.ui.launch import launch

        options = Settings(port=0, data_dir=tmp_path / "data", database_url=database_url, **settings)
        parts: dict[str, Any] = {"engines": engines or EnginePool(), "memory": memory or MemoryLog()}
        context = Context(options, dialogue.lineup, dialogue, dialogue.store, **parts)
        page = build_dashboard(context)
        pages.append(page)
        _, url, _ = launch(page, options, prevent_thread_lock=True, quiet=True)
        return Served(url, context)

    yield start
    for page in pages:
        page.close()
