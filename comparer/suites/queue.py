"""What to rate next, so that the score table settles soonest. Knows keys and counts: no texts, pictures or database.

Which cell of the table is rated next may depend on how the ratings went, since a verdict holds however one looks.
Which of a cell's answers comes next may not, or its pass rate would be that of chosen cases: they come by lot.

What is drawn is a conversation with one model: whoever rates its third answer has to read the first two, and so rates
them on the way. Most have one answer.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from operator import itemgetter
from typing import NamedTuple

from comparer.fit.score_table import Row, ScoreTable

DOUBLE_SHARE = 0.1
"""Share of conversations that two reviewers are to rate, so that their agreement can be told."""

FAIR_EVERY = 5
"""Every so many new conversations one comes from the item whose turn it is, however little it has to settle."""

FIRST_LOOK = 8
"""With fewer ratings than this a cell is looked at before its pass rate is trusted for a forecast."""


class Answered(NamedTuple):
    """An answer that can be rated, and who has rated it."""

    answer: str
    item: str
    model: str
    raters: frozenset[str] = frozenset()
    conversation: str = ""
    """With one model; its answers have the same item. Empty for an answer that stands alone."""
    turn: int = 0
    """Its place in the conversation."""


@dataclass(frozen=True, slots=True)
class _Conversation:
    """Answers of one conversation in their order; all of them, or those that are to be rated."""

    key: str
    answers: tuple[Answered, ...]

    @property
    def item(self) -> str:
        return self.answers[0].item

    @property
    def cell(self) -> tuple[str, str]:
        return self.answers[0].item, self.answers[0].model

    @property
    def unrated(self) -> tuple[Answered, ...]:
        return tuple(one for one in self.answers if not one.raters)

    def rated_by(self, reviewer: str) -> bool:
        return any(reviewer in one.raters for one in self.answers)

    def once_rated_by_others(self, reviewer: str) -> tuple[Answered, ...]:
        return tuple(one for one in self.answers if len(one.raters) == 1 and reviewer not in one.raters)


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

    A conversation that `reviewer` has begun to rate is finished first. Then answers nobody has rated come where
    they decide most: in undecided cells whose item has no smaller sufficient model, the cell nearest to a verdict
    first and for as many ratings as that should take; then in undecided cells of larger models; then where what is
    left is too little to settle the cell; then in settled ones. The answers of one conversation come one after the
    other. Every `fair_every`-th conversation comes from the items in rotation, so that none waits for longer than a
    round of them.

    A share of `double_share` of the conversations, drawn by lot, is for a second reviewer too; these are mixed in so
    that second ratings keep about that share of the first ones. Nobody is given an answer that they have rated.
    Reviewers who work at the same time get a cell's answers in different orders and seldom meet.
    Raises ValueError for a share outside of 0..1 and for a `fair_every` below 1.
    """
    if not 0 <= double_share <= 1 or fair_every < 1:
        raise ValueError(f"a share of {double_share}, a fair place every {fair_every}")
    drawn = sorted(_conversations(answers), key=lambda one: (lot(seed, f"{reviewer}:{one.key}"), one.key))
    fresh = [_Conversation(one.key, one.unrated) for one in drawn if one.unrated]
    second = [
        _Conversation(one.key, again)
        for one in drawn
        if not one.unrated and lot(seed, one.key) < double_share and (again := one.once_rated_by_others(reviewer))
    ]
    begun = {one.key for one in drawn if one.rated_by(reviewer)}
    rated = sum(any(each.raters for each in one.answers) for one in drawn)
    rated_twice = sum(any(len(each.raters) > 1 for each in one.answers) for one in drawn)
    items = sorted({one.item for one in drawn})
    first = _in_rotation(_by_use([one for one in fresh if one.key not in begun], table), items, rated, fair_every)
    mixed = _mixed(first, [one for one in second if one.key not in begun], rated, rated_twice, double_share)
    unfinished = [one for one in (*fresh, *second) if one.key in begun]
    return tuple(each.answer for one in (*unfinished, *mixed) for each in one.answers)


def _conversations(answers: Iterable[Answered]) -> list[_Conversation]:
    found: dict[str, list[Answered]] = defaultdict(list)
    for one in answers:
        found[one.conversation or one.answer].append(one)
    return [
        _Conversation(key, tuple(sorted(ones, key=lambda one: (one.turn, one.answer)))) for key, ones in found.items()
    ]


_DECIDES, _UNDECIDED, _OUT_OF_REACH, _SETTLED = range(4)
"""Tiers of cells, the first to be rated first."""


def _by_use(fresh: Sequence[_Conversation], table: ScoreTable) -> list[_Conversation]:
    """The conversations that settle most first; those of one cell keep their order."""
    cells: dict[tuple[str, str], list[_Conversation]] = defaultdict(list)
    for one in fresh:
        cells[one.cell].append(one)
    rows = {row.item.key: row for row in table.rows}
    size = {model: number for number, model in enumerate(table.models)}
    ranked = []
    for (item, model), found in cells.items():
        tier, forecast = _standing(rows.get(item), model, sum(len(one.answers) for one in found))
        rank = (forecast, size.get(model, len(size)), item, model)
        ratings = 0
        for number, one in enumerate(found):
            beyond = tier < _OUT_OF_REACH and ratings >= forecast
            ranked.append(((_OUT_OF_REACH if beyond else tier, *rank, number), one))
            ratings += len(one.answers)
    return [one for _, one in sorted(ranked, key=itemgetter(0))]


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


def _in_rotation(
    order: Sequence[_Conversation], items: Sequence[str], rated: int, fair_every: int
) -> Iterator[_Conversation]:
    """`order`, but every `fair_every`-th of all first ratings is from the next item that has something left.

    Places are counted on from the `rated` conversations, so that the rotation goes on when the queue is asked for
    anew.
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
            following = next(one for one in best if one.key not in taken)
            by_item[following.item].popleft()  # the same one: within an item the order is the same
        taken.add(following.key)
        yield following


def _mixed(
    first: Iterable[_Conversation],
    second: Sequence[_Conversation],
    rated: int,
    rated_twice: int,
    double_share: float,
) -> Iterator[_Conversation]:
    """New ones, with one for a second rating wherever second ratings have fallen behind their share."""
    waiting = deque(second)
    for one in first:
        while waiting and rated_twice < double_share * rated:
            rated_twice += 1
            yield waiting.popleft()
        rated += 1
        yield one
    yield from waiting
