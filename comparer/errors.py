"""Everything that can go wrong, as one tree. Only `comparer.ui` turns it into what a browser shows.

    ComparerError
    ├── InputError          the visitor can mend it: picture, question, address, unknown id or format
    ├── AccessError         the visitor may not do it, or not now: sign in, ask an admin, or wait
    ├── LineupError         a lineup file has a wrong line
    ├── PriceError          a price table has a wrong line
    ├── SuiteError          a suite of cases cannot be read or imported; lists every wrong row (in `suites.problems`)
    ├── EngineError         one model cannot load or answer; the others go on
    │   ├── LoadError           weights missing, precision the model cannot take, broken checkpoint
    │   └── OutOfMemoryError    says how much was needed and free
    └── StoreError          the database is locked, full, read-only or newer than the code; nothing was saved

An error carries the key of a sentence in `assets/locales` (`error.<code>`) and its parameters, so that each
reader gets it in their own language; `str(error)` is the English one.
"""

from collections.abc import Mapping
from pathlib import Path

from comparer.texts import Language, text

Parameter = str | int | float


class ComparerError(Exception):
    """Base of all errors that a person should read: what happened, to which thing, what to do next."""

    def __init__(self, code: str, **parameters: Parameter) -> None:
        super().__init__(code, parameters)
        self.code = code
        self.parameters: Mapping[str, Parameter] = parameters

    def sentence(self, language: Language) -> str:
        """The error as a sentence in `language`."""
        return text(f"error.{self.code}", language, **self.parameters)

    def __str__(self) -> str:
        return self.sentence("en")


def reason_of(error: Exception) -> str:
    """What an error has against a file; of the system's own words not where the file lies."""
    return error.strerror or type(error).__name__ if isinstance(error, OSError) else str(error)


class InputError(ComparerError):
    """The visitor gave something that cannot be used."""


class AccessError(ComparerError):
    """The visitor may not do it, or not now."""


class LineupError(ComparerError):
    """A lineup file cannot be used. `str` says where the file lies, a sentence on the page only what it is called."""

    def sentence(self, language: Language) -> str:
        """The error as a sentence in `language`."""
        said = {name: Path(str(value)).name if name == "path" else value for name, value in self.parameters.items()}
        return text(f"error.{self.code}", language, **said)

    def __str__(self) -> str:
        return super().sentence("en")


class PriceError(ComparerError):
    """A price table cannot be used."""


class EngineError(ComparerError):
    """One model cannot load or answer."""


class LoadError(EngineError):
    """The model's weights cannot be brought into memory."""


class OutOfMemoryError(EngineError):
    """Memory ran out at load or while answering."""


class StoreError(ComparerError):
    """The database could not do it; nothing was written."""
