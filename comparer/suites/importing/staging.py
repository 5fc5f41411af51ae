"""Where an import is put together: a hidden folder beside the suites, which becomes a suite whole or not at all."""

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from comparer.errors import InputError
from comparer.fetching import fetch_picture
from comparer.pictures import examine
from comparer.records import TestItem
from comparer.suites.cases import Suite
from comparer.suites.durable import sync_folder, sync_tree
from comparer.suites.problems import refuse
from comparer.suites.reading import SHIPPED

MAX_SUITE_BYTES = 4_000_000_000
"""All pictures of a suite together; the largest public benchmarks stay below."""
PICTURES = "pictures"


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What an import is told besides its file."""

    name: str = ""
    """Of the suite (lower-case letters, digits, - and _); by default the file's."""
    item: str = ""
    """Business item (key or name) of the rows that name none."""
    known_items: tuple[TestItem, ...] = ()
    """Items that exist; a row may name them by key or by name, and any other name makes a new item."""
    max_picture_bytes: int = 20_000_000
    fetch: Callable[[str, int], bytes] = field(default=fetch_picture)
    """Address and limit in bytes -> picture; raises `InputError`."""


class Staging:
    """The folder of one import. Pictures are kept as they came, once each, under a name made from their bytes."""

    def __init__(self, folder: Path, options: ImportOptions) -> None:
        self.folder = folder
        self.options = options
        self._kept: dict[str, str] = {}
        self._fetched: dict[str, str | InputError] = {}
        self._bytes = 0

    def keep(self, content: bytes, name: str = "") -> str:
        """Keep a picture; returns its path in the suite. Raises `InputError` for what is no usable picture."""
        stem = hashlib.sha256(content).hexdigest()[:24]
        if stem not in self._kept:
            path = f"{PICTURES}/{stem}{examine(content, name, self.options.max_picture_bytes)}"
            self._write(path, content)
            self._kept[stem] = path
        return self._kept[stem]

    def copy(self, source: Path, path: str) -> None:
        """Keep a picture under the `path` that it has in a suite already. Raises `InputError`."""
        examine(source, path, self.options.max_picture_bytes)
        self._write(path, source.read_bytes())

    def collect(self, place: str, base: Path | None) -> str:
        """Keep the picture at an http(s) address, or at a path inside `base`. Raises `InputError`."""
        if place.lower().startswith(("http://", "https://")):
            return self._fetch(place)
        if base is None:
            raise InputError("picture_without_folder", name=place[:200])
        path = base / PurePosixPath(place.replace("\\", "/"))
        try:
            inside = path.resolve().is_relative_to(base.resolve())
            found = inside and path.is_file()
        except (OSError, ValueError):  # a name that no file system takes
            inside, found = True, False
        if not inside:
            raise InputError("picture_outside_folder", name=place[:200])
        if not found:
            raise InputError("picture_not_there", name=place[:200])
        if path.stat().st_size > self.options.max_picture_bytes:
            raise InputError("file_too_large", limit=self.options.max_picture_bytes // 1_000_000)
        return self.keep(path.read_bytes(), place)

    def _fetch(self, address: str) -> str:
        if address not in self._fetched:
            try:
                content = self.options.fetch(address, self.options.max_picture_bytes)
                self._fetched[address] = self.keep(content, address[:200])
            except InputError as error:
                self._fetched[address] = error  # a second row with it need not wait again
        kept = self._fetched[address]
        if isinstance(kept, InputError):
            raise kept
        return kept

    def _write(self, path: str, content: bytes) -> None:
        self._bytes += len(content)
        if self._bytes > MAX_SUITE_BYTES:
            raise refuse("too_many_bytes", limit=MAX_SUITE_BYTES // 1_000_000)
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


@contextmanager
def staging(library: Path, options: ImportOptions) -> Iterator[Staging]:
    """A staging folder in `library`, gone afterwards unless `install` has made a suite of it."""
    library.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".import-", dir=library))
    try:
        yield Staging(folder, options)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def install(suite: Suite, library: Path) -> Suite:
    """Give a staged suite its place in `library`, in one step. Raises `SuiteError` where the name is taken."""
    target = library / suite.name
    if target.exists() or (SHIPPED / suite.name).exists():
        raise refuse("suite_exists", value=suite.name)
    suite.folder.chmod(0o755)  # mkdtemp's is for its owner only
    sync_tree(suite.folder)
    try:
        suite.folder.rename(target)
    except OSError as error:  # somebody took the name this very moment
        raise refuse("suite_exists", value=suite.name) from error
    sync_folder(library)
    return replace(suite, folder=target)
