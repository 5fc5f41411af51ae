"""The note below the header says of served models whether their servers were reached."""

from collections.abc import Callable

import pytest

from comparer.dialogue import Dialogue
from comparer.engines.base import Reach
from comparer.engines.openai_engine import OpenAIEngine
from comparer.errors import EngineError
from comparer.lineup import Lineup, ModelSpec
from comparer.settings import Settings
from comparer.store import Store
from comparer.texts import LANGUAGES, Language, text
from comparer.ui.context import Context
from comparer.ui.header import note_html

from ..engines.openai_server import OddServer

MakeContext = Callable[..., tuple[Context, list[OpenAIEngine]]]


@pytest.fixture
def make_context(store: Store) -> MakeContext:
    def make(*endpoints: str) -> tuple[Context, list[OpenAIEngine]]:
        specs = tuple(
            ModelSpec(key=f"k{number}", label=f"<b>{number}</b>", engine="openai", model="m", endpoint=endpoint)
            for number, endpoint in enumerate(endpoints)
        )
        lineup = Lineup("served", "Served", "推理服务", demo=False, models=specs)
        engines = [OpenAIEngine(spec) for spec in specs]
        return Context(Settings(), lineup, Dialogue(lineup, engines, store), store), engines

    return make


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_server_is_found_or_not(make_context: MakeContext, language: Language) -> None:
    with OddServer([]) as server:
        context, (here, gone) = make_context(server.url, "http://127.0.0.1:9/v1")
        assert "reach" not in note_html(context, language)  # nobody was asked yet
        here.load()
        with pytest.raises(EngineError):
            gone.load()

    html = note_html(context, language)

    assert f"{server.url} {text('app.reach_up', language, network='').split(',')[0].split('，')[0]}" in html
    assert f"http://127.0.0.1:9/v1 {text('app.reach_down', language)}" in html
    assert html.count("class='reach up'") == html.count("class='reach down'") == 1
    assert "<b>0</b>" not in html and "&lt;b&gt;0&lt;/b&gt;" in html
    for engine in (here, gone):
        engine.close()


def test_the_cache_in_use_is_shown_where_the_server_tells(
    make_context: MakeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, (engine,) = make_context("http://gpu-1:8001/v1")
    monkeypatch.setattr(engine, "_reach", Reach("http://gpu-1:8001/v1", True, 0.002, 0.25))

    assert "reachable, 2 ms away, KV cache 25% used" in note_html(context, "en")
