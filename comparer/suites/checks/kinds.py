"""The kinds of check as values: what is expected of an answer. In TOML and JSON each is a table with its `kind`."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from comparer.suites.checks.wording import normalise

LONGEST_EXPECTED = 2_000
LONGEST_PATTERN = 1_000
MOST_REFERENCES = 50


def _says_something(expected: str) -> str:
    if not normalise(expected):
        raise PydanticCustomError("expected_empty", "nothing is left to compare")
    return expected


def _compiles(pattern: str) -> str:
    import regex

    try:
        regex.compile(pattern)
    except regex.error as error:
        raise PydanticCustomError("regex_invalid", "{reason}", {"reason": str(error)}) from error
    return pattern


Expected = Annotated[
    str, StringConstraints(min_length=1, max_length=LONGEST_EXPECTED), AfterValidator(_says_something)
]
Pattern = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_PATTERN), AfterValidator(_compiles)]
Letter = Annotated[str, StringConstraints(pattern="^[A-Z]$")]
Tolerance = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Check(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Exact(_Check):
    """The answer is `value`, apart from case, width, spaces and punctuation (`wording.normalise`)."""

    kind: Literal["exact"] = "exact"
    value: Expected


class Contains(_Check):
    """`value` stands somewhere in the answer, as whole words and whole numbers."""

    kind: Literal["contains"] = "contains"
    value: Expected


class Regex(_Check):
    """`pattern` (syntax of the `regex` package) is found somewhere in the answer as it was written."""

    kind: Literal["regex"] = "regex"
    pattern: Pattern


class Number(_Check):
    """A number within `absolute` or `relative` x |value| of `value`, whichever is wider, in `unit` or one like it."""

    kind: Literal["number"] = "number"
    value: Annotated[float, Field(allow_inf_nan=False)]
    unit: Annotated[str, StringConstraints(strip_whitespace=True, max_length=20)] = ""
    absolute: Tolerance = 0.0
    """In `unit`."""
    relative: Tolerance = 0.0
    """A share: 0.05 is 5 %."""


class Choice(_Check):
    """The letter of one of the options, read from the answer by VLMEvalKit's rule (`choice.infer`)."""

    kind: Literal["choice"] = "choice"
    answer: Annotated[str, StringConstraints(max_length=LONGEST_EXPECTED)]
    options: Annotated[
        Mapping[Letter, Annotated[str, StringConstraints(max_length=LONGEST_EXPECTED)]], Field(min_length=2)
    ]

    @model_validator(mode="after")
    def _answer_is_an_option(self) -> "Choice":
        if self.answer not in self.options:
            letters = ", ".join(sorted(self.options))
            raise PydanticCustomError("answer_not_an_option", "not among {letters}", {"letters": letters})
        return self


class Anls(_Check):
    """Average normalised Levenshtein similarity to the closest reference (Biten et al., ICCV 2019)."""

    kind: Literal["anls"] = "anls"
    references: Annotated[tuple[Expected, ...], Field(min_length=1, max_length=MOST_REFERENCES)]
    threshold: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Normalised distances from here on score 0; the paper takes 0.5."""


SingleCheck = Annotated[Exact | Contains | Regex | Number | Choice | Anls, Field(discriminator="kind")]


class AnyOf(_Check):
    """Passes if one of `checks` does; scores as the best of them."""

    kind: Literal["any-of"] = "any-of"
    checks: Annotated[tuple[SingleCheck, ...], Field(min_length=1, max_length=MOST_REFERENCES)]


Check = Annotated[Exact | Contains | Regex | Number | Choice | Anls | AnyOf, Field(discriminator="kind")]
