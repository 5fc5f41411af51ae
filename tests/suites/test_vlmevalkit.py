"""Benchmarks in VLMEvalKit's TSV format run as they are, and a broken one names its bad rows."""

import base64
import csv
from collections.abc import Sequence
from pathlib import Path

import pytest

from comparer.suites.checks import Anls, Choice, judge
from comparer.suites.importing import ImportOptions, import_suite, rotated_questions
from comparer.suites.importing.vlmevalkit import is_benchmark
from comparer.suites.problems import SuiteError
from comparer.suites.reading import SHIPPED, read_suite
from tests.suites.conftest import MakePicture

HEADER = ("index", "image", "question", "hint", "A", "B", "C", "D", "answer", "category", "l2-category", "split")


def write_tsv(path: Path, *rows: Sequence[str]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, delimiter="\t").writerows(rows)
    return path


@pytest.fixture
def encoded(make_picture: MakePicture) -> dict[str, str]:
    """Pictures in base64, by colour."""
    return {colour: base64.b64encode(make_picture(colour, "JPEG")).decode() for colour in ("red", "blue", "green")}


@pytest.fixture
def benchmark(here: Path, encoded: dict[str, str]) -> Path:
    return write_tsv(
        here / "MMBench_DEV_EN.tsv",
        HEADER,
        (
            "7",
            encoded["red"],
            "Which\nanimal?",
            "Look\tclosely.",
            "cat",
            "dog",
            "",
            "",
            "B",
            "animals",
            "life",
            "dev",
        ),
        ("1000007", "7", "Which\nanimal?", "", "dog", "cat", "nan", "", "A", "animals", "life", "dev"),
        ("8", encoded["blue"], 'What does "it" say?', "", "1", "2", "3", "4", "D", "signs", "text", "dev"),
        (
            "9",
            f"['{encoded['red']}', '{encoded['green']}']",
            "Same?",
            "",
            "yes",
            "no",
            "",
            "",
            "",
            "pairs",
            "text",
            "d",
        ),
    )


def test_a_benchmark_imports_as_it_is(benchmark: Path, library: Path) -> None:
    suite = import_suite(benchmark, library)
    assert (suite.name, suite.head.title_en) == ("mmbench-dev-en", "MMBench DEV EN")
    assert {item.key: item.name_en for item in suite.head.items} == {"life": "life", "text": "text"}
    first, rotated, third, pair = suite.cases
    assert first.turns[0].question == (
        "Hint: Look\tclosely.\nQuestion: Which\nanimal?\nOptions:\nA. cat\nB. dog\n"
        "Please select the correct answer from the options above. \n"
    )
    assert first.turns[0].check == Choice(answer="B", options={"A": "cat", "B": "dog"})
    assert first.turns[0].reference == "B. dog"
    assert rotated.pictures == first.pictures
    assert rotated_questions(suite) == 1 and rotated_questions(read_suite(SHIPPED / "demo-business")) == 0
    assert third.id == "8" and 'What does "it" say?' in third.turns[0].question
    assert len(pair.pictures) == 2 and pair.pictures[0] == first.pictures[0]
    assert pair.turns[0].check is None  # its answer is not published
    assert (suite.folder / first.pictures[0]).suffix == ".jpg"
    assert read_suite(suite.folder) == suite


def test_a_benchmark_scores_by_vlmevalkits_rule(benchmark: Path, library: Path) -> None:
    first, rotated, third, _ = import_suite(benchmark, library).cases
    said = {first.id: ("B", "The dog.", "It is (B)"), rotated.id: ("A", "dog"), third.id: ("D.", "The answer is D")}
    for case in (first, rotated, third):
        check = case.turns[0].check
        assert check is not None
        assert all(judge(check, answer).passed for answer in said[case.id])
        assert not any(judge(check, answer).passed for answer in ("C", "either A or B", "", "I cannot tell"))


def test_a_broken_benchmark_names_its_bad_rows(here: Path, library: Path, encoded: dict[str, str]) -> None:
    tail = ("cat", "dog", "", "", "A", "c", "l", "s")
    broken = write_tsv(
        here / "broken.tsv",
        HEADER,
        ("1", encoded["red"], "Fine?", "", *tail),
        ("2", "no picture at all " * 9, "Why?", "", *tail),
        ("3", base64.b64encode(b"bytes, but no picture" * 9).decode(), "Why?", "", *tail),
        ("4", "99", "Why?", "", *tail),
        ("5", encoded["red"], "", "", *tail),
        ("6", encoded["red"], "Why?", "", "cat", "dog", "", "", "C", "c", "l", "s"),
        ("7", encoded["red"], "Why?", "", "cat", "", "", "", "A", "c", "l", "s"),
        ("8", "", "Why?", "", *tail),
        ("9", encoded["red"], "Why?"),
        ("1", encoded["blue"], "Again?", "", *tail),
    )
    with pytest.raises(SuiteError) as raised:
        import_suite(broken, library)
    assert sorted((one.row, one.column, one.key.partition(".")[2]) for one in raised.value.problems) == [
        (3, "image", "not_base64"),
        (4, "image", "picture_unknown"),
        (5, "image", "no_row_with_that_picture"),
        (6, "question", "missing"),
        (7, "answer", "answer_not_an_option"),
        (8, "", "one_option"),
        (9, "image", "no_picture"),
        (10, "", "cells_and_columns_differ"),
        (11, "index", "id_twice"),
    ]
    assert not any(library.iterdir())
    assert "第 3 行 · image 列有误：图片不是有效的 base64，请重新编码。" in raised.value.sentence("zh")


def test_pictures_by_path_lie_beside_the_table(here: Path, library: Path, make_picture: MakePicture) -> None:
    (here / "a.png").write_bytes(make_picture())
    rows = [("index", "image_path", "question", "answer"), ("0", "a.png", "Is it red?", "Yes")]
    write_tsv(here / "POPE.tsv", *rows)
    check = import_suite(here, library, ImportOptions(name="pope")).cases[0].turns[0].check
    assert check is not None
    assert judge(check, "Yes, it is.").passed
    assert (
        not judge(check, "No.").passed and not judge(check, "yes and no").passed and not judge(check, "nope").passed
    )


def test_open_questions_are_checked_where_vlmevalkit_has_a_rule(
    here: Path, library: Path, encoded: dict[str, str]
) -> None:
    header = ("index", "image", "question", "answer")
    cases = {}
    for name, answer in (("DocVQA_VAL", "['coca cola', 'coke']"), ("ChartQA_TEST", "40%"), ("Other", "forty")):
        file = write_tsv(here / f"{name}.tsv", header, ("1", encoded["red"], "What?", answer))
        cases[name] = import_suite(file, library).cases[0]
    assert cases["DocVQA_VAL"].turns[0].check == Anls(references=("coca cola", "coke"))
    assert cases["DocVQA_VAL"].turns[0].reference == "coca cola / coke"
    chart = cases["ChartQA_TEST"].turns[0].check
    assert chart is not None and judge(chart, "41%").passed and not judge(chart, "43%").passed
    assert cases["Other"].turns[0].check is None and cases["Other"].item == cases["Other"].item.lower()
    assert cases["Other"].turns[0].question == "Question: What?\n"


def test_the_limit_of_csv_fields_is_the_processes_again(benchmark: Path, library: Path) -> None:
    before = csv.field_size_limit()
    import_suite(benchmark, library)
    assert csv.field_size_limit() == before


def test_a_picture_longer_than_csvs_own_limit(here: Path, library: Path) -> None:
    import io
    import random

    from PIL import Image

    noise = Image.frombytes("RGB", (300, 300), random.Random(0).randbytes(270_000))
    content = io.BytesIO()
    noise.save(content, "PNG")
    image = base64.b64encode(content.getvalue()).decode()
    assert len(image) > 131_072  # what csv reads unless told otherwise
    file = write_tsv(here / "long.tsv", ("index", "image", "question"), ("1", image, "What?"))
    suite = import_suite(file, library)
    assert (suite.folder / suite.cases[0].pictures[0]).read_bytes() == content.getvalue()


def test_other_tables_with_tabs_are_not_taken_for_benchmarks(here: Path) -> None:
    assert not is_benchmark(write_tsv(here / "own.tsv", ("question", "picture"), ("Why?", "a.png")))
    assert not is_benchmark(here / "own.csv")
    assert is_benchmark(write_tsv(here / "theirs.tsv", ("index", "image", "question")))
