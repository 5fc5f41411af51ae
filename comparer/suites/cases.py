"""A suite and its cases as frozen values, and what each field may hold. Reads and writes nothing.

A suite is a folder: `suite.toml` (`SuiteHead`), `cases.jsonl` (a `SuiteCase` a line) and the pictures that they name.
"""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from comparer.suites.checks import Check
from comparer.suites.checks.forms import read_form

MAX_CASES = 20_000
MAX_TURNS = 50
MAX_PICTURES = 16
"""Of one case."""
MAX_TEXT = 20_000
"""Characters of a question or a reference answer."""
MAX_TITLE = 200
MAX_KEY = 64


def _inside(path: str) -> str:
    """A picture's path, refused if it could lead out of the suite's folder."""
    parts = PurePosixPath(path).parts
    if path.startswith("/") or "\\" in path or ":" in path or ".." in parts or not path.isprintable():
        raise PydanticCustomError("path_leads_outside", "outside the folder", {"value": path[:60]})
    return path


def _not_blank(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("missing", "blank")
    return text


def _item(named: Any) -> Any:
    return {"key": named} if isinstance(named, str) else named


_Trimmed = StringConstraints(strip_whitespace=True, max_length=MAX_TITLE)
Title = Annotated[str, _Trimmed]
ItemKey = Annotated[str, StringConstraints(pattern="^[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?$", max_length=MAX_KEY)]
"""As the database takes it."""
CaseId = Annotated[str, StringConstraints(pattern=r"^\w(?:[\w.-]*\w)?$", max_length=MAX_KEY)]
SuiteName = ItemKey
Text = Annotated[str, StringConstraints(max_length=MAX_TEXT)]
PicturePath = Annotated[str, StringConstraints(min_length=1, max_length=300), AfterValidator(_inside)]


class _Value(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CaseTurn(_Value):
    """One question. A `check` may be written in its short form, which may lean on `reference`."""

    question: Annotated[Text, AfterValidator(_not_blank)]
    reference: Text = ""
    """The right answer as a person would write it; shown to reviewers."""
    check: Check | None = None
    kind: Annotated[str, _Trimmed] = ""
    """What sort of question it is, in the words of whoever wrote the suite."""
    depth: Literal["", "read", "compare", "reason"] = ""

    @field_validator("check", mode="before")
    @classmethod
    def _expand(cls, check: Any, info: ValidationInfo) -> Any:
        return read_form(check, info.data.get("reference", "")) if isinstance(check, str) else check


class SuiteCase(_Value):
    """One case: pictures and one question or several about them. `key` cases are asked of every model."""

    id: CaseId
    item: ItemKey
    """Key of the business item that it counts for."""
    language: Annotated[str, StringConstraints(max_length=20)] = ""
    key: StrictBool = False
    pictures: Annotated[tuple[PicturePath, ...], Field(min_length=1, max_length=MAX_PICTURES)]
    """Relative to the suite's folder, `/` between folders."""
    turns: Annotated[tuple[CaseTurn, ...], Field(min_length=1, max_length=MAX_TURNS)]


class SuiteItem(_Value):
    """A business item that a suite has cases for; names and threshold (0..1) are needed for a new one only."""

    key: ItemKey
    name_en: Title = ""
    name_zh: Title = ""
    threshold: Annotated[float, Field(ge=0, le=1)] | None = None


class SuiteHead(_Value):
    """What `suite.toml` says."""

    name: SuiteName
    title_en: Title
    title_zh: Title
    about_en: Text = ""
    about_zh: Text = ""
    source: Text = ""
    """Where the cases come from."""
    items: Annotated[tuple[Annotated[SuiteItem, BeforeValidator(_item)], ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _items_differ(self) -> "SuiteHead":
        keys = [item.key for item in self.items]
        twice = {key for key in keys if keys.count(key) > 1}
        if twice:
            raise PydanticCustomError("named_twice", "named twice", {"value": ", ".join(sorted(twice))})
        return self

    def title(self, language: str) -> str:
        """The title in "en" or "zh"."""
        return self.title_zh if language == "zh" else self.title_en


@dataclass(frozen=True, slots=True)
class Suite:
    """A whole suite in its folder; every case's item is one of the head's, every picture a file in the folder."""

    head: SuiteHead
    cases: tuple[SuiteCase, ...]
    folder: Path

    @property
    def name(self) -> str:
        return self.head.name
