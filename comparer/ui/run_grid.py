"""Functions from a run's grid to the HTML of its table. Everything foreign is escaped; no Gradio, no database."""

from collections.abc import Mapping, Sequence
from html import escape

from comparer.run_records import RunModel
from comparer.suites.grid import GridCell, GridRow
from comparer.texts import Language, text
from comparer.ui import units
from comparer.ui.run_rendering import model_colours

PAGE = 100
MAX_QUESTION = 160
"""Characters of a case's first question in a row."""
MARKS = {"passed": "✓", "partial": "◐", "failed": "✗", "unjudged": "·", "error": "!", "missing": "–"}


def pages(rows: int) -> int:
    """How many pages so many rows fill, at least one."""
    return max(1, -(-rows // PAGE))


def count_html(rows: int, page: int, language: Language) -> str:
    """The line that says which of the rows are shown."""
    if not rows:
        return f"<p class='history-count' role='status'>{escape(text('grid.none', language))}</p>"
    first = (page - 1) * PAGE + 1
    last = min(rows, page * PAGE)
    said = text("grid.count", language, first=first, last=last, rows=rows)
    return f"<p class='history-count' role='status'>{escape(said)}</p>"


def grid_html(
    rows: Sequence[GridRow], models: Sequence[RunModel], items: Mapping[str, str], last: str, language: Language
) -> str:
    """The rows of one page, each opening its case; `last` is the one that was open. `items` names items by key."""
    if not rows:
        return ""
    colours = model_colours(models)
    heads = "".join(
        f"<th scope='col' class='{colours[model.key]}'><span class='dot' aria-hidden='true'></span>"
        f"{escape(model.label)}</th>"
        for model in models
    )
    body = "".join(_row_html(row, models, items, row.case.id == last, language) for row in rows)
    return (
        f"<div class='fit-scroll'><table class='grid'><caption class='sr-only'>"
        f"{escape(text('grid.caption', language))}</caption><thead><tr><th scope='col'>"
        f"{escape(text('grid.case', language))}</th>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
        f"<p class='fit-legend'>{escape(text('grid.legend', language))}</p>"
    )


def _row_html(
    row: GridRow, models: Sequence[RunModel], items: Mapping[str, str], last: bool, language: Language
) -> str:
    case = row.case
    question = case.turns[0].question
    if len(question) > MAX_QUESTION:
        question = question[:MAX_QUESTION].rstrip() + "…"
    facts = [case.id, items.get(case.item, case.item)]
    if len(case.turns) > 1:
        facts.append(text("grid.turns", language, count=len(case.turns)))
    marks = ""
    if case.key:
        marks += f"<i class='badge'>{escape(text('grid.key', language))}</i>"
    if row.differs:
        marks += f"<i class='badge differs'>≠ {escape(text('grid.differs', language))}</i>"
    current = " aria-current='true'" if last else ""
    cells = "".join(_cell_html(row.cells[model.key], model, language) for model in models)
    return (
        f"<tr data-case='{escape(case.id)}'{current}><th scope='row'>"
        f"<button type='button' class='case-open' dir='auto'>"
        f"{escape(question)}</button>"
        f"<small>{escape(' · '.join(facts))} {marks}</small></th>{cells}</tr>"
    )


def outcome_html(cell: GridCell, language: Language) -> str:
    """What checks say of a cell, as sign, word and score; an answer that failed is said beside it."""
    said = text(f"outcome.{cell.outcome}", language)
    score = f" {units.percent(cell.score)}" if cell.score is not None and cell.score not in {0.0, 1.0} else ""
    html = (
        f"<span class='outcome {cell.outcome}'><span aria-hidden='true'>{MARKS[cell.outcome]}</span> "
        f"{escape(said)}{score}</span>"
    )
    if cell.errors and cell.outcome != "error":
        errors = escape(text("suites.errors", language, count=cell.errors))
        html += f" <span class='outcome error'>! {errors}</span>"
    return html


def people_html(ratings: int, accepted: int, language: Language) -> str:
    """What people say, apart from any check; nothing before somebody has rated."""
    if not ratings:
        return ""
    kind = "meets" if accepted == ratings else "fails" if not accepted else "mixed"
    said = text("grid.people", language, accepted=accepted, ratings=ratings)
    return f"<small class='people {kind}'>{escape(said)}</small>"


def _cell_html(cell: GridCell, model: RunModel, language: Language) -> str:
    return (
        f"<td data-model='{escape(model.label)}'>{outcome_html(cell, language)}"
        f"{people_html(cell.ratings, cell.accepted, language)}</td>"
    )
