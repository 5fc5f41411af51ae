"""The probes: with no driver, with a failing driver, and with cards."""

import ctypes
import re
import subprocess
import sys
import types
from pathlib import Path

import pytest

from comparer.engines import cards, memory
from comparer.engines.cards import CardReading, Cards, read_cards
from comparer.engines.memory import Free, TorchReading, device_memory, read_device_memory, read_torch
from comparer.engines.peak import CardPeak, ResidentPeak, peak_memory
from tests.engines.nvml import GIB, MIG, Card, Nvml, NVMLError_LibraryNotFound


@pytest.fixture(autouse=True)
def fresh_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cards, "_started", None)


def test_cards_are_read_by_nvml(monkeypatch: pytest.MonkeyPatch) -> None:
    nvml = Nvml(Card(), Card(b"Old binding", 11, slices=None))
    monkeypatch.setitem(sys.modules, "pynvml", nvml)

    for _ in range(2):
        assert read_cards() == Cards(
            "read", (CardReading(0, "NVIDIA H100 80GB HBM3", 10, 100), CardReading(1, "Old binding", 11, 100))
        )
    assert nvml.started == 1


def test_slices_stand_for_their_card(monkeypatch: pytest.MonkeyPatch) -> None:
    unnamed = Card("NVIDIA A100", slices=(Card("NVIDIA A100", 3, 5),))
    monkeypatch.setitem(sys.modules, "pynvml", Nvml(*MIG, unnamed))

    assert read_cards().cards == (
        CardReading(0, "NVIDIA H100 80GB HBM3 MIG 3g.40gb", 30 * GIB, 40 * GIB, 0),
        CardReading(0, "NVIDIA H100 80GB HBM3 MIG 1g.10gb", 1 * GIB, 10 * GIB, 2),
        CardReading(1, "NVIDIA A100 MIG 0", 3, 5, 0),
    )


@pytest.mark.parametrize("fails", ["handle", "memory"])
def test_one_failing_card_does_not_hide_the_others(monkeypatch: pytest.MonkeyPatch, fails: str) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", Nvml(Card("Good"), Card("Lost", fails=(fails,))))

    good, lost = read_cards().cards

    assert good == CardReading(0, "Good", 10, 100)
    assert (lost.index, lost.used_bytes, lost.total_bytes) == (1, None, None)
    assert lost.name == ("Lost" if fails == "memory" else "GPU 1")


@pytest.mark.parametrize("fails", ["init", "count"])
def test_a_failing_driver_is_named_and_asked_again(monkeypatch: pytest.MonkeyPatch, fails: str) -> None:
    nvml = Nvml(Card(), fails=fails)
    monkeypatch.setitem(sys.modules, "pynvml", nvml)

    reading = read_device_memory()

    assert reading.cards == Cards("failing", problem="GPU is lost")
    assert 0 < reading.process_bytes < reading.total_bytes
    assert 0 < reading.available_bytes < reading.total_bytes

    nvml.fails = ""
    assert read_cards().state == "read"
    assert nvml.started == 1


def test_a_driver_that_hangs_holds_up_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", Nvml(Card()))
    monkeypatch.setattr(cards, "PATIENCE_S", 0.01)

    with cards._lock:
        assert read_cards() == Cards("failing", problem="no answer in 0.01 s")
    assert read_cards().state == "read"


def test_no_driver_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert read_cards() == Cards("absent")

    monkeypatch.setitem(sys.modules, "pynvml", Nvml(fails="init", error=NVMLError_LibraryNotFound()))
    assert read_cards() == Cards("absent")


def test_the_real_binding_has_every_name_that_is_asked_of_it() -> None:
    import pynvml

    asked = set(re.findall(r"nvml\.(\w+)", Path(cards.__file__).read_text("utf-8"))) | set(cards._ABSENT)
    assert len(asked) > 8
    assert not {name for name in asked if not hasattr(pynvml, name)}


class Cuda(types.SimpleNamespace):
    """torch.cuda of a process that uses the second of two cards."""

    def __init__(self, **changes: object) -> None:
        super().__init__(
            **{
                "is_initialized": lambda: True,
                "device_count": lambda: 2,
                "memory_reserved": lambda number: 9 * number,
                "memory_allocated": lambda number: 7 * number,
                "mem_get_info": lambda number: (60, 80 + number),
            }
            | changes
        )


def failing_cuda(_: int) -> int:
    raise RuntimeError("CUDA error: unspecified launch failure")


def test_torch_is_read_where_it_holds_something(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", types.SimpleNamespace(cuda=Cuda()))

    assert read_torch(with_totals=False) == (TorchReading("cuda:1", 7, 9),)
    assert read_torch(with_totals=True) == (TorchReading("cuda:1", 7, 9, Free(60, 81)),)


@pytest.mark.parametrize(
    "torch", [None, types.SimpleNamespace(), types.SimpleNamespace(cuda=Cuda(is_initialized=lambda: False)),
              types.SimpleNamespace(cuda=Cuda(memory_reserved=failing_cuda))]
)  # fmt: skip
def test_torch_is_not_waited_for_and_not_imported(monkeypatch: pytest.MonkeyPatch, torch: object) -> None:
    monkeypatch.setitem(sys.modules, "torch", torch)
    assert read_torch(with_totals=True) == ()


def test_the_host_is_read_for_a_cpu() -> None:
    free, total = device_memory("cpu")

    assert 0 < free < total


def test_a_containers_limit_counts(tmp_path: Path) -> None:
    assert memory._container_limit(tmp_path) is None

    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory.current").write_text("600\n")
    (tmp_path / "memory.stat").write_text("anon 400\ninactive_file 150\n")
    assert memory._container_limit(tmp_path) is None

    (tmp_path / "memory.max").write_text("1000\n")
    assert memory._container_limit(tmp_path) == (550, 1000)


def test_engines_are_imported_without_the_heavy_libraries() -> None:
    """Starting the program must not wait for torch; the modules named here are what the page imports."""
    source = (
        "import sys, comparer.engines, comparer.engines.transformers_engine, comparer.engines.choice\n"
        "print([name for name in ('torch', 'transformers', 'bitsandbytes', 'pynvml') if name in sys.modules])"
    )

    said = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True).stdout

    assert said.strip() == "[]"


def test_a_peak_between_start_and_end_is_seen() -> None:
    size = 80_000_000
    with ResidentPeak() as peak:
        start = peak.peak_bytes
        block = ctypes.create_string_buffer(size)
        ctypes.memset(block, 1, size)
        peak._over.wait(20 * peak.interval_s)
        del block

    assert peak.peak_bytes >= start + size * 0.9


def test_the_sampler_ends_with_its_block_even_after_an_error() -> None:
    peak = ResidentPeak()
    with pytest.raises(ZeroDivisionError), peak:
        raise ZeroDivisionError

    assert not peak._sampler.is_alive()
    assert peak.peak_bytes > 0


def test_on_a_card_the_peak_is_weights_plus_what_was_added(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", lambda _: None)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda _: 700)
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda _: 950)

    with peak_memory("cuda:0", 500) as peak:
        pass

    assert isinstance(peak, CardPeak)
    assert peak.peak_bytes == 500 + (950 - 700)
