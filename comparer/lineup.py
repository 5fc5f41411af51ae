"""Lineups: which models stand side by side. Reads TOML and says clearly which line is wrong.

Knows nothing of how a model is run.
"""

import re
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from comparer.errors import LineupError, reason_of
from comparer.paths import ASSETS
from comparer.records import Precision, Sampling
from comparer.toml_lines import line_of

LINEUPS = ASSETS / "lineups"

_Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
_Weights = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4096)]
"""As long as a path may be."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)  # it may be a password


class Card(_Strict):
    """What a model claims about itself; shown beside what is measured."""

    parameters: str = ""
    minimum_memory_gb: float | None = None
    fits: dict[str, str] = Field(default_factory=dict)
    hardware: str = ""
    price_key: str = ""


class ModelSpec(_Strict):
    """One column of a lineup.

    `model` is a Hub id or a folder (relative to the lineup file or `assets/`); with the engine "openai" the name
    under which the server at `endpoint` serves it.
    """

    key: _Name
    label: _Name
    engine: str = Field(default="transformers", pattern="^(transformers|openai|scripted)$")
    model: _Weights
    precision: Precision = "bf16"
    device: str = Field(default="auto", pattern=r"^(auto|cpu|cuda(:\d+)?)$")
    temperature: float | None = Field(default=None, ge=0, le=2)
    max_new_tokens: int | None = Field(default=None, ge=1, le=32768)
    context_tokens: int | None = Field(default=None, ge=64)
    """A lower limit than the model's own context, where memory is short."""
    endpoint: str | None = None
    """Base address of an OpenAI-compatible server, usually ending in `/v1`. Never with a password."""
    api_key_env: str | None = None
    """Name of the environment variable that holds the key; the key itself stands nowhere."""
    connect_limit_s: float = Field(default=10.0, gt=0, le=600)
    first_token_limit_s: float = Field(default=120.0, gt=0, le=3600)
    answer_limit_s: float = Field(default=600.0, gt=0, le=7200)
    max_picture_mb: float = Field(default=10.0, gt=0, le=100)
    """Largest picture that is sent, in megabytes before base64."""
    presence_penalty: float | None = Field(default=None, ge=-2, le=2)
    card: Card = Card()

    @field_validator("endpoint")
    @classmethod
    def _plain_address(cls, endpoint: str | None) -> str | None:
        return None if endpoint is None else _without_secrets(endpoint)

    @field_validator("api_key_env")
    @classmethod
    def _name_of_a_variable(cls, name: str | None) -> str | None:
        if name is not None and not re.fullmatch("[A-Z][A-Z0-9_]{0,79}", name):  # keys have small letters or hyphens
            raise ValueError("give the name of an environment variable in capitals, never the key itself")
        return name

    @model_validator(mode="after")
    def _endpoint_fits_the_engine(self) -> Self:
        if (self.engine == "openai") != (self.endpoint is not None):
            raise ValueError('the engine "openai" needs an endpoint, and only that engine takes one')
        if self.precision == "int4" and self.endpoint is None:
            raise ValueError("int4 (AWQ, GPTQ, GGUF) is for served models; a model on this machine takes nf4")
        return self

    def sampling(self, wanted: Sampling) -> Sampling:
        """`wanted` with what this model fixes for itself."""
        return replace(
            wanted,
            temperature=wanted.temperature if self.temperature is None else self.temperature,
            max_new_tokens=min(wanted.max_new_tokens, self.max_new_tokens or wanted.max_new_tokens),
        )


def _without_secrets(endpoint: str) -> str:
    """`endpoint` without a slash at its end. Raises ValueError where it is no address, or carries more than one."""
    try:
        parts = urlsplit(endpoint.strip())
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or re.search(r"\s", endpoint.strip()):
        raise ValueError("give an address such as http://localhost:8001/v1")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError("the address must carry no user, password or parameters; name the key by api_key_env")
    return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")


class _LineupFile(_Strict):
    title: dict[str, str]
    demo: bool = False
    models: list[ModelSpec] = Field(min_length=1, max_length=6)

    @field_validator("models")
    @classmethod
    def _keys_differ(cls, models: list[ModelSpec]) -> list[ModelSpec]:
        keys = [model.key for model in models]
        if len(set(keys)) != len(keys):
            raise ValueError(f"model keys must differ: {', '.join(keys)}")
        return models


@dataclass(frozen=True, slots=True)
class Lineup:
    """An ordered list of models, smallest first."""

    name: str
    title_en: str
    title_zh: str
    demo: bool
    models: tuple[ModelSpec, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(model.key for model in self.models)

    @property
    def served(self) -> bool:
        """Whether other programs hold all models, so that loading one is but a question to its server."""
        return all(model.endpoint for model in self.models)

    @property
    def labels(self) -> dict[str, str]:
        """What each model is called, by its key."""
        return {model.key: model.label for model in self.models}


def shipped_lineups() -> tuple[str, ...]:
    """Names of the lineups that come with the product."""
    return tuple(sorted(path.stem for path in LINEUPS.glob("*.toml")))


def read_lineup(name_or_path: str) -> Lineup:
    """Read a shipped lineup by name or any lineup file by path. Raises `LineupError`."""
    path = LINEUPS / f"{name_or_path}.toml" if name_or_path in shipped_lineups() else Path(name_or_path)
    if not path.is_file():
        raise LineupError("lineup_unknown", name=name_or_path, known=", ".join(shipped_lineups()))
    try:
        source = path.read_text("utf-8")
        file = _LineupFile.model_validate(tomllib.loads(source))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise LineupError("lineup_not_toml", path=str(path), problem=reason_of(error)) from error
    except ValidationError as error:
        first = error.errors()[0]
        raise LineupError(
            "lineup_wrong",
            path=str(path),
            line=line_of(source, first["loc"]),
            field=".".join(str(part) for part in first["loc"]),
            problem=first["msg"].removeprefix("Value error, "),
        ) from error
    return Lineup(
        name=path.stem,
        title_en=file.title.get("en", path.stem),
        title_zh=file.title.get("zh", file.title.get("en", path.stem)),
        demo=file.demo,
        models=tuple(model.model_copy(update={"model": _locate(model, path)}) for model in file.models),
    )


def _locate(spec: ModelSpec, lineup: Path) -> str:
    """A folder beside the lineup file or in `assets/` by its full path; a Hub id or a server's name as it is."""
    model = spec.model
    for base in (lineup.parent, ASSETS):
        if not spec.endpoint and (base / model).is_dir():
            return str((base / model).resolve())
    return model
