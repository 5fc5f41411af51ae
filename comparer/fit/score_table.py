"""Items by models: pass rate, interval, verdict, and the smallest model that is enough for each item.

Pure: counts in, a table out. Knows nothing of the database, the page or languages.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from comparer.fit.clustered import design_effect_of_sums
from comparer.fit.intervals import (
    Verdict,
    confidence_sequence,
    more_ratings_to_settle,
    verdict,
    wilson_interval,
)
from comparer.records import CellCount, TestItem


@dataclass(frozen=True, slots=True)
class Cell:
    """One model on one item. Rates are 0..1, None without ratings."""

    pass_rate: float | None
    """Mean over cases of the share of acceptable ratings."""
    low: float | None
    high: float | None
    """Wilson's 95 % interval: what is drawn."""
    sequence_low: float | None
    sequence_high: float | None
    """The confidence sequence, somewhat wider: what the verdict goes by."""
    cases: int
    ratings: int
    verdict: Verdict
    more_ratings: int | None
    """About how many more ratings (of new cases) would settle an undecided verdict; 0 when settled."""
    design_effect: float | None = None
    """How many ratings count like one independent one, since ratings of one case tend to agree (Rao and Scott); >= 1.

    None when it was not counted. The verdict does not go by it: its unit is the case, which is never too sure."""
    closed: bool = False
    """Whether it is undecided and a staged run has left it, for the rest of its suite cannot show any more that the
    threshold is met."""

    @property
    def independent_ratings(self) -> float | None:
        """As how many independent ratings the cell's count; at most `ratings`."""
        return None if self.design_effect is None else self.ratings / self.design_effect


EMPTY_CELL = Cell(None, None, None, None, None, 0, 0, "no_ratings", None)


@dataclass(frozen=True, slots=True)
class Row:
    """One item. `cells` holds every model of the table, smallest first."""

    item: TestItem
    cells: Mapping[str, Cell]
    smallest_sufficient: str | None
    """The smallest model shown so far to meet the threshold."""
    open_below: tuple[str, ...]
    """Smaller models than that (all models, when there is none) that may still prove to be enough."""

    @property
    def threshold(self) -> float:
        """The pass rate that the item needs."""
        return self.item.threshold

    @property
    def rated(self) -> bool:
        """Whether any model has a rating on this item."""
        return any(cell.ratings for cell in self.cells.values())


@dataclass(frozen=True, slots=True)
class ScoreTable:
    """All items in their order; `models` smallest first."""

    models: tuple[str, ...]
    rows: tuple[Row, ...]


def score_table(items: Iterable[TestItem], models: Sequence[str], counts: Iterable[CellCount]) -> ScoreTable:
    """The table of `models` (smallest first) on `items`; counts of other models and items are left out."""
    by_place = {(count.item, count.model): count for count in counts}
    return ScoreTable(
        models=tuple(models),
        rows=tuple(_row(item, models, by_place) for item in items),
    )


def _row(item: TestItem, models: Sequence[str], counts: Mapping[tuple[str, str], CellCount]) -> Row:
    return _row_of(item, models, {model: cell(counts.get((item.key, model)), item.threshold) for model in models})


def _row_of(item: TestItem, models: Sequence[str], cells: Mapping[str, Cell]) -> Row:
    sufficient = next((model for model in models if cells[model].verdict == "meets"), None)
    smaller = models if sufficient is None else models[: list(models).index(sufficient)]
    return Row(
        item=item,
        cells=cells,
        smallest_sufficient=sufficient,
        open_below=tuple(model for model in smaller if cells[model].verdict != "fails"),
    )


def with_thresholds(table: ScoreTable, thresholds: Mapping[str, float]) -> ScoreTable:
    """The same counts held against other thresholds, by item; items that are not named keep theirs.

    Quicker than a new table: rates and intervals do not go by the threshold.
    """
    rows = []
    for row in table.rows:
        item = replace(row.item, threshold=thresholds.get(row.item.key, row.threshold))
        cells = {model: _held_against(old, item.threshold) for model, old in row.cells.items()}
        rows.append(_row_of(item, table.models, cells))
    return replace(table, rows=tuple(rows))


def _held_against(old: Cell, threshold: float) -> Cell:
    if old.pass_rate is None:
        return old
    passed = old.pass_rate * old.cases
    return replace(
        old,
        verdict=verdict(passed, old.cases, threshold),
        more_ratings=more_ratings_to_settle(passed, old.cases, threshold),
    )


def cell(count: CellCount | None, threshold: float) -> Cell:
    """One count as a cell."""
    if count is None or count.cases == 0:
        return EMPTY_CELL
    drawn = wilson_interval(count.passed, count.cases)
    sequence = confidence_sequence(count.passed, count.cases)
    return Cell(
        pass_rate=count.passed / count.cases,
        low=drawn.low,
        high=drawn.high,
        sequence_low=sequence.low,
        sequence_high=sequence.high,
        cases=count.cases,
        ratings=count.ratings,
        verdict=verdict(count.passed, count.cases, threshold),
        more_ratings=more_ratings_to_settle(count.passed, count.cases, threshold),
        design_effect=design_effect_of_sums(count.cases, count.ratings, count.spread) if count.spread else None,
    )


def with_closed(table: ScoreTable, closed: Collection[tuple[str, str]]) -> ScoreTable:
    """The table with these cells (item and model) as closed where they are undecided."""
    rows = []
    for row in table.rows:
        left = {
            model: replace(cell, closed=True, more_ratings=None)
            for model, cell in row.cells.items()
            if (row.item.key, model) in closed and cell.verdict == "undecided"
        }
        still_open = tuple(model for model in row.open_below if model not in left)
        rows.append(replace(row, cells={**row.cells, **left}, open_below=still_open))
    return replace(table, rows=tuple(rows))
