"""The header's memory gauge: what it says of cards, slices, failing drivers and none at all."""

import re
import sys
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from types import ModuleType
from typing import Any

import httpx
import pytest

from comparer.engines import cards
from comparer.engines.cards import CardReading, Cards
from comparer.engines.memory import GIB, DeviceMemory, Free, TorchReading
from comparer.engines.scripted_engine import Script
from comparer.ui.gauge import gauge_html
from tests.conftest import MakeDialogue, Served
from tests.engines.nvml import MIG, ONE, TWO, Card, Nvml

H100 = CardReading(0, "NVIDIA H100 80GB HBM3", 20 * GIB, 80 * GIB)


def chips(gauge: str) -> list[str]:
    """The words of each chip, as they are read out."""
    marked = re.sub("<[^>]+>", " ", gauge.replace("<span class='chip", "|<span class='chip"))
    return [" ".join(unescape(words).split()) for words in marked.split("|")[1:]]


def hints(gauge: str) -> list[str]:
    return [unescape(hint) for hint in re.findall("title='([^']*)'", gauge)]


def memory(*found: CardReading, problem: str = "", torch: TorchReading | None = None) -> DeviceMemory:
    state: Any = "failing" if problem else "read" if found else "absent"
    return DeviceMemory(Cards(state, found, problem), (torch,) if torch else (), 2 * GIB, 6 * GIB, 16 * GIB)


def test_without_a_card_it_is_this_process() -> None:
    gauge = gauge_html(memory(), "en")
    assert chips(gauge) == ["Memory 2.0 GiB used · 6.0 GiB free"]
    assert "width:25.0%" in gauge
    assert hints(gauge) == ["Memory of this process; free on this machine: 6.0 GiB"]


def test_a_card_and_what_this_program_holds_of_it() -> None:
    torch = TorchReading("cuda:0", 16 * GIB, 18 * GIB)
    gauge = gauge_html(memory(H100, torch=torch), "en")
    assert chips(gauge) == ["H100 80GB HBM3 20.0 GiB used · 60.0 GiB free"]
    assert hints(gauge)[0].splitlines() == [
        "NVIDIA H100 80GB HBM3",
        "Memory of this card, all processes together; free: 60.0 GiB",
        "This program on cuda:0: 16.0 GiB in use, 18.0 GiB held",
    ]


def test_two_cards_of_one_kind_are_told_apart() -> None:
    gauge = gauge_html(memory(H100, replace(H100, index=1, used_bytes=GIB)), "zh")
    assert chips(gauge) == [
        "GPU 0 已用 20.0 GiB · 剩余 60.0 GiB",
        "GPU 1 已用 1.0 GiB · 剩余 79.0 GiB",
    ]


def test_many_devices_are_one_chip_that_names_each() -> None:
    lost = CardReading(2, "GPU 2", None, None)
    torch = TorchReading("cuda:0", 1, 2)
    gauge = gauge_html(memory(H100, replace(H100, index=1), lost, torch=torch), "en")
    assert chips(gauge) == ["3 GPU devices 40.0 GiB used · 120 GiB free"]
    assert hints(gauge)[0].splitlines() == [
        "GPU 0: 20.0 GiB used · 60.0 GiB free",
        "GPU 1: 20.0 GiB used · 60.0 GiB free",
        "GPU 2: memory not told",
        "This program on cuda:0: 1 B in use, 2 B held",
    ]


def test_a_slice_is_called_a_slice() -> None:
    piece = CardReading(0, "NVIDIA H100 80GB HBM3 MIG 1g.10gb", GIB, 10 * GIB, slice_index=2)
    gauge = gauge_html(memory(piece), "en")
    assert chips(gauge) == ["H100 80GB HBM3 MIG 1g.10gb 1.0 GiB used · 9.0 GiB free"]
    assert hints(gauge)[0].splitlines() == [
        "NVIDIA H100 80GB HBM3 MIG 1g.10gb",
        "Memory of this slice (MIG) of the card, all processes together; free: 9.0 GiB",
    ]
    both = gauge_html(memory(piece, replace(piece, name="NVIDIA H100 80GB HBM3 MIG 3g.40gb", slice_index=0)), "en")
    assert [words.partition(" 1.0")[0] for words in chips(both)] == ["MIG 1g.10gb", "MIG 3g.40gb"]
    other = gauge_html(memory(piece, replace(H100, index=1)), "en")
    assert chips(other)[0].startswith("GPU 0 MIG 1g.10gb 1.0")


def test_a_card_that_does_not_tell_gets_no_invented_figure() -> None:
    gauge = gauge_html(memory(replace(H100, used_bytes=None, total_bytes=None)), "en")
    assert chips(gauge) == ["H100 80GB HBM3 memory not told"]
    assert "width" not in gauge and not re.search(r"\d GiB", gauge)


def test_a_failing_driver_is_named_beside_what_is_known() -> None:
    gauge = gauge_html(memory(problem="<GPU is 'lost'>"), "en")
    assert chips(gauge) == ["Memory 2.0 GiB used · 6.0 GiB free", "Graphics driver not answering"]
    assert "<GPU is 'lost'>" not in gauge and "<GPU is 'lost'>" in unescape(gauge)


def test_without_nvml_torch_knows_the_card() -> None:
    torch = TorchReading("cuda:0", 1 * GIB, 2 * GIB, Free(60 * GIB, 80 * GIB))
    assert chips(gauge_html(memory(torch=torch), "en")) == ["cuda:0 20.0 GiB used · 60.0 GiB free"]


@pytest.mark.parametrize(
    ("nvml", "shown"),
    [
        (None, ["Memory"]),
        (Nvml(fails="init"), ["Memory", "Graphics driver not answering"]),
        (Nvml(*ONE), ["H100 80GB HBM3 20.0 GiB used · 60.0 GiB free"]),
        (Nvml(*TWO), ["GPU 0 20.0 GiB used", "GPU 1 1.0 GiB used"]),
        (Nvml(*MIG), ["MIG 3g.40gb 30.0", "MIG 1g.10gb 1.0"]),
        (Nvml(Card(fails=("handle",))), ["GPU 0 memory not told"]),
    ],
    ids=["absent", "failing", "one card", "two cards", "slices", "a lost card"],
)
def test_the_page_works_and_tells_the_truth(
    serve: Callable[..., Served],
    make_dialogue: MakeDialogue,
    monkeypatch: pytest.MonkeyPatch,
    nvml: ModuleType | None,
    shown: list[str],
) -> None:
    monkeypatch.setattr(cards, "_started", None)
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    served = serve(make_dialogue(Script(), Script(), Script()), language="en")

    config = httpx.get(f"{served.url}config").json()

    gauge = next(part for part in config["components"] if part["props"].get("elem_id") == "gauge")
    told = chips(gauge["props"]["value"])
    assert len(told) == len(shown)
    for words, expected in zip(told, shown, strict=True):
        assert words.startswith(expected)
