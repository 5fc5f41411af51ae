"""Remembers the signatures of Gradio's components.

Gradio builds a component anew whenever one of its properties is updated, and each time asks Python for the signature
of its constructor, which never changes: with many visitors that alone takes a third of the server's time.
"""

import inspect
from functools import cache
from types import ModuleType
from typing import Any

import gradio.blocks
import gradio.component_meta
import gradio.components.base


class _Remembering(ModuleType):
    """`inspect`, which is asked only once about a function."""

    getfullargspec = staticmethod(cache(inspect.getfullargspec))
    signature = staticmethod(cache(inspect.signature))

    def __getattr__(self, name: str) -> Any:
        return getattr(inspect, name)


def remember_signatures() -> None:
    """From now on, Gradio's components are built faster."""
    for module in (gradio.blocks, gradio.component_meta, gradio.components.base):
        module.inspect = _Remembering("inspect")  # type: ignore[attr-defined]
