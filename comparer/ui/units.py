"""Numbers as people read them: seconds, bytes, shares. "–" is what was not measured."""

from comparer.engines.memory import readable_size

UNKNOWN = "–"


def seconds(value: float | None) -> str:
    """`0.042` -> "42 ms", `1.5` -> "1.50 s", `75` -> "75 s"."""
    if value is None:
        return UNKNOWN
    if value < 0.1:
        return f"{value * 1000:.0f} ms"
    return f"{value:.2f} s" if value < 10 else f"{value:.1f} s" if value < 60 else f"{value:.0f} s"


def size(value: int | None) -> str:
    """Bytes in binary units: `5_000_000` -> "4.8 MiB"."""
    return UNKNOWN if value is None else readable_size(value)


def count(value: int | None) -> str:
    """A number of tokens."""
    return UNKNOWN if value is None else str(value)


def rate(value: float | None) -> str:
    """Tokens a second."""
    if value is None:
        return UNKNOWN
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}"


def parameters(count: int) -> str:
    """`648_384` -> "0.65M", `7_482_240` -> "7.5M", `8_767_123_696` -> "8.8B"."""
    millions = count / 1e6
    if millions >= 1000:
        return f"{millions / 1000:.1f}B"
    return f"{millions:.1f}M" if millions >= 1 else f"{millions:.2f}M"


def exact_percent(value: float) -> str:
    """A share of 1 in percent with the decimals it has: `0.8` -> "80", `0.925` -> "92.5"."""
    return f"{value * 100:.6g}"


def percent(value: float | None) -> str:
    """A share of 1 in whole percent."""
    return UNKNOWN if value is None else f"{value * 100:.0f}%"
