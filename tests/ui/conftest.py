"""What the tests of the page share."""

import gradio as gr
import pytest


@pytest.fixture
def warnings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The warnings that the page shows, as they come."""
    said: list[str] = []
    monkeypatch.setattr(gr, "Warning", said.append)
    return said
