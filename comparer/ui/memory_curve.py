"""Memory over the last hour as small curves, with what happened to the models: pure, from readings to HTML and SVG.

Drawn here and not by plotly: redrawn every few seconds, a chart of plotly's flickers and is a megabyte of script.
"""

from collections.abc import Mapping, Sequence
from html import escape
from typing import NamedTuple

from comparer.engines.memory_log import Curve, Mark
from comparer.texts import Language, text
from comparer.ui import units
from comparer.ui.memory_rendering import span

WINDOW_S = 3600.0
LEAST_WINDOW_S = 120.0
"""Of a program that has only just begun, no emptier frame than this is drawn."""
POINTS = 300
MOST_EVENTS = 8
HEIGHT = 100.0
WIDTH = 1000.0
SIGNS = {"load": "▲", "release": "▼", "answer": "•"}


def curves_html(
    curves: Sequence[Curve], marks: Sequence[Mark], now_s: float, colours: Mapping[str, str], language: Language
) -> str:
    """A curve for each device, and above them when models were loaded, asked and released.

    `colours`: by a model's label. Answers are marked without saying whose they are.
    """
    began_s = min((curve.at_s[0] for curve in curves if curve.at_s), default=now_s)
    frame = Frame(now_s, min(WINDOW_S, max(LEAST_WINDOW_S, now_s - began_s)))
    shown = [mark for mark in marks if frame.start_s < mark.at_s]
    heading = escape(text("memory.last_hour", language))
    legend = " ".join(
        f"<span><i aria-hidden='true'>{SIGNS[kind]}</i> {escape(text(f'memory.mark_{kind}', language))}</span>"
        for kind in ("load", "answer", "release")
    )
    figures = "".join(_figure(curve, shown, frame, language) for curve in curves)
    start = text("memory.ago", language, time=span(frame.window_s, language))
    end = text("memory.now", language)
    return (
        f"<section class='memory-hour'><div class='memory-head'><h3>{heading}</h3>"
        f"<p class='memory-legend'>{legend}</p></div>{_track(shown, frame, colours, language)}{figures}"
        f"<div class='memory-times' aria-hidden='true'><span>{escape(start)}</span><span>{escape(end)}</span></div>"
        f"{_events(shown, now_s, colours, language)}</section>"
    )


class Frame(NamedTuple):
    """The time that is drawn: so many seconds until now."""

    now_s: float
    window_s: float

    @property
    def start_s(self) -> float:
        """Where it begins."""
        return self.now_s - self.window_s

    def left(self, at_s: float) -> float:
        """A time as a share of the frame's width, 0..1."""
        return min(1.0, max(0.0, (at_s - self.start_s) / self.window_s))


def _track(marks: Sequence[Mark], frame: Frame, colours: Mapping[str, str], language: Language) -> str:
    """The marks in a row; answers that lie closer than a point of the curve are one."""
    counts = {kind: sum(mark.kind == kind for mark in marks) for kind in SIGNS}
    summary = escape(text("memory.marks", language, **counts))
    drawn: dict[tuple[str, str, int], str] = {}
    for mark in marks:
        left = frame.left(mark.at_s)
        named = mark.kind != "answer"
        colour = colours.get(mark.model, "slate") if named else "slate"
        said = text(f"memory.mark_{mark.kind}", language)
        title = escape(f"{mark.model}: {said}" if named else said)
        place = (mark.kind, mark.model if named else "", round(left * POINTS))
        drawn[place] = (
            f"<span class='memory-mark {mark.kind} {colour}' style='left:{100 * left:.2f}%' title='{title}'>"
            f"{SIGNS[mark.kind]}</span>"
        )
    return f"<div class='memory-track' role='img' aria-label='{summary}'>{''.join(drawn.values())}</div>"


def _figure(curve: Curve, marks: Sequence[Mark], frame: Frame, language: Language) -> str:
    points = _thinned(curve, frame)
    known = [used for _, used in points if used is not None]
    last = curve.used_bytes[-1] if curve.used_bytes else None
    name = curve.name or text("memory.process", language)
    if curve.key not in {"process", curve.name}:
        name = f"GPU {curve.key}: {name}"
    most = max(known, default=0)
    # A process in a large computer would be a line at the bottom: it fills its own frame.
    top = curve.total_bytes if curve.total_bytes and curve.key != "process" else max(1, ceil_size(int(1.15 * most)))
    said = units.size(last)
    if curve.key != "process" and curve.total_bytes and last is not None:
        said = text("memory.of", language, used=units.size(last), total=units.size(curve.total_bytes))
    label = escape(
        text(
            "memory.curve", language, name=name, now=said,
            least=units.size(min(known, default=None)), most=units.size(max(known, default=None)),
        )
    )  # fmt: skip
    lines = "".join(
        f"<line x1='{x:.1f}' x2='{x:.1f}' y1='0' y2='{HEIGHT:.0f}'/>"
        for mark in marks
        if mark.kind != "answer"
        for x in [WIDTH * frame.left(mark.at_s)]
    )
    return (
        f"<figure class='memory-curve'><figcaption><b>{escape(name)}</b><span>{escape(said)}</span></figcaption>"
        f"<div class='memory-plot'><span class='top' aria-hidden='true'>{escape(units.size(top))}</span>"
        f"<svg viewBox='0 0 {WIDTH:.0f} {HEIGHT:.0f}' preserveAspectRatio='none' role='img' aria-label='{label}'>"
        f"{lines}{_path(points, top)}</svg></div></figure>"
    )


def ceil_size(size_bytes: int) -> int:
    """The next size of two digits: so a frame keeps its height while a process grows a little."""
    step = max(1, 1 << max(0, size_bytes.bit_length() - 3))
    return -(-size_bytes // step) * step


def _thinned(curve: Curve, frame: Frame) -> list[tuple[float, int | None]]:
    """At most `POINTS` readings as (share of the width, bytes): of those that fall together the highest."""
    buckets: dict[int, int | None] = {}
    for at_s, used in zip(curve.at_s, curve.used_bytes, strict=True):
        if at_s >= frame.start_s:
            place = round(POINTS * frame.left(at_s))
            before = buckets.get(place)
            buckets[place] = max(before, used) if before is not None and used is not None else used
    return [(place / POINTS, used) for place, used in sorted(buckets.items())]


def _path(points: Sequence[tuple[float, int | None]], top: int) -> str:
    """A line that is broken where nothing could be read, and its ground."""
    runs: list[list[str]] = [[]]
    for left, used in points:
        if used is None:
            runs.append([])
        else:
            runs[-1].append(f"{WIDTH * left:.1f} {HEIGHT * (1 - min(1.0, used / top)):.2f}")
    drawn = []
    for run in runs:
        if len(run) == 1:
            run.append(f"{float(run[0].split()[0]) + 1:.1f} {run[0].split()[1]}")
        if run:
            line = " L".join(run)
            first, last = run[0].split()[0], run[-1].split()[0]
            drawn.append(f"<path class='ground' d='M{first} {HEIGHT:.0f} L{line} L{last} {HEIGHT:.0f} Z'/>")
            drawn.append(f"<path class='line' d='M{line}'/>")
    return "".join(drawn)


def _events(marks: Sequence[Mark], now_s: float, colours: Mapping[str, str], language: Language) -> str:
    """The last loads and releases in words, the newest first."""
    told = [mark for mark in marks if mark.kind != "answer"][: -MOST_EVENTS - 1 : -1]
    if not told:
        return f"<p class='memory-note'>{escape(text('memory.no_events', language))}</p>"
    lines = "".join(
        f"<li><span class='{colours.get(mark.model, 'slate')}'><span class='dot' aria-hidden='true'></span></span>"
        f"{escape(text(f'memory.event_{mark.kind}', language, model=mark.model))}"
        f"<small>{escape(text('memory.ago', language, time=span(max(1, now_s - mark.at_s), language)))}</small></li>"
        for mark in told
    )
    return f"<ul class='memory-events'>{lines}</ul>"
