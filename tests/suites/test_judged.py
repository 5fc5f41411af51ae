"""What a run's answers come to, judged by checks or by people; and the drift of the demo's evaluation from a run."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from comparer.demo.scores import CONVERSATION_TURNS, ScoredTurn, first_wrong
from comparer.fit.drift import TurnJudgement, drift
from comparer.records import Answer, Failure, Metrics, Picture, Sampling
from comparer.run_records import AutomaticScore, Place, RunAnswer, RunCase, RunTurn
from comparer.suites.judged import Asked, case_results, changed_cases, figures, turn_judgements

RIGHT = AutomaticScore(1.0, True, "exact_same")
HALF = AutomaticScore(0.5, False, "anls")
WRONG = AutomaticScore(0.0, False, "exact_other")


def a_case(case: str, turns: int = 2, question: str = "What?") -> RunCase:
    return RunCase(case, "manual", tuple(RunTurn(f"{question} {turn}") for turn in range(turns)), ())


def an_answer(
    case: str, turn: int = 0, score: AutomaticScore | None = None, *, model: str = "S", repeat: int = 0,
    text: str = "Red.", ratings: int = 0, accepted: int = 0, metrics: Metrics = Metrics(), device: str = "",
    failure: Failure | None = None,
) -> RunAnswer:  # fmt: skip
    answer = Answer(
        model, text, "error" if failure else "stop", metrics, device=device, sampling=Sampling(), failure=failure
    )
    place = Place(case, repeat, turn, model)
    return RunAnswer(place, f"{place}", "c", answer, 1.0, score, ratings, accepted)


def asked(cases: list[RunCase], *answers: RunAnswer, run: str = "r", repeats: int = 1) -> Asked:
    return Asked(run, repeats, tuple(cases), answers)


def said(found: tuple[TurnJudgement, ...]) -> list[tuple[str, int, bool]]:
    return [(one.case, one.turn, one.acceptable) for one in found]


def test_checks_and_people_are_never_mixed() -> None:
    run = asked(
        [a_case("long"), a_case("short", turns=1)],
        an_answer("long", 0, RIGHT, ratings=3, accepted=1),
        an_answer("long", 1, HALF),
        an_answer("short", 0, RIGHT, ratings=1, accepted=1),
    )
    assert said(turn_judgements([run], "checks")) == [("long", 1, True), ("long", 2, False)]
    assert said(turn_judgements([run], "people")) == [("long", 1, True), ("long", 1, False), ("long", 1, False)]
    assert drift(turn_judgements([run], "checks"))["S"].median_held.value == 1
    assert drift(turn_judgements([run], "people"))["S"].median_held.value == 0


def test_a_turn_without_a_judgement_ends_what_is_followed() -> None:
    run = asked(
        [a_case("a", 3), a_case("b", 3)],
        *(an_answer("a", 0, RIGHT), an_answer("a", 1), an_answer("a", 2, WRONG)),
        *(an_answer("b", 0, RIGHT), an_answer("b", 1, failure=Failure("out_of_memory")), an_answer("b", 2, WRONG)),
    )
    found = drift(turn_judgements([run], "checks"))["S"]
    assert (found.drifted, found.held) == (0, 2)
    assert set(found.turns.values()) == {(1, False)}


def test_repeats_and_other_runs_judge_the_same_conversation() -> None:
    """Three repeats are no three conversations: that would only seem to be more evidence."""
    repeats = [an_answer("a", 0, score, repeat=number) for number, score in enumerate((RIGHT, WRONG, RIGHT))]
    one = asked([a_case("a")], *repeats, repeats=3)
    found = drift(turn_judgements([one], "checks"))["S"]
    assert found.turns == {"a": (1, False)}
    other = asked([a_case("a")], an_answer("a", 0, WRONG), run="r2")
    assert drift(turn_judgements([one, other], "checks"))["S"].turns == {"a": (1, True)}  # two against two


def test_a_case_that_was_changed_counts_as_in_the_first_run() -> None:
    newer = asked([a_case("a")], an_answer("a", 0, RIGHT))
    older = asked([a_case("a", question="Which?")], an_answer("a", 0, WRONG), run="r0")
    assert said(turn_judgements([newer, older], "checks")) == [("a", 1, True)]


def test_cases_have_the_mean_of_their_checked_turns_and_all_their_words() -> None:
    run = asked(
        [a_case("a"), a_case("open"), a_case("half asked")],
        *(an_answer("a", 1, HALF, text=" two "), an_answer("a", 0, RIGHT, text="one")),
        *(an_answer("a", 0, WRONG, model="M"), an_answer("a", 1, model="M")),
        *(an_answer("open", 0), an_answer("open", 1)),
        an_answer("half asked", 0, RIGHT),
    )
    found = case_results(run, "S", "checks")
    assert found == {"a": (0.75, "one\n\ntwo"), "open": (None, "Red.\n\nRed.")}
    assert case_results(run, "M", "checks")["a"].score == 0


def test_people_judge_a_case_by_the_share_that_accepts() -> None:
    run = asked(
        [a_case("a"), a_case("b")],
        *(an_answer("a", 0, RIGHT, ratings=2, accepted=1), an_answer("a", 1, RIGHT, ratings=1, accepted=1)),
        *(an_answer("b", 0, RIGHT, ratings=1, accepted=1), an_answer("b", 1, RIGHT)),
    )
    found = case_results(run, "S", "people")
    assert (found["a"].score, found["b"].score) == (0.75, None)


def test_speed_is_that_of_answers_with_nothing_beside_them() -> None:
    alone, crowded = Metrics(e2e_s=1.0, tokens_per_s=20, weights_bytes=900), Metrics(e2e_s=9.0, contended=True)
    answers = [
        an_answer("a", 0, metrics=alone, device="cpu"),
        an_answer("a", 1, metrics=crowded, device="cpu"),
        an_answer("b", 0, metrics=Metrics(e2e_s=99.0), failure=Failure("out_of_memory")),
        an_answer("b", 1, metrics=Metrics(e2e_s=3.0, peak_memory_bytes=1200)),
        an_answer("b", 1, model="M", metrics=Metrics(e2e_s=50.0, weights_bytes=5)),
    ]
    found = figures(answers, "S")
    assert (found.answers, found.errors, found.e2e_s, found.timed) == (4, 1, 2.0, 2)
    assert (found.tokens_per_s, found.weights_bytes, found.peak_memory_bytes) == (20, 900, 1200)
    assert found.devices == ("cpu",)
    assert figures(answers, "L").e2e_s is None


def test_a_case_that_asks_something_else_is_told_from_one_that_is_the_same() -> None:
    picture = Picture("aa", Path("here.webp"), 3, 3)
    moved = Picture("aa", Path("there.webp"), 3, 3)
    first = [a_case("a"), a_case("b"), RunCase("c", "manual", (RunTurn("?"),), (picture,)), a_case("d")]
    second = [a_case("a"), a_case("b", question="Why?"), RunCase("c", "manual", (RunTurn("?"),), (moved,))]
    assert changed_cases(first, second) == {"b"}


def exam(seed: int, chance: float) -> Iterator[tuple[str, list[bool]]]:
    """Conversations of an evaluation: every turn is right or wrong by chance."""
    random = Random(seed)
    for number in range(41):
        yield f"talk-{number}", [random.random() < chance for _ in range(CONVERSATION_TURNS)]


@pytest.mark.parametrize(("seed", "chance"), [(1, 0.5), (2, 0.8), (3, 0.9), (4, 0.99), (5, 0.0)])
def test_the_median_is_that_of_the_demos_evaluation(seed: int, chance: float) -> None:
    """`comparer demo evaluate` counts right turns before the first wrong one; a run of the same answers agrees.

    All its conversations are followed to their end, so that its plain median and Kaplan and Meier's agree. Where more
    than half outlast all turns, the curve gives no number, and the evaluation's is that of all turns.
    """
    talks = dict(exam(seed, chance))
    evaluated = first_wrong(
        ScoredTurn("conversations", "manual", "", name, "", "en", turn + 1, right, False)
        for name, rights in talks.items()
        for turn, right in enumerate(rights)
    )
    run = asked(
        [a_case(name, CONVERSATION_TURNS) for name in talks],
        *(
            an_answer(name, turn, RIGHT if right else WRONG)
            for name, rights in talks.items()
            for turn, right in enumerate(rights)
        ),
    )
    found = drift(turn_judgements([run], "checks"))["S"]
    assert (found.drifted + found.held, found.held) == (evaluated.conversations, evaluated.counts["none"])
    if found.median_held.value is None:
        assert evaluated.median == CONVERSATION_TURNS
    else:
        assert found.median_held.value == evaluated.median
