"""Tables, workbooks, archives and folders: imported whole, or refused with every wrong row and nothing kept."""

import csv
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from comparer.errors import InputError
from comparer.records import TestItem
from comparer.suites.cases import Suite
from comparer.suites.checks import Choice, Number, judge
from comparer.suites.importing import ImportOptions, columns, import_suite
from comparer.suites.importing.archive import unpack
from comparer.suites.importing.rows import MAX_ROWS
from comparer.suites.problems import SuiteError
from comparer.suites.reading import SHIPPED, read_suite
from comparer.texts import LANGUAGES
from tests.suites.conftest import MakePicture

MANUAL = TestItem("manual", "Product manuals", "产品说明书解析", 0.8)
HEADER = ("编号", "业务项", "图片", "问题", "参考答案", "检查", "关键用例")
ROWS = [
    ("a", "产品说明书解析", "red.png", "风扇多重？", "12克", "数值：±5%", "是"),
    ("a", "", "", "那皮带呢？", "皮带重20克。", "", ""),
    ("b", "发票核对", "red.png; blue.png", "两张图一样吗？", "不一样", "包含", "否"),
]


def write_csv(path: Path, rows: Sequence[Sequence[str]], encoding: str = "utf-8-sig", delimiter: str = ",") -> Path:
    with path.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream, delimiter=delimiter).writerows(rows)
    return path


def write_xlsx(path: Path, rows: Sequence[Sequence[Any]]) -> Path:
    from openpyxl import Workbook

    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def pack(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def refused(source: Path, library: Path, options: ImportOptions | None = None) -> SuiteError:
    before = sorted(library.rglob("*")) if library.exists() else []
    with pytest.raises(SuiteError) as raised:
        import_suite(source, library, options)
    assert sorted(library.rglob("*")) == before  # nothing is half imported
    for language in LANGUAGES:
        assert raised.value.sentence(language)
    return raised.value


def places(error: SuiteError) -> list[tuple[int | None, str, str]]:
    return [(problem.row, problem.column, problem.key.partition(".")[2]) for problem in error.problems]


@pytest.fixture
def pictures(here: Path, make_picture: MakePicture) -> Path:
    (here / "red.png").write_bytes(make_picture("red"))
    (here / "blue.png").write_bytes(make_picture("blue"))
    return here


def check_the_three_rows(suite: Suite) -> None:
    first, second = suite.cases
    assert (first.id, first.item, first.key, len(first.turns), len(first.pictures)) == ("a", "manual", True, 2, 1)
    assert first.turns[0].check == Number(value=12, unit="克", relative=0.05)
    assert first.turns[1].check is None
    assert len(second.pictures) == 2 and second.pictures[0] == first.pictures[0]
    new = next(item for item in suite.head.items if item.key == second.item)
    assert (new.name_zh, new.threshold) == ("发票核对", None)
    assert len(list((suite.folder / "pictures").iterdir())) == 2  # each picture once
    assert read_suite(suite.folder) == suite


@pytest.mark.parametrize("name", ["用例.csv", "gbk.csv", "tabs.tsv", "semicolons.csv", "book.xlsx"])
def test_a_table_with_its_pictures_in_a_folder(name: str, pictures: Path, library: Path) -> None:
    rows = [HEADER, *ROWS]
    if name.endswith("xlsx"):
        write_xlsx(pictures / name, rows)
    else:
        delimiter = {"tabs.tsv": "\t", "semicolons.csv": ";"}.get(name, ",")
        write_csv(pictures / name, rows, "gb18030" if name == "gbk.csv" else "utf-8-sig", delimiter)
    suite = import_suite(pictures, library, ImportOptions(known_items=(MANUAL,)))
    check_the_three_rows(suite)
    assert suite.folder.parent == library


def test_a_table_with_its_pictures_in_an_archive_even_inside_a_folder(pictures: Path, library: Path) -> None:
    table = write_csv(pictures / "cases.csv", [HEADER, *ROWS])
    files = {f"我的用例/{path.name}": path.read_bytes() for path in (table, *pictures.glob("*.png"))}
    archive = pack(pictures / "mine.zip", files | {"__MACOSX/x": b"", "我的用例/.DS_Store": b""})
    check_the_three_rows(import_suite(archive, library, ImportOptions(known_items=(MANUAL,), name="mine")))


def test_json_lines_flat_or_as_whole_cases(pictures: Path, library: Path) -> None:
    flat = {"id": "a", "category": "manual", "images": ["red.png"], "prompt": "What?", "answer": 12, "other": 1}
    whole = {"id": "b", "item": "manual", "pictures": ["blue.png"], "turns": [{"question": "And now?"}]}
    (pictures / "lines.jsonl").write_text(json.dumps(flat) + "\n" + json.dumps(whole), "utf-8")
    suite = import_suite(pictures, library)
    assert [case.id for case in suite.cases] == ["a", "b"]
    assert suite.cases[0].turns[0].reference == "12"


def test_every_documented_header_means_what_the_documentation_says() -> None:
    rows = [line.split("|")[1:3] for line in (columns.__doc__ or "").splitlines() if line.startswith("| ")][1:]
    documented = {header.strip(): fields.strip() for fields, headers in rows for header in headers.split(",")}
    assert len(documented) > 40
    for header, fields in documented.items():
        for spelling in (header.removesuffix("(s)"), header.replace("(s)", "s").upper(), header.replace(" ", "_")):
            found = columns.field_of(spelling.replace("(s)", ""))
            assert found in fields.split(", ") or header == "…" or len(found) == 1, (spelling, found)
    assert columns.field_of("remarks") == ""


def test_options_in_columns_make_a_choice(pictures: Path, library: Path) -> None:
    rows = [("question", "image", "A", "选项B", "answer"), ("What is it?", "red.png", "cat", "dog", "b")]
    write_csv(pictures / "choice.csv", rows)
    suite = import_suite(pictures, library, ImportOptions(item="manual", known_items=(MANUAL,)))
    turn = suite.cases[0].turns[0]
    assert turn.check == Choice(answer="B", options={"A": "cat", "B": "dog"})
    assert "A. cat\nB. dog" in turn.question
    assert suite.cases[0].id == "row-2"


def test_pictures_from_addresses_are_fetched_once_each(here: Path, library: Path, make_picture: MakePicture) -> None:
    asked: list[str] = []

    def fetch(address: str, max_bytes: int) -> bytes:
        asked.append(address)
        if "gone" in address:
            raise InputError("address_unreachable", address=address)
        return make_picture("green")

    rows = [
        ("question", "item", "picture"),
        ("One?", "x", "https://e.org/a.png"),
        ("Two?", "x", "https://e.org/a.png"),
    ]
    table = write_csv(here / "urls.csv", rows)
    suite = import_suite(table, library, ImportOptions(fetch=fetch))
    assert asked == ["https://e.org/a.png"]
    assert suite.cases[0].pictures == suite.cases[1].pictures

    broken = write_csv(here / "gone.csv", [*rows, ("Three?", "x", "http://gone/"), ("Four?", "x", "http://gone/")])
    error = refused(broken, library, ImportOptions(fetch=fetch))
    assert places(error) == [(4, "picture", "address_unreachable"), (5, "picture", "address_unreachable")]
    assert asked.count("http://gone/") == 1


def test_every_wrong_row_is_named_by_its_own_header_and_nothing_is_kept(pictures: Path, library: Path) -> None:
    (pictures / "text.png").write_text("no picture")
    (pictures / "secret").mkdir()
    rows = [
        HEADER,
        ROWS[0],
        ("c", "x", "red.png", "", "", "", ""),
        ("d", "", "red.png", "Why?", "", "", ""),
        ("e", "x", "gone.png", "Why?", "", "", ""),
        ("f", "x", "text.png", "Why?", "", "", ""),
        ("g", "x", "../../etc/passwd", "Why?", "", "", ""),
        ("h", "x", "", "Why?", "", "", ""),
        ("i", "x", "red.png", "Why?", "", "exactly: 1", "maybe"),
        ("a", "x", "red.png", "Again?", "", "", ""),
        ("j", "x", "red.png", "Why?", "", "", ""),
        ("j", "y", "", "Why?", "12", "number: ", ""),
        ("k", "x", "red.png", "Why?", "", "", "", "one cell more"),
        ("l l", "x", "red.png", "Why?", "", "", ""),
        ("m", "x", "https://127.0.0.1/x.png", "Why?", "", "", ""),
    ]
    write_csv(pictures / "bad.csv", rows)
    error = refused(pictures, library, ImportOptions(known_items=(MANUAL,)))
    assert [row for row, _, _ in places(error)] == sorted(row or 0 for row, _, _ in places(error))
    assert sorted(places(error)) == [
        (3, "问题", "missing"),
        (4, "业务项", "missing"),
        (5, "图片", "picture_not_there"),
        (6, "图片", "picture_unknown"),
        (7, "图片", "picture_outside_folder"),
        (8, "图片", "missing"),
        (9, "关键用例", "not_true_or_false"),
        (9, "检查", "check_unknown"),
        (10, "编号", "id_twice"),
        (12, "业务项", "differs_within_case"),
        (13, "", "more_cells_than_columns"),
        (14, "编号", "unusable_key"),
        (15, "图片", "address_not_public"),
    ]


def test_a_lone_table_says_where_its_pictures_belong(here: Path, library: Path) -> None:
    table = write_csv(here / "t.csv", [("question", "item", "picture"), ("Why?", "x", "red.png")])
    assert places(refused(table, library)) == [(2, "picture", "picture_without_folder")]


@pytest.mark.parametrize(
    ("rows", "key"),
    [
        ([], "no_cases"),
        ([("question", "picture")], "no_cases"),
        ([("frage", "bild"), ("Was?", "x.png")], "no_question_column"),
    ],
)
def test_a_table_without_cases_or_questions(rows: list[tuple[str, ...]], key: str, here: Path, library: Path) -> None:
    assert [found[2] for found in places(refused(write_csv(here / "t.csv", rows), library))] == [key]
    assert [found[2] for found in places(refused(write_xlsx(here / "t.xlsx", rows), library))] == [key]


def test_a_sheet_of_a_million_rows_is_not_walked_through(here: Path, library: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.active["A1"] = "question"
    book.active.cell(MAX_ROWS + 1, 1, "the one too many")
    book.active.cell(1_048_576, 16_384, "far out")
    book.save(here / "far.xlsx")
    assert places(refused(here / "far.xlsx", library)) == [(None, "", "too_many_rows")]


@pytest.mark.parametrize(
    ("name", "content", "key"),
    [
        ("t.zip", b"no archive", "not_a_zip"),
        ("t.xlsx", b"no workbook", "not_a_workbook"),
        ("t.docx", b"", "unknown_format"),
        ("t.csv", b'question,picture\n"never closed,x', "missing"),
        ("t.jsonl", b"{\n[1]\n", "not_json"),
    ],
)
def test_a_file_that_is_not_what_it_says(name: str, content: bytes, key: str, here: Path, library: Path) -> None:
    (here / name).write_bytes(content)
    assert key in [found[2] for found in places(refused(here / name, library))]
    assert places(refused(here / "nowhere.csv", library))[0][2] == "file_missing"


def test_a_suites_own_folder_comes_through_unchanged(library: Path) -> None:
    suite = import_suite(SHIPPED / "demo-business", library, ImportOptions(name="copy"))
    assert suite.folder == library / "copy"
    for path in (SHIPPED / "demo-business").rglob("*"):
        if path.is_file() and path.name != "suite.toml":
            assert (suite.folder / path.relative_to(SHIPPED / "demo-business")).read_bytes() == path.read_bytes()
    assert places(refused(SHIPPED / "demo-business", library, ImportOptions(name="copy")))[0][2] == "suite_exists"
    assert places(refused(SHIPPED / "demo-business", library))[0][2] == "suite_exists"  # a shipped one's name


def test_a_suite_with_a_picture_that_cannot_be_decoded_is_refused_by_line(
    here: Path, library: Path, make_picture: MakePicture
) -> None:
    lines = [
        json.dumps({"id": name, "item": "x", "pictures": [f"{name}.png"], "turns": [{"question": "?"}]})
        for name in ("good", "cut", "link")
    ]
    (here / "cases.jsonl").write_text("\n".join(lines), "utf-8")
    (here / "suite.toml").write_text('name = "s"\ntitle_en = "S"\ntitle_zh = "套件"\nitems = ["x"]\n', "utf-8")
    (here / "good.png").write_bytes(make_picture())
    (here / "cut.png").write_bytes(make_picture()[:60])
    outside = here.parent / "outside.png"
    outside.write_bytes(make_picture())
    (here / "link.png").symlink_to(outside)
    assert places(refused(here, library)) == [
        (2, "pictures[0]", "picture_damaged"),
        (3, "pictures[0]", "picture_outside_folder"),
    ]


@pytest.mark.parametrize("name", ["../out.csv", "/etc/out.csv", "C:\\out.csv", "a/../../out.csv"])
def test_an_archive_cannot_write_outside_its_folder(name: str, here: Path, library: Path) -> None:
    archive = pack(here / "evil.zip", {name: b"question\n"})
    assert places(refused(archive, library))[0][2] == "path_leads_outside"
    assert not (here.parent / "out.csv").exists()


def test_an_archive_cannot_hold_links(here: Path, library: Path) -> None:
    link = zipfile.ZipInfo("cases.csv")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(here / "link.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    assert places(refused(here / "link.zip", library))[0][2] == "path_leads_outside"


def test_an_archive_that_unpacks_to_too_much_is_stopped(here: Path) -> None:
    bomb = pack(here / "bomb.zip", {"a": bytes(600_000), "b": bytes(600_000)})
    with zipfile.ZipFile(bomb) as archive, pytest.raises(SuiteError) as raised:
        unpack(archive, here / "out", "bomb.zip", limit=1_000_000)
    assert raised.value.problems[0].key == "problem.too_many_bytes"


def test_an_archive_that_lies_about_its_sizes_is_refused(here: Path, library: Path) -> None:
    archive = pack(here / "lie.zip", {"cases.csv": bytes(3_000_000)})
    content = archive.read_bytes()
    archive.write_bytes(content.replace((3_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little")))
    assert places(refused(archive, library))[0][2] == "not_a_zip"


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_names_without_the_flag_for_utf_8_are_read(encoding: str, pictures: Path, library: Path) -> None:
    table = write_csv(pictures / "cases.csv", [("question", "item", "picture"), ("Why?", "x", "红图.png")])
    name = "红图.png".encode(encoding)
    stand_in = "z" * (len(name) - 4) + ".png"  # as long, and ASCII, so that it is written without the flag
    archive = pack(
        pictures / "flagless.zip", {"cases.csv": table.read_bytes(), stand_in: (pictures / "red.png").read_bytes()}
    )
    archive.write_bytes(archive.read_bytes().replace(stand_in.encode(), name))
    assert len(import_suite(archive, library).cases) == 1


def test_an_archive_with_nothing_or_two_tables(here: Path, library: Path) -> None:
    assert places(refused(pack(here / "none.zip", {"read.me": b""}), library))[0][2] == "no_suite_inside"
    two = pack(here / "two.zip", {"a.csv": b"", "b.csv": b""})
    assert places(refused(two, library))[0][2] == "several_tables"


def test_two_items_whose_names_give_one_key_stay_two(pictures: Path, library: Path) -> None:
    rows = [("question", "item", "picture")] + [("?", name, "red.png") for name in ("C code", "C++ code", "c CODE")]
    suite = import_suite(write_csv(pictures / "items.csv", rows).parent, library)
    first, second, third = (case.item for case in suite.cases)
    assert first == third != second


def test_an_imported_check_judges(pictures: Path, library: Path) -> None:
    write_csv(pictures / "cases.csv", [HEADER, *ROWS])
    check = import_suite(pictures, library).cases[0].turns[0].check
    assert check is not None
    assert judge(check, "风扇重 12.5 克").passed and not judge(check, "风扇重13克").passed
