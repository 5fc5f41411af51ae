"""The table and the recommendation, on counts made by hand."""

import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import pytest

from comparer.fit.recommendation import recommend, rule, to_json, weight_share
from comparer.fit.score_table import EMPTY_CELL, ScoreTable, cell, score_table, with_thresholds
from comparer.records import CellCount, RatingSpread, TestItem

MODELS = ("4B", "8B", "30B")
MANUAL = TestItem("manual", "Product manual parsing", "产品说明书解析", 0.80)
FAULT = TestItem("fault", "Fault diagram diagnosis", "故障图谱诊断", 0.75)
SERVICE = TestItem("service", "Customer-service dialogue", "客服对话理解", 0.70)
COUNTS = {"meets": 100.0, "fails": 10.0, "undecided": 78.0}


def table(items: Sequence[TestItem] = (MANUAL, FAULT, SERVICE), **verdicts: str) -> ScoreTable:
    """A table from one word a model and item, such as manual="fails undecided meets"; "-" is no ratings."""
    counts = [
        CellCount(item.key, model, 100, 200, COUNTS[word])
        for item in items
        for model, word in zip(MODELS, verdicts.get(item.key, "- - -").split(), strict=True)
        if word != "-"
    ]
    made = score_table(items, MODELS, counts)
    for row in made.rows:  # the words hold
        words = verdicts.get(row.item.key, "- - -").replace("-", "no_ratings").split()
        assert [cell.verdict for cell in row.cells.values()] == words
    return made


def sentences(made: ScoreTable) -> list[str]:
    return [reason.sentence("en") for reason in recommend(made).reasons]


def test_a_cell_holds_rate_bounds_and_counts() -> None:
    (row, *_) = score_table([MANUAL], MODELS, [CellCount("manual", "8B", 10, 13, 9.0)]).rows
    cell = row.cells["8B"]
    assert (cell.pass_rate, cell.cases, cell.ratings, cell.verdict) == (0.9, 10, 13, "undecided")
    assert (round(cell.low, 2), round(cell.high, 2)) == (0.60, 0.98)
    assert cell.sequence_low < cell.low < cell.high < cell.sequence_high
    assert cell.more_ratings == 123
    assert row.cells["4B"] == row.cells["30B"] == EMPTY_CELL
    assert list(row.cells) == list(MODELS)


def test_models_and_items_that_are_not_asked_for_are_left_out() -> None:
    counts = [CellCount("manual", "other", 100, 100, 99), CellCount("gone", "4B", 100, 100, 99)]
    made = score_table([MANUAL], MODELS, counts)
    assert not made.rows[0].rated


@pytest.mark.parametrize(
    ("words", "sufficient", "open_below"),
    [
        ("fails meets meets", "8B", ()),
        ("undecided meets meets", "8B", ("4B",)),
        ("- fails meets", "30B", ("4B",)),
        ("meets fails fails", "4B", ()),
        ("fails fails fails", None, ()),
        ("fails undecided -", None, ("8B", "30B")),
    ],
)
def test_smallest_sufficient_so_far(words: str, sufficient: str | None, open_below: tuple[str, ...]) -> None:
    row = table(manual=words).rows[0]
    assert (row.smallest_sufficient, row.open_below) == (sufficient, open_below)


def test_nothing_rated_asks_for_ratings() -> None:
    made = table()
    assert recommend(made).model is None
    assert sentences(made) == [
        "There are no ratings on any test item yet. Ask a question for a test item and rate the answers."
    ]


def test_the_smallest_model_that_meets_all_with_what_blocks_the_smaller() -> None:
    made = table(manual="fails meets meets", fault="fails undecided meets", service="meets meets meets")
    recommendation = recommend(made)
    assert recommendation.model == "30B"
    more = made.rows[1].cells["8B"].more_ratings
    assert sentences(made) == [
        "30B is the smallest model shown so far to meet every rated item; "
        "a smaller one may still prove to be enough.",
        "4B falls short on: Product manual parsing, Fault diagram diagnosis.",
        f"8B is still undecided on: Fault diagram diagnosis (about {more} more cases).",
    ]
    assert recommendation.reasons[1].sentence("zh") == "4B 在以下项目不达标：产品说明书解析、故障图谱诊断。"


def test_what_is_undecided_is_one_sentence_a_model() -> None:
    made = table(manual="undecided - -", fault="undecided - -")
    more = [row.cells["4B"].more_ratings for row in made.rows[:2]]
    assert recommend(made).reasons[1].sentence("zh", {"4B": "小"}) == (
        f"小 在以下项目尚无定论：产品说明书解析（约需再评 {more[0]} 个用例）、"
        f"故障图谱诊断（约需再评 {more[1]} 个用例）。"
    )


def test_a_settled_recommendation_says_no_so_far() -> None:
    made = table(manual="fails meets -", service="fails meets meets")
    assert recommend(made).model == "8B"
    assert sentences(made)[0] == "8B is the smallest model that meets every rated item."
    assert sentences(made)[-1] == "Without any ratings, and so not counted: Fault diagram diagnosis."


def test_an_item_that_a_model_was_never_rated_on_blocks_it() -> None:
    made = table(manual="meets meets meets", fault="- - meets")
    assert recommend(made).model == "30B"
    assert "4B has no ratings on: Fault diagram diagnosis." in sentences(made)


def test_no_model_is_enough() -> None:
    made = table(manual="fails fails meets", fault="meets meets fails")
    assert recommend(made).model is None
    assert sentences(made)[0] == "No model is enough: each one fails at least one item."


def test_no_model_is_shown_yet_when_one_is_open() -> None:
    assert sentences(table(manual="fails undecided fails"))[0].startswith("No model has been shown yet")


def test_a_rate_on_the_threshold_itself_is_said_to_be_too_close() -> None:
    made = score_table([MANUAL], MODELS, [CellCount("manual", "4B", 100, 100, 80)])
    assert "too close to the threshold" in sentences(made)[1]


def test_the_recommendation_is_never_a_model_that_does_not_meet_every_rated_item() -> None:
    words = ("meets", "fails", "undecided", "-")
    for first in product(words, repeat=3):
        made = table(manual=" ".join(first), service="fails meets undecided")
        chosen = recommend(made).model
        for model in MODELS:
            meets_all = all(row.cells[model].verdict == "meets" for row in made.rows if row.rated)
            if chosen is None or MODELS.index(model) < MODELS.index(chosen):
                assert not meets_all
            elif model == chosen:
                assert meets_all


def test_json_has_the_shape_of_the_endpoint() -> None:
    made = table(manual="fails meets meets", fault="- undecided meets")
    given = json.loads(json.dumps(to_json(made, recommend(made), "zh"), allow_nan=False))
    assert set(given) == {"rows", "recommendation"}
    assert given["recommendation"]["weight_met"] == {"4B": 0, "8B": 0.5, "30B": 1}
    assert given["recommendation"]["rule"].startswith("规则：")
    assert given["recommendation"]["model"] == "30B"
    assert all(isinstance(reason, str) for reason in given["recommendation"]["reasons"])
    first = given["rows"][0]
    assert (first["item"], first["name"], first["threshold"]) == ("manual", "产品说明书解析", 0.8)
    assert first["smallest_sufficient"] == "8B"
    assert (first["weight"], first["must_have"]) == (1.0, False)
    assert list(first["cells"]) == list(MODELS)
    cell = first["cells"]["4B"]
    assert cell.keys() >= {"pass_rate", "low", "high", "cases", "ratings", "verdict", "more_ratings"}
    assert (cell["pass_rate"], cell["cases"], cell["ratings"], cell["verdict"]) == (0.1, 100, 200, "fails")
    unrated = given["rows"][2]["cells"]["4B"]
    assert (unrated["pass_rate"], unrated["low"], unrated["verdict"]) == (None, None, "no_ratings")


# --- must-have items and weights -----------------------------------------------------------------------------

MUST = replace(MANUAL, must_have=True, weight=2)
HEAVY = replace(FAULT, weight=5)
MIXED = (MUST, HEAVY, SERVICE)


def test_items_that_are_no_must_have_stop_no_model_and_are_named_with_their_weight() -> None:
    made = table(MIXED, manual="fails meets meets", fault="fails fails meets", service="meets undecided meets")
    assert recommend(made).model == "8B"
    assert sentences(made) == [
        "8B is the smallest model that meets every rated must-have item.",
        "Beside the must-haves, 8B falls short on: Fault diagram diagnosis (62% of the weight).",
        "Beside the must-haves, 8B is not yet shown to meet: Customer-service dialogue (12% of the weight).",
        "4B falls short on: Product manual parsing.",
    ]
    assert rule(made).sentence("en").startswith("Rule: the smallest model that meets every must-have item (Product")
    met = to_json(made, recommend(made), "en")["recommendation"]["weight_met"]
    assert met == {"4B": 1 / 8, "8B": 2 / 8, "30B": 1}


def test_a_failed_must_have_is_never_outweighed() -> None:
    """Whatever the weights and the other items say, a model that fails a must-have is not recommended."""
    words = ("meets", "fails", "undecided", "-")
    for must, other in product(product(words, repeat=3), (("meets",) * 3, ("fails",) * 3)):
        made = table((replace(MUST, weight=0), HEAVY), manual=" ".join(must), fault=" ".join(other))
        chosen = recommend(made).model
        assert chosen == next((m for m, word in zip(MODELS, must, strict=True) if word == "meets"), None)
        if "fails" in must and (chosen is None or must.index("fails") < MODELS.index(chosen)):
            assert any("falls short on: Product manual parsing" in said for said in sentences(made))


def test_a_must_have_without_ratings_is_said_first_and_leaves_all_open() -> None:
    made = table(MIXED, fault="meets meets meets")
    assert recommend(made).model is None
    assert sentences(made) == [
        "Must-have items without any ratings, so that no model is shown to meet them: Product manual parsing.",
        "Without any ratings, and so not counted: Customer-service dialogue.",
    ]


def test_where_some_must_haves_are_rated_the_others_are_named() -> None:
    made = table((MUST, replace(FAULT, must_have=True), SERVICE), manual="meets - -", service="fails - -")
    assert recommend(made).model == "4B"
    assert sentences(made)[:2] == [
        "4B is the smallest model that meets every rated must-have item.",
        "Must-have items without any ratings, so that no model is shown to meet them: Fault diagram diagnosis.",
    ]


def test_all_marked_is_as_none_marked() -> None:
    words = {"manual": "fails meets meets", "fault": "fails undecided meets"}
    marked = table([replace(item, must_have=True) for item in (MANUAL, FAULT, SERVICE)], **words)
    assert sentences(marked) == sentences(table(**words))
    assert rule(marked) == rule(table(**words))


def test_weights_of_nothing_have_no_share() -> None:
    made = table((MUST, HEAVY), manual="meets - -")
    assert weight_share(made, made.rows[:1]) == 1
    weightless = table([replace(MANUAL, weight=0)], manual="meets - -")
    assert weight_share(weightless, weightless.rows) == 0


# --- ratings that agree within their case --------------------------------------------------------------------


def test_a_cell_says_as_how_many_independent_ratings_its_own_count() -> None:
    """Ten cases of four ratings, all alike within a case: each case counts once."""
    alike = RatingSpread(accepted=20, ratings_squared=160, ratings_by_accepted=80, accepted_squared=80)
    made = cell(CellCount("manual", "4B", 10, 40, 5.0, alike), 0.8)
    assert made.design_effect == pytest.approx(4 * 10 / 9)
    assert made.independent_ratings == pytest.approx(9)
    unknown = cell(CellCount("manual", "4B", 10, 40, 5.0), 0.8)
    assert (unknown.design_effect, unknown.independent_ratings) == (None, None)
    assert replace(made, design_effect=None) == unknown  # nothing else goes by it, the verdict least of all


@pytest.mark.parametrize("threshold", [0.05, 0.5, 0.78, 0.95])
def test_other_thresholds_give_the_table_that_was_counted_with_them(threshold: float) -> None:
    made = table(manual="fails undecided meets", fault="- meets fails")

    moved = with_thresholds(made, {"manual": threshold})

    counts = [
        CellCount(row.item.key, model, old.cases, old.ratings, old.pass_rate * old.cases)
        for row in made.rows
        for model, old in row.cells.items()
        if old.pass_rate is not None
    ]
    assert moved == score_table([replace(MANUAL, threshold=threshold), FAULT, SERVICE], MODELS, counts)
