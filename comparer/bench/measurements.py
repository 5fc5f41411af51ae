"""What `comparer bench gpu` measured, as records and as a file. Plain values; needs the standard library only.

A file (`assets/measurements/<card>.json`) is one JSON object; times are in seconds, sizes in bytes:

    schema        1
    shrunk        whether the models were toys: such figures mean nothing
    date          when the first figure was taken, ISO 8601 with the offset from UTC
    device        {name, memory_bytes, driver}: driver null where it cannot be asked
    versions      {python, torch, cuda, transformers, accelerate, bitsandbytes}: null for what is not installed
    commit        of this repository ("-dirty" when it had changes), null where unknown
    commands      how the program was called, one for each run that added to the file
    peak          {bandwidth_bytes_per_s, flops_per_s, source} by the card's data sheet, null for an unknown card
    measurements  the fields of `Measurement`; those at their default are left out

Nothing that was asked for is left out: what could not be measured stands there with its reason.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_args

from comparer.bench.plan import Kind, Mode
from comparer.bench.roofline import Card
from comparer.errors import InputError
from comparer.paths import ASSETS
from comparer.texts import Language, text

SCHEMA = 1
SHIPPED = ASSETS / "measurements"
Status = Literal["measured", "failed", "skipped", "not_measured"]


@dataclass(frozen=True, slots=True)
class Measurement:
    """One figure with its spread, or why there is none.

    `median_s` is the time to build, to read a prompt, or for one more token of every conversation (TPOT); `q1_s` and
    `q3_s` are the quartiles over `runs`. `tokens_per_s` counts prompt tokens of a prefill, and new tokens of all
    conversations together when decoding.
    """

    id: str
    model: str
    """Hub id of the model whose configuration was built."""
    precision: str
    kind: Kind
    status: Status
    mode: Mode = "eager"
    batch: int = 1
    text_tokens: int = 0
    image_tokens: int = 0
    new_tokens: int = 0
    reason: str = ""
    """Why it was not measured: "budget", "failed", "build_failed", "not_compiled", "experts_fused",
    "bitsandbytes_missing" or "fp8_kernels"; empty for a measured one."""
    detail: str = ""
    """What a library said."""
    runs: int | None = None
    median_s: float | None = None
    q1_s: float | None = None
    q3_s: float | None = None
    warm_up_s: float | None = None
    """The discarded first run; with the compiling where the mode is "compiled"."""
    step_median_s: float | None = None
    """Median gap between two tokens of an answer (ITL): the steady pace, without the cost of first steps."""
    tokens_per_s: float | None = None
    ceiling_tokens_per_s: float | None = None
    """What the card's data sheet allows at best."""
    peak_bytes: int | None = None
    """The most that torch had allocated while measuring, weights included; none on a CPU."""
    weights_bytes: int | None = None
    predicted_weights_bytes: int | None = None
    """Parameters times two bytes; for bf16 only."""
    allocated_bytes: int | None = None
    """What torch still had allocated after the release; none on a CPU."""
    graph_breaks: int | None = None
    """How often the compiled graph was broken; 0 is one graph a step."""
    graph_skips: int | None = None
    """How often a compiled graph could not become a CUDA graph."""

    @property
    def input_tokens(self) -> int:
        """Tokens of one prompt, text and picture."""
        return self.text_tokens + self.image_tokens

    @property
    def share_of_ceiling(self) -> float | None:
        """Measured speed as a share of the card's best, None where either is unknown."""
        if self.tokens_per_s is None or self.ceiling_tokens_per_s is None:
            return None
        return self.tokens_per_s / self.ceiling_tokens_per_s

    def why(self, language: Language) -> str:
        """Why there is no figure, as a sentence; empty for a measured one."""
        if not self.reason:
            return ""
        sentence = text(f"bench.{self.reason}", language)
        return f"{sentence} {self.detail}" if self.detail else sentence


@dataclass(frozen=True, slots=True)
class Device:
    """Where it was measured."""

    name: str
    memory_bytes: int
    driver: str | None = None


@dataclass(frozen=True, slots=True)
class Measurements:
    """All of one file."""

    date: datetime
    device: Device
    versions: Mapping[str, str | None]
    commit: str | None = None
    commands: tuple[str, ...] = ()
    peak: Card | None = None
    shrunk: bool = False
    measurements: tuple[Measurement, ...] = ()

    def to_json(self) -> str:
        """The file's text."""
        content = {
            "schema": SCHEMA,
            "shrunk": self.shrunk,
            "date": self.date.isoformat(timespec="seconds"),
            "device": asdict(self.device),
            "versions": dict(self.versions),
            "commit": self.commit,
            "commands": list(self.commands),
            "peak": None if self.peak is None else self.peak._asdict(),
            "measurements": [_telling(one) for one in self.measurements],
        }
        return json.dumps(content, indent=1) + "\n"


def read_measurements(file: Path) -> Measurements:
    """The content of a file of measurements.

    Raises InputError `measurements_unreadable` when it cannot be read, is of another schema, or has a field that is
    missing, unknown or of a wrong kind: nothing is passed over.
    """
    try:
        return parse_measurements(json.loads(file.read_text("utf-8")))
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        problem = f"{type(error).__name__}: {error}"[:300]
        raise InputError("measurements_unreadable", file=str(file), problem=problem) from error


def shipped_measurements(folder: Path = SHIPPED) -> tuple[Measurements, ...]:
    """All measurements that come with the product, the newest first. Raises InputError for a file that is wrong."""
    files = [read_measurements(file) for file in sorted(folder.glob("*.json"))]
    return tuple(sorted(files, key=lambda file: file.date, reverse=True))


def parse_measurements(content: dict[str, Any]) -> Measurements:
    """Measurements from what JSON gave. Raises ValueError, TypeError or KeyError for what is no such content."""
    if content["schema"] != SCHEMA:
        raise ValueError(f"schema {content['schema']}, not {SCHEMA}")
    if not isinstance(content["shrunk"], bool):
        raise TypeError("shrunk is neither true nor false")
    return Measurements(
        date=datetime.fromisoformat(content["date"]),
        device=Device(**content["device"]),
        versions=dict(content["versions"]),
        commit=content["commit"],
        commands=tuple(content["commands"]),
        peak=None if content["peak"] is None else Card(**content["peak"]),
        shrunk=content["shrunk"],
        measurements=tuple(_parse_one(one) for one in content["measurements"]),
    )


def _parse_one(content: dict[str, Any]) -> Measurement:
    for name, value in content.items():
        wanted: type | tuple[type, ...] = (int, float) if name.endswith("_s") else int
        if name in _WORDS:
            wanted = str
        if not isinstance(value, wanted) or isinstance(value, bool):
            raise TypeError(f"{name} is {value!r}")
    one = Measurement(**content)
    if one.status not in get_args(Status) or one.kind not in get_args(Kind) or one.mode not in get_args(Mode):
        raise ValueError(f"{one.id} is {one.status}, {one.kind}, {one.mode}")
    if one.status == "measured" and one.median_s is None:
        raise ValueError(f"{one.id} is measured and has no median_s")
    if one.status != "measured":
        one.why("en")  # KeyError for a reason that nobody knows
        if not one.reason:
            raise ValueError(f"{one.id} has neither figure nor reason")
    return one


_WORDS = {field.name for field in fields(Measurement) if field.type in (str, Kind, Mode, Status)}


def _telling(one: Measurement) -> dict[str, Any]:
    """The fields that are not at their default."""
    return {field.name: value for field in fields(one) if (value := getattr(one, field.name)) != field.default}
