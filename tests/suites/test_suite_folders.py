"""A suite's folder: read, written again to the same bytes, and every wrong line named."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from comparer.suites.cases import CaseTurn, Suite, SuiteCase, SuiteHead, SuiteItem
from comparer.suites.checks import Anls, AnyOf, Check, Choice, Contains, Exact, Number, Regex
from comparer.suites.problems import MOST_SHOWN, SuiteError
from comparer.suites.reading import SHIPPED, discover, read_suite
from comparer.suites.writing import write_suite
from comparer.texts import LANGUAGES

HEAD = 'name = "mine"\ntitle_en = "Mine"\ntitle_zh = "我的"\nitems = ["manual"]\n'
CASE = {"id": "one", "item": "manual", "pictures": ["one.png"], "turns": [{"question": "What is it?"}]}


def suite_folder(folder: Path, *lines: Any, head: str = HEAD) -> Path:
    (folder / "suite.toml").write_text(head, "utf-8")
    texts = [line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines]
    (folder / "cases.jsonl").write_text("\n".join(texts), "utf-8")
    (folder / "one.png").write_bytes(b"looked into at import only")
    return folder


def refused(folder: Path) -> SuiteError:
    with pytest.raises(SuiteError) as raised:
        read_suite(folder)
    return raised.value


def test_the_shipped_suite_reads_and_writes_the_same_bytes(tmp_path: Path) -> None:
    suite = read_suite(SHIPPED / "demo-business")
    assert len(suite.cases) == 300 and suite.cases[3].turns[-1].depth == "read"
    write_suite(replace(suite, folder=tmp_path))
    for name in ("suite.toml", "cases.jsonl"):
        assert (tmp_path / name).read_bytes() == (SHIPPED / "demo-business" / name).read_bytes()


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=20)
SAID = TEXT.map(lambda text: f"x{text}")
KEY = st.from_regex(r"[a-z0-9](?:[a-z0-9_-]{0,10}[a-z0-9])?", fullmatch=True)
SINGLE: list[st.SearchStrategy[Any]] = [
    st.builds(Exact, value=SAID),
    st.builds(Contains, value=SAID),
    st.just(Regex(pattern=r"^\d+\\s$")),
    st.builds(Number, value=st.floats(-1e9, 1e9), unit=st.sampled_from(["", "g", "克"]), relative=st.floats(0, 1)),
    st.builds(Choice, answer=st.just("A"), options=st.fixed_dictionaries({"A": TEXT, "B": TEXT})),
    st.builds(Anls, references=st.tuples(SAID, SAID)),
]
CHECKS = st.one_of(*SINGLE, st.builds(AnyOf, checks=st.tuples(SINGLE[0], SINGLE[3])))
TURNS = st.builds(
    CaseTurn,
    question=SAID,
    reference=TEXT,
    check=st.none() | CHECKS,
    kind=KEY,
    depth=st.sampled_from(["", "reason"]),
)
CASES = st.builds(
    SuiteCase,
    id=KEY,
    item=st.just("manual"),
    language=st.sampled_from(["", "zh"]),
    key=st.booleans(),
    pictures=st.just(("one.png",)),
    turns=st.lists(TURNS, min_size=1, max_size=3).map(tuple),
)
ITEMS = st.builds(SuiteItem, key=st.just("manual"), name_zh=TEXT, threshold=st.none() | st.floats(0, 1))
HEADS = st.builds(
    SuiteHead,
    name=KEY,
    title_en=TEXT,
    title_zh=TEXT,
    about_en=TEXT,
    source=TEXT,
    items=st.tuples(ITEMS),
)


@given(HEADS, st.lists(CASES, min_size=1, max_size=4, unique_by=lambda case: case.id))
def test_what_is_written_reads_the_same_and_writes_the_same(
    tmp_path_factory: pytest.TempPathFactory, head: SuiteHead, cases: list[SuiteCase]
) -> None:
    folder = tmp_path_factory.mktemp("suite")
    (folder / "one.png").write_bytes(b"")
    suite = Suite(head, tuple(cases), folder)
    write_suite(suite)
    before = (folder / "suite.toml").read_bytes(), (folder / "cases.jsonl").read_bytes()
    assert read_suite(folder) == suite
    write_suite(read_suite(folder))
    assert ((folder / "suite.toml").read_bytes(), (folder / "cases.jsonl").read_bytes()) == before


def test_a_check_in_its_short_form_may_lean_on_the_reference(tmp_path: Path) -> None:
    turn = {"question": "How heavy?", "reference": "12 g", "check": "number: ±5%"}
    suite = read_suite(suite_folder(tmp_path, CASE | {"turns": [turn]}))
    assert suite.cases[0].turns[0].check == Number(value=12, unit="g", relative=0.05)


def test_every_wrong_line_is_named_with_its_field(tmp_path: Path) -> None:
    error = refused(
        suite_folder(
            tmp_path,
            CASE,
            "{broken",
            "",
            CASE | {"id": "two", "turns": [{"question": " "}]},
            CASE | {"id": "three", "item": "other"},
            CASE,
            CASE | {"id": "four", "colour": "red", "key": "yes"},
            CASE | {"id": "five", "pictures": ["../secret.png"]},
            CASE | {"id": "six", "pictures": ["gone.png"]},
            CASE | {"id": "seven", "turns": []},
            CASE | {"id": "eight", "turns": [{"question": "?", "check": "exactly: 1"}]},
            CASE | {"id": "nine", "turns": [{"question": "?", "check": {"kind": "regex", "pattern": "("}}]},
            [1],
        )
    )
    found = {(problem.row, problem.column, problem.key.removeprefix("problem.")) for problem in error.problems}
    assert found == {
        (2, "", "not_json"),
        (4, "turns[0].question", "missing"),
        (5, "item", "item_not_in_suite"),
        (6, "id", "id_twice"),
        (7, "colour", "unknown_field"),
        (7, "key", "not_true_or_false"),
        (8, "pictures[0]", "path_leads_outside"),
        (9, "pictures[0]", "no_such_picture"),
        (10, "turns", "missing"),
        (11, "turns[0].check", "check_unknown"),
        (12, "turns[0].check.regex.pattern", "regex_invalid"),
        (13, "", "not_an_object"),
    }
    assert error.count == 12
    for language in LANGUAGES:
        sentence = error.sentence(language)
        assert len(sentence.splitlines()) == 1 + 12
        assert "{" not in sentence.replace("{broken", "")
    assert "cases.jsonl · 第 4 行 · turns[0].question 列有误：此项为空，请填写。" in error.sentence("zh")


def test_of_many_problems_the_first_are_listed_and_the_rest_counted(tmp_path: Path) -> None:
    error = refused(suite_folder(tmp_path, *["{"] * 70))
    assert len(error.problems) == error.count == 70 and len(error.sentence("en").splitlines()) == 1 + MOST_SHOWN + 1
    assert error.sentence("en").endswith("and 20 more.")


@pytest.mark.parametrize(
    ("head", "key", "column"),
    [
        (HEAD + "colour = 1\n", "problem.unknown_field", "colour"),
        (HEAD.replace("mine", "Mine!"), "problem.unusable_key", "name"),
        (HEAD.replace("[", ""), "problem.not_toml", ""),
        (HEAD.replace('title_zh = "我的"\n', ""), "problem.missing", "title_zh"),
        (HEAD.replace('["manual"]', '["manual", "manual"]'), "problem.named_twice", ""),
        (HEAD.replace('["manual"]', "[]"), "problem.missing", "items"),
        (
            HEAD.replace('"manual"', '{ key = "manual", threshold = 80 }'),
            "problem.out_of_range",
            "items[0].threshold",
        ),
    ],
)
def test_a_wrong_head_is_named(tmp_path: Path, head: str, key: str, column: str) -> None:
    problem = refused(suite_folder(tmp_path, CASE, head=head)).problems[0]
    assert (problem.key, problem.column, problem.file) == (key, column, "suite.toml")
    assert problem.sentence("zh")


def test_a_suite_without_cases_or_files_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path).problems[0].key == "problem.file_missing"
    assert refused(suite_folder(tmp_path)).problems[0].key == "problem.no_cases"
    (tmp_path / "cases.jsonl").write_bytes(b"\xff\xfe")
    assert refused(tmp_path).problems[0].key == "problem.file_unreadable"


def test_discovery_lists_shipped_and_own_suites_and_hides_none_for_another(tmp_path: Path) -> None:
    for name, head in (("good", HEAD), ("bad", "name = "), (".import-x", HEAD)):
        (tmp_path / name).mkdir()
        suite_folder(tmp_path / name, CASE, head=head)
    found = {one.folder.name: one for one in discover(tmp_path, tmp_path / "nowhere")}
    assert set(found) == {"demo-business", "good", "bad"}
    assert found["demo-business"].head is not None and found["demo-business"].head.title("zh") == "演示业务用例"
    assert found["bad"].error is not None and found["bad"].head is None


def test_the_json_of_a_check_names_its_kind() -> None:
    adapter: TypeAdapter[Check] = TypeAdapter(Check)
    assert adapter.dump_python(Exact(value="x")) == {"kind": "exact", "value": "x"}
