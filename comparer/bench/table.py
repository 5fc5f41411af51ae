"""Figures as lines of text: measured beside what the card could do at best. Pure."""

from pathlib import Path

from comparer.bench.measurements import Measurement, Measurements

_COLUMNS = (("measured", 12), ("quartiles", 20), ("tokens/s", 10), ("ceiling", 10), ("share", 6), ("GiB", 8))
_NAME_WIDTH = 46


def table(content: Measurements, file: Path) -> str:
    """All figures with their heading, what they are of, and how many are missing."""
    toys = " (toys: the figures mean nothing)" if content.shrunk else ""
    versions = ", ".join(f"{name} {number or 'none'}" for name, number in content.versions.items())
    peak = content.peak
    lines = [
        f"{content.device.name}, {content.device.memory_bytes / 2**30:.1f} GiB{toys}; {versions}",
        "ceiling: card unknown"
        if peak is None
        else f"ceiling: {peak.bandwidth_bytes_per_s / 1e12:.2f} TB/s, {peak.flops_per_s / 1e12:.0f} TFLOP/s"
        f" ({peak.source})",
        "GiB: weights of a build, peak while measuring, left after a release",
        "",
        f"{'':<{_NAME_WIDTH}}" + "".join(f"{name:>{width}}" for name, width in _COLUMNS),
        *(row(one) for one in content.measurements),
        "",
        f"{_tally(content)} in {file}.",
    ]
    return "\n".join(lines)


def row(one: Measurement) -> str:
    """One figure, or why there is none."""
    name = f"{one.id:<{_NAME_WIDTH}}"
    if one.status != "measured":
        return f"{name}  {one.status.replace('_', ' ')}: {one.why('en')}"
    cells = (
        _time(one.median_s),
        f"{_time(one.q1_s)}-{_time(one.q3_s)}" if one.runs and one.runs > 1 else "",
        _number(one.tokens_per_s),
        _number(one.ceiling_tokens_per_s),
        "" if one.share_of_ceiling is None else f"{one.share_of_ceiling:.0%}",
        _gib(one),
    )
    return name + "".join(f"{cell:>{width}}" for cell, (_, width) in zip(cells, _COLUMNS, strict=True))


def _tally(content: Measurements) -> str:
    counts: dict[str, int] = {}
    for one in content.measurements:
        counts[one.status] = counts.get(one.status, 0) + 1
    return ", ".join(f"{count} {status.replace('_', ' ')}" for status, count in counts.items())


def _time(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.1f} ms"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def _gib(one: Measurement) -> str:
    size = {"build": one.weights_bytes, "release": one.allocated_bytes}.get(one.kind, one.peak_bytes)
    return "" if size is None else f"{size / 2**30:.2f}"
