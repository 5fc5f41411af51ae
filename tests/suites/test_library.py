"""The library of suites: made, copied, changed by several people, deleted and brought back, and taken away as ZIP."""

import os
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from comparer.errors import InputError, StoreError
from comparer.suites.cases import CaseTurn, SuiteCase, SuiteItem
from comparer.suites.checks import Contains
from comparer.suites.importing import import_suite
from comparer.suites.library import TRASH, UNNAMED, Library, fingerprint, free_name
from comparer.suites.reading import SHIPPED, read_suite
from tests.suites.conftest import MakePicture

MANUAL = SuiteItem(key="manual", name_en="Manuals", name_zh="说明书", threshold=0.8)
FAULT = SuiteItem(key="fault", name_en="Faults", name_zh="故障", threshold=0.75)


@pytest.fixture
def suites(library: Path) -> Library:
    return Library(library)


@pytest.fixture
def mine(suites: Library) -> str:
    return suites.create("My cases", "我的用例", [MANUAL]).name


@pytest.fixture
def picture(here: Path, make_picture: MakePicture) -> Path:
    path = here / "photo of a pump.png"
    path.write_bytes(make_picture("red"))
    return path


def a_case(
    suites: Library, suite: str, picture: Path, question: str = "What is it?", item: str = "manual"
) -> SuiteCase:
    kept = suites.keep_picture(suite, picture, 1_000_000)
    turn = CaseTurn(question=question, reference="A pump.", check=Contains(value="pump"))
    return SuiteCase(id=UNNAMED, item=item, pictures=(kept,), turns=(turn,))


def test_a_suite_is_made_and_filled(suites: Library, mine: str, picture: Path) -> None:
    assert mine == "my-cases" and suites.read(mine).cases == ()
    added = suites.add_case(mine, a_case(suites, mine, picture), MANUAL)
    other = suites.add_case(mine, a_case(suites, mine, picture, "Why?", "fault"), FAULT)
    assert (added.id, other.id) == ("case-1", "case-2")
    suite = read_suite(suites.folder / mine)
    assert suite.cases == (added, other) and suite.head.items == (MANUAL, FAULT)  # the new item has joined
    assert (suite.folder / added.pictures[0]).read_bytes() == picture.read_bytes()
    assert len(list((suite.folder / "pictures").iterdir())) == 1  # the same picture is kept once
    assert [found.folder.name for found in suites.listed()] == ["demo-business", "my-cases"]


def test_titles_make_names_that_are_free(suites: Library, mine: str) -> None:
    assert suites.create("My cases", "", [MANUAL]).name == "my-cases-2"
    chinese = suites.create("", "产品说明书", [MANUAL])
    assert chinese.head.title_en == chinese.head.title_zh == "产品说明书" and chinese.name.isascii()
    assert suites.create("Demo business", "", [MANUAL]).name == "demo-business-2"  # the shipped one has the name
    assert len(free_name("a" * 64, {"a" * 64})) <= 64
    for title, items, code in (("  ", [MANUAL], "title_missing"), ("x", [], "item_missing")):
        with pytest.raises(InputError) as raised:
            suites.create(title, "", items)
        assert raised.value.code == code


def test_cases_are_changed_moved_removed_and_brought_back(suites: Library, mine: str, picture: Path) -> None:
    first, second, third = (
        suites.add_case(mine, a_case(suites, mine, picture, question), MANUAL) for question in ("1?", "2?", "3?")
    )
    changed = second.model_copy(update={"key": True})
    suites.change_case(mine, fingerprint(second), changed, MANUAL)
    assert suites.move_case(mine, "case-3", -5) == 0
    assert suites.read(mine).cases == (third, first, changed)
    removed, place = suites.remove_case(mine, fingerprint(first), "case-1")
    assert (removed, place) == (first, 1) and suites.read(mine).cases == (third, changed)
    suites.add_case(mine, removed, MANUAL, place)
    assert suites.read(mine).cases == (third, first, changed)


def test_a_stale_edit_is_refused_and_changes_nothing(suites: Library, mine: str, picture: Path) -> None:
    seen = suites.add_case(mine, a_case(suites, mine, picture), MANUAL)
    suites.add_case(mine, a_case(suites, mine, picture, "Why?"), MANUAL)  # another case is nobody's conflict
    theirs = seen.model_copy(update={"language": "en"})
    suites.change_case(mine, fingerprint(seen), theirs, MANUAL)
    with pytest.raises(InputError, match="changed by somebody else") as stale:
        suites.change_case(mine, fingerprint(seen), seen.model_copy(update={"key": True}), MANUAL)
    assert stale.value.code == "case_changed"
    with pytest.raises(InputError, match="changed by somebody else"):
        suites.remove_case(mine, fingerprint(seen), seen.id)
    assert suites.read(mine).cases[0] == theirs
    suites.remove_case(mine, fingerprint(theirs), theirs.id)
    with pytest.raises(InputError, match="no longer in the suite"):
        suites.change_case(mine, fingerprint(theirs), theirs, MANUAL)
    head = suites.read(mine).head
    suites.rename(mine, "Ours", "我们的", fingerprint(head))
    with pytest.raises(InputError, match="changed by somebody else"):
        suites.rename(mine, "Theirs", "他们的", fingerprint(head))
    assert suites.read(mine).head.title_en == "Ours"


def test_many_people_add_at_once_and_nothing_is_lost(suites: Library, mine: str, picture: Path) -> None:
    def add(number: int) -> None:
        another = Library(suites.folder)
        another.add_case(mine, a_case(another, mine, picture, f"Question {number}?"), MANUAL)

    with ThreadPoolExecutor(8) as people:
        list(people.map(add, range(24)))
    cases = suites.read(mine).cases
    assert {case.turns[0].question for case in cases} == {f"Question {number}?" for number in range(24)}
    assert len({case.id for case in cases}) == 24


def test_what_ships_is_copied_and_never_changed(suites: Library) -> None:
    shipped = suites.read("demo-business")
    case = shipped.cases[0]
    for change in (
        lambda: suites.add_case("demo-business", case, MANUAL),
        lambda: suites.remove_case("demo-business", fingerprint(case), case.id),
        lambda: suites.rename("demo-business", "x", "x", fingerprint(shipped.head)),
        lambda: suites.delete("demo-business"),
    ):
        with pytest.raises(InputError, match="Duplicate it"):
            change()
    copy = suites.duplicate("demo-business", "Ours", "我们的")
    assert copy.cases == shipped.cases and copy.name == "ours"
    assert read_suite(suites.folder / "ours").cases == shipped.cases
    suites.remove_case("ours", fingerprint(case), case.id)
    assert suites.read("ours").cases == shipped.cases[1:]
    assert read_suite(SHIPPED / "demo-business").cases == shipped.cases


def test_a_deleted_suite_comes_back(suites: Library, mine: str, picture: Path) -> None:
    case = suites.add_case(mine, a_case(suites, mine, picture), MANUAL)
    deleted = suites.delete(mine)
    with pytest.raises(InputError, match="There is no suite"):
        suites.read(mine)
    assert suites.restore(deleted).cases == (case,)
    deleted = suites.delete(mine)
    suites.create("My cases", "", [MANUAL])
    with pytest.raises(InputError, match="name"):
        suites.restore(deleted)  # both are kept
    assert (suites.folder / TRASH / deleted / "cases.jsonl").is_file()
    for strange in ("../library/my-cases", "nothing.20260101"):
        with pytest.raises(InputError):
            suites.restore(strange)


def test_what_is_taken_away_comes_back_the_same(suites: Library, mine: str, picture: Path, here: Path) -> None:
    suites.add_case(mine, a_case(suites, mine, picture), MANUAL)
    unused = here / "other.png"
    unused.write_bytes(picture.read_bytes() + b"\0")
    suites.keep_picture(mine, unused, 1_000_000)
    archive = suites.export(mine, here)
    assert archive.name == "my-cases.zip" and len(zipfile.ZipFile(archive).namelist()) == 3
    again = import_suite(archive, here / "elsewhere")
    original = suites.read(mine)
    assert (again.head, again.cases) == (original.head, original.cases)
    for name in ("suite.toml", "cases.jsonl", original.cases[0].pictures[0]):
        assert (again.folder / name).read_bytes() == (original.folder / name).read_bytes()


def test_what_is_no_picture_is_refused(suites: Library, mine: str, here: Path, picture: Path) -> None:
    text = here / "notes.png"
    text.write_text("not a picture")
    with pytest.raises(InputError, match="not a picture"):
        suites.keep_picture(mine, text, 1_000_000)
    with pytest.raises(InputError):
        suites.keep_picture(mine, picture, 10)
    assert not (suites.folder / mine / "pictures").exists()


@pytest.mark.skipif(os.name == "nt", reason="no such disk to be had")
def test_a_disk_that_takes_nothing_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="could not be written") as caught:
        Library(tmp_path / "file" / "suites").create("Mine", "", [MANUAL])
    assert str(tmp_path) not in str(caught.value)


def test_a_write_that_is_cut_short_leaves_the_suite_as_it_was(
    suites: Library, mine: str, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = suites.add_case(mine, a_case(suites, mine, picture), MANUAL)

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    before = (suites.folder / mine / "cases.jsonl").read_bytes()
    monkeypatch.setattr("comparer.suites.durable.os.fsync", full)
    with pytest.raises(StoreError, match="No space left"):
        suites.change_case(mine, fingerprint(case), case.model_copy(update={"key": True}), MANUAL)
    monkeypatch.undo()
    assert (suites.folder / mine / "cases.jsonl").read_bytes() == before
    assert not [path for path in (suites.folder / mine).iterdir() if path.name.startswith(".")]
