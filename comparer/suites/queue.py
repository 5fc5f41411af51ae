"""What to rate next, so that the score table settles soonest. Knows keys and counts: no texts, pictures or database.

Which cell of the table is rated next may depend on how the ratings went, since a verdict holds however one looks.
Which of a cell's answers comes next may not, or its pass rate would be that of chosen cases: they come by lot.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import NamedTuple

from comparer.fit.score_table import Row, ScoreTable

DOUBLE_SHARE = 0.1
"""Share of answers that two reviewers are to rate, so that their agreement can be told."""

FAIR_EVERY = 5
"""Every so many new answers one comes from the item whose turn it is, however little it has to settle."""

FIRST_LOOK = 8
"""With fewer ratings than this a cell is looked at before its pass rate is trusted for a forecast."""


class Answered(NamedTuple):
    """An answer that can be rated, and who has rated it."""

    answer: str
    item: str
    model: str
    raters: frozenset[str] = frozenset()


def lot(seed: int, key: str) -> float:
    """A number within [0, 1) that seed and key alone decide: it stays the same when other keys come or go."""
    return int.from_bytes(sha256(f"{seed}:{key}".encode()).digest()[:6]) / 2**48


def rating_queue(
    answers: Iterable[Answered],
    table: ScoreTable,
    reviewer: str,
    *,
    double_share: float = DOUBLE_SHARE,
    fair_every: int = FAIR_EVERY,
    seed: int = 0,
) -> tuple[str, ...]:
    """The answers that `reviewer` is to rate, in order; ask again whenever the table has changed.

    Answers nobody has rated come first where they decide something: in undecided cells whose item has no smaller
    sufficient model, the cell nearest to a verdict first and for as many ratings as that should take; then in
    undecided cells of larger models; then where what is left is too little to settle the cell; then in settled ones.
    Every `fair_every`-th comes from the items in rotation, so that none waits for longer than a round of them.

    A share of `double_share` of the answers, drawn by lot, is for a second reviewer too; these are mixed in so that
    second ratings keep about that share of the first ones. Nobody is given an answer that they have rated.
    Reviewers who work at the same time get a cell's answers in different orders and seldom meet.
    Raises ValueError for a share outside of 0..1 and for a `fair_every` below 1.
    """
    if not 0 <= double_share <= 1 or fair_every < 1:
        raise ValueError(f"a share of {double_share}, a fair place every {fair_every}")
    drawn = sorted(answers, key=lambda one: (lot(seed, f"{reviewer}:{one.answer}"), one.answer))
    second = [
        one.answer
        for one in drawn
        if len(one.raters) == 1 and reviewer not in one.raters and lot(seed, one.answer) < double_share
    ]
    rated = sum(bool(one.raters) for one in drawn)
    rated_twice = sum(len(one.raters) > 1 for one in drawn)
    items = sorted({one.item for one in drawn})
    first = _in_rotation(_by_use([one for one in drawn if not one.raters], table), items, rated, fair_every)
    return tuple(_mixed([one.answer for one in first], second, rated, rated_twice, double_share))


_DECIDES, _UNDECIDED, _OUT_OF_REACH, _SETTLED = range(4)
"""Tiers of cells, the first to be rated first."""


def _by_use(fresh: Sequence[Answered], table: ScoreTable) -> list[Answered]:
    """The answers that settle most first; those of one cell keep their order."""
    cells: dict[tuple[str, str], list[Answered]] = defaultdict(list)
    for one in fresh:
        cells[one.item, one.model].append(one)
    rows = {row.item.key: row for row in table.rows}
    size = {model: number for number, model in enumerate(table.models)}
    ranked = []
    for (item, model), found in cells.items():
        tier, forecast = _standing(rows.get(item), model, len(found))
        rank = (forecast, size.get(model, len(size)), item, model)
        for number, one in enumerate(found):
            beyond = tier < _OUT_OF_REACH and number >= forecast
            ranked.append(((_OUT_OF_REACH if beyond else tier, *rank, number), one))
    return [one for _, one in sorted(ranked)]


def _standing(row: Row | None, model: str, left: int) -> tuple[int, int]:
    """A cell's tier, and how many ratings of its `left` answers it should take to settle it or to judge it at all."""
    cell = row.cells.get(model) if row else None
    if row is None or cell is None or cell.verdict in ("meets", "fails"):
        return _SETTLED, left
    forecast = cell.more_ratings
    if cell.cases < FIRST_LOOK:
        forecast = min(left, FIRST_LOOK - cell.cases)
    if forecast is None or forecast > left:
        return _OUT_OF_REACH, left
    decides = row.smallest_sufficient is None or model in row.open_below
    return (_DECIDES if decides else _UNDECIDED), forecast


def _in_rotation(order: Sequence[Answered], items: Sequence[str], rated: int, fair_every: int) -> Iterator[Answered]:
    """`order`, but every `fair_every`-th of all first ratings is from the next item that has answers left.

    Places are counted on from the `rated` answers, so that the rotation goes on when the queue is asked for anew.
    """
    by_item = {item: deque(one for one in order if one.item == item) for item in items}
    best, taken = iter(order), set()
    for place in range(rated + 1, rated + len(order) + 1):
        turn, rest = divmod(place, fair_every)
        if rest == 0:
            start = turn % len(items)
            item = next(item for item in (*items[start:], *items[:start]) if by_item[item])
            following = by_item[item].popleft()
        else:
            following = next(one for one in best if one.answer not in taken)
            by_item[following.item].popleft()  # the same one: within an item the order is the same
        taken.add(following.answer)
        yield following


def _mixed(
    first: Sequence[str], second: Sequence[str], rated: int, rated_twice: int, double_share: float
) -> Iterator[str]:
    """New answers, with one for a second rating wherever second ratings have fallen behind their share."""
    waiting = deque(second)
    for answer in first:
        while waiting and rated_twice < double_share * rated:
            rated_twice += 1
            yield waiting.popleft()
        rated += 1
        yield answer
    yield from waiting
