"""The probes: with no driver, with a failing driver, and with cards."""

import ctypes
import subprocess
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

from comparer.engines import memory
from comparer.engines.memory import CardReading, device_memory, read_cards, read_device_memory
from comparer.engines.peak import CardPeak, ResidentPeak, peak_memory


class Nvml(types.ModuleType):
    """A stand-in for the driver's binding: two cards, or the failure it is told to have."""

    class NVMLError(Exception):
        pass

    def __init__(self, fails_at: str = "") -> None:
        super().__init__("pynvml")
        self.fails_at = fails_at

    def _may_fail(self, where: str) -> None:
        if where == self.fails_at:
            raise self.NVMLError(where)

    def nvmlInit(self) -> None:  # noqa: N802 - the binding's names
        self._may_fail("init")

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        self._may_fail("count")
        return 2

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:  # noqa: N802
        return index

    def nvmlDeviceGetName(self, handle: int) -> str | bytes:  # noqa: N802
        return b"Old binding" if handle else "NVIDIA H100 80GB HBM3"

    def nvmlDeviceGetMemoryInfo(self, handle: int) -> types.SimpleNamespace:  # noqa: N802
        self._may_fail("memory")
        return types.SimpleNamespace(used=10 + handle, total=100)


@pytest.fixture(autouse=True)
def fresh_driver() -> Iterator[None]:
    memory._nvml.cache_clear()
    yield
    memory._nvml.cache_clear()


def test_cards_are_read_by_nvml(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", Nvml())

    assert read_cards() == (
        CardReading(0, "NVIDIA H100 80GB HBM3", 10, 100),
        CardReading(1, "Old binding", 11, 100),
    )


@pytest.mark.parametrize("where", ["init", "count", "memory"])
def test_a_failing_driver_means_no_cards(monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", Nvml(fails_at=where))

    reading = read_device_memory()

    assert reading.cards is None
    assert 0 < reading.process_bytes < reading.total_bytes
    assert 0 < reading.available_bytes < reading.total_bytes


def test_an_absent_driver_means_no_cards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)

    assert read_cards() is None


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
