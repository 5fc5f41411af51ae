"""The precisions at which a whole lineup is in memory at once."""

import pytest

from comparer.cost import weights
from comparer.cost.fits import ModelMemory, model_memory
from comparer.cost.prices import read_prices
from comparer.cost.together import fit_together
from comparer.engines.memory import GIB
from comparer.lineup import read_lineup


@pytest.fixture
def real(monkeypatch: pytest.MonkeyPatch) -> list[ModelMemory]:
    monkeypatch.setattr(weights, "cached_snapshot", lambda _: None)
    return [model_memory(spec) for spec in read_lineup("qwen3-vl").models]


@pytest.mark.parametrize(
    ("memory_gib", "precisions"),
    [
        (141.0, {"4B": "bf16", "8B": "bf16", "30B-A3B": "bf16"}),
        (read_prices().gpu("h100").memory_bytes / GIB, {"4B": "nf4", "8B": "nf4", "30B-A3B": "bf16"}),
        (86.0, {"4B": "int8", "8B": "int8", "30B-A3B": "bf16"}),
        (48.0, None),  # the 30B's experts do not shrink, whatever is asked
    ],
)
def test_the_largest_model_chooses_first(
    real: list[ModelMemory], memory_gib: float, precisions: dict[str, str] | None
) -> None:
    found = fit_together(real, int(memory_gib * GIB))

    if precisions is None:
        assert found is None
        return
    assert found is not None
    assert list(found.precisions.items()) == list(precisions.items())  # in the lineup's order
    assert found.needed_bytes <= found.memory_bytes


def test_no_better_choice_would_fit(real: list[ModelMemory]) -> None:
    found = fit_together(real, read_prices().gpu("h100").memory_bytes)
    assert found is not None
    saved = real[1].predictions["nf4"].total_bytes
    assert found.needed_bytes - saved + real[1].predictions["int8"].total_bytes > found.memory_bytes


def test_small_models_fit_as_they_are() -> None:
    found = fit_together([model_memory(spec) for spec in read_lineup("demo").models], 8 * GIB)
    assert found is not None
    assert set(found.precisions.values()) == {"fp32"}


def test_what_is_unknown_is_not_guessed(real: list[ModelMemory]) -> None:
    served = [model_memory(spec) for spec in read_lineup("qwen3-vl-served").models]
    assert fit_together(served, 1000 * GIB) is None
    assert fit_together([], 1000 * GIB) is None
    assert fit_together([*real, served[0]], 1000 * GIB) is None
