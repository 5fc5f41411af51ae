"""The suites that people make and keep: one folder each, in one folder, beside those that ship.

Every change reaches the disk whole or not at all, and leaves a suite that can be read. Several people may edit at
once: a change says which state of the thing it was made from, and is refused where that is no longer how it stands.
Pictures that no case names any more stay in the suite's folder until it is copied or taken away.
"""

import hashlib
import logging
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from filelock import FileLock

from comparer.errors import InputError, StoreError, reason_of
from comparer.pictures import examine
from comparer.records import TestItem
from comparer.suites.cases import Suite, SuiteCase, SuiteHead, SuiteItem
from comparer.suites.durable import replace_file
from comparer.suites.importing import ImportOptions, import_suite
from comparer.suites.importing.naming import slug
from comparer.suites.importing.staging import PICTURES, install, staging
from comparer.suites.reading import CASES, HEAD, SHIPPED, Found, discover, read_suite
from comparer.suites.writing import cases_text, head_text, write_suite

log = logging.getLogger(__name__)

T = TypeVar("T")

TRASH = ".trash"
UNNAMED = "new"
"""Id of a case that is to get one of its own."""
_WAIT_S = 30
"""For another process that is changing a suite."""


def fingerprint(value: SuiteCase | SuiteHead) -> str:
    """A mark of what a case or a head says: another one whenever any of it is changed."""
    return hashlib.sha256(value.model_dump_json().encode()).hexdigest()[:24]


def suite_item(item: TestItem) -> SuiteItem:
    """A test item as a suite names it, so that the suite can be used where the item is not known yet."""
    return SuiteItem(key=item.key, name_en=item.name_en, name_zh=item.name_zh, threshold=item.threshold)


class Library:
    """The suites in `folder`, which need not exist yet. Safe to use from several threads and processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def trash(self) -> Path:
        """Where deleted suites lie until somebody removes them from the disk."""
        return self.folder / TRASH

    # --- suites ----------------------------------------------------------------------------------------

    def listed(self) -> tuple[Found, ...]:
        """All suites, those that ship first; one that cannot be read comes with its error."""
        return discover(self.folder)

    def is_shipped(self, name: str) -> bool:
        """Whether a suite came with the product and cannot be changed."""
        return (SHIPPED / name / HEAD).is_file()

    def read(self, name: str) -> Suite:
        """A suite, which may have no case yet. Raises `InputError` `suite_unknown`, `SuiteError`."""
        return read_suite(self._where(name), may_be_empty=True)

    def create(self, title_en: str, title_zh: str, items: Sequence[SuiteItem]) -> Suite:
        """A new suite without cases. Raises `InputError` `title_missing`, `item_missing`."""
        if not items:
            raise InputError("item_missing")
        with self._changing(), staging(self.folder, ImportOptions()) as stage:
            name, english, chinese = self._named(title_en, title_zh)
            head = SuiteHead(name=name, title_en=english, title_zh=chinese, items=tuple(items))
            return self._install(Suite(head, (), stage.folder))

    def duplicate(self, name: str, title_en: str, title_zh: str) -> Suite:
        """A copy under another title, also of a suite that ships. Raises as `read` and `create` do."""
        original = self.read(name)
        with self._changing(), staging(self.folder, ImportOptions()) as stage:
            other, english, chinese = self._named(title_en, title_zh)
            head = original.head.model_copy(update={"name": other, "title_en": english, "title_zh": chinese})
            for picture in _pictures(original.cases):
                replace_file(stage.folder / picture, (original.folder / picture).read_bytes())
            return self._install(Suite(head, original.cases, stage.folder))

    def take_in(self, file: Path, options: ImportOptions) -> Suite:
        """Import `file`, all or nothing. Raises `SuiteError`, and `StoreError` where the disk does not take it."""
        with _writing():
            return import_suite(file, self.folder, options)

    def rename(self, name: str, title_en: str, title_zh: str, seen: str) -> Suite:
        """Change the titles; the name, by which runs know the suite, stays. `seen`: fingerprint of the head."""
        with self._changing():
            suite = self._own(name)
            if fingerprint(suite.head) != seen:
                raise InputError("suite_changed")
            english, chinese = _titles(title_en, title_zh)
            head = suite.head.model_copy(update={"title_en": english, "title_zh": chinese})
            replace_file(suite.folder / HEAD, head_text(head).encode())
        return self.read(name)

    def delete(self, name: str) -> str:
        """Move a suite into the trash; returns what `restore` takes."""
        with self._changing():
            folder = self._own_folder(name)
            self.trash.mkdir(exist_ok=True)
            moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
            folder.rename(self.trash / f"{name}.{moment}")
            return f"{name}.{moment}"

    def restore(self, deleted: str) -> Suite:
        """Bring a suite back from the trash. Raises `InputError` where it is gone, or its name is taken by now."""
        name = deleted.rpartition(".")[0]
        with self._changing():
            source = self.trash / deleted
            if Path(deleted).name != deleted or not source.is_dir():
                raise InputError("suite_not_in_trash", name=name[:100])
            if (self.folder / name).exists():
                raise InputError("suite_name_taken", name=name)
            source.rename(self.folder / name)
        return self.read(name)

    def export(self, name: str, folder: Path) -> Path:
        """Write the suite as NAME.zip into `folder`, as `import_suite` takes it back, and return its path."""
        suite = self.read(name)
        target = folder / f"{name}.zip"
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(f"{name}/{HEAD}", head_text(suite.head))
            archive.writestr(f"{name}/{CASES}", cases_text(suite.cases))
            for picture in _pictures(suite.cases):
                archive.write(suite.folder / picture, f"{name}/{picture}", zipfile.ZIP_STORED)
        return target

    # --- cases -----------------------------------------------------------------------------------------

    def keep_picture(self, name: str, file: Path, max_bytes: int) -> str:
        """Keep a picture, as it came, in a suite's folder; returns its path there. Raises `InputError`."""
        suffix = examine(file, file.name, max_bytes)
        content = file.read_bytes()
        path = f"{PICTURES}/{hashlib.sha256(content).hexdigest()[:24]}{suffix}"
        with self._changing():
            target = self._own_folder(name) / path
            if not target.exists():
                replace_file(target, content)
        return path

    def add_case(self, name: str, case: SuiteCase, item: SuiteItem, place: int | None = None) -> SuiteCase:
        """Add a case, at the end or at a place; `UNNAMED` and an id that is taken become a free one. Returns it.

        `item` is the case's item, which joins the suite's where it is not among them.
        """

        def add(cases: list[SuiteCase]) -> SuiteCase:
            taken = {other.id for other in cases}
            added = case if case.id not in taken | {UNNAMED} else case.model_copy(update={"id": free_id(taken)})
            cases.insert(len(cases) if place is None else place, added)
            return added

        return self._edit(name, add, item)

    def change_case(self, name: str, seen: str, case: SuiteCase, item: SuiteItem) -> SuiteCase:
        """Put `case` in the place of the one with its id. Raises `InputError` unless that has the mark `seen`."""

        def change(cases: list[SuiteCase]) -> SuiteCase:
            cases[_found(cases, case.id, seen)] = case
            return case

        return self._edit(name, change, item)

    def remove_case(self, name: str, seen: str, case_id: str) -> tuple[SuiteCase, int]:
        """Remove a case; returns it with its place, for `add_case` to bring it back."""

        def remove(cases: list[SuiteCase]) -> tuple[SuiteCase, int]:
            place = _found(cases, case_id, seen)
            return cases.pop(place), place

        return self._edit(name, remove)

    def move_case(self, name: str, case_id: str, steps: int) -> int:
        """Move a case by so many places, at most to an end; returns its new place."""

        def move(cases: list[SuiteCase]) -> int:
            place = _found(cases, case_id)
            new = max(0, min(place + steps, len(cases) - 1))
            cases.insert(new, cases.pop(place))
            return new

        return self._edit(name, move)

    def _edit(self, name: str, change: Callable[[list[SuiteCase]], T], item: SuiteItem | None = None) -> T:
        """Change the list of cases; an item comes before the first case that needs it, so that each step is whole."""
        with self._changing():
            suite = self._own(name)
            cases = list(suite.cases)
            result = change(cases)
            if item is not None and item.key not in {known.key for known in suite.head.items}:
                head = suite.head.model_copy(update={"items": (*suite.head.items, item)})
                replace_file(suite.folder / HEAD, head_text(head).encode())
            replace_file(suite.folder / CASES, cases_text(cases).encode())
        return result

    # --- places ----------------------------------------------------------------------------------------

    def _where(self, name: str) -> Path:
        found = {one.folder.name: one.folder for one in reversed(self.listed())}  # what ships wins
        if name not in found:
            raise InputError("suite_unknown", name=name[:100], known=", ".join(sorted(found)))
        return found[name]

    def _own_folder(self, name: str) -> Path:
        folder = self._where(name)
        if folder.parent == SHIPPED:
            raise InputError("suite_is_shipped")
        return folder

    def _own(self, name: str) -> Suite:
        return read_suite(self._own_folder(name), may_be_empty=True)

    def _named(self, title_en: str, title_zh: str) -> tuple[str, str, str]:
        """A free name made from the titles, and the titles."""
        english, chinese = _titles(title_en, title_zh)
        return free_name(slug(english), {one.folder.name for one in self.listed()}), english, chinese

    def _install(self, suite: Suite) -> Suite:
        write_suite(suite)
        return install(suite, self.folder)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """One change at a time, whichever process makes it. Raises `StoreError` where the disk does not take it."""
        with _writing():
            self.folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self.folder / ".lock", timeout=_WAIT_S):
                yield


@contextmanager
def _writing() -> Iterator[None]:
    """Says what the disk did not take, or who holds the lock for too long."""
    try:
        yield
    except OSError as error:
        log.warning("suite not written: %s", error)  # where it lies is for whoever runs the dashboard
        raise StoreError("suite_not_written", problem=reason_of(error)) from error


def free_id(taken: set[str]) -> str:
    """The first of case-1, case-2, … that is not taken."""
    number = len(taken) + 1
    while f"case-{number}" in taken:
        number += 1
    return f"case-{number}"


def free_name(stem: str, taken: set[str]) -> str:
    """`stem`, or the first of stem-2, stem-3, … that is not taken."""
    name, number = stem, 1
    while name in taken:
        number += 1
        name = f"{stem[:56]}-{number}"
    return name


def _titles(title_en: str, title_zh: str) -> tuple[str, str]:
    """Both titles; one that is empty is the other one."""
    english, chinese = title_en.strip(), title_zh.strip()
    if not english and not chinese:
        raise InputError("title_missing")
    return english or chinese, chinese or english


def _found(cases: Sequence[SuiteCase], case_id: str, seen: str | None = None) -> int:
    place = next((place for place, case in enumerate(cases) if case.id == case_id), None)
    if place is None:
        raise InputError("case_gone", case=case_id[:100])
    if seen is not None and fingerprint(cases[place]) != seen:
        raise InputError("case_changed", case=case_id)
    return place


def _pictures(cases: Sequence[SuiteCase]) -> list[str]:
    return list(dict.fromkeys(picture for case in cases for picture in case.pictures))
