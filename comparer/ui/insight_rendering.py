"""Pure functions from the findings to the HTML of the panel below the score table."""

from collections.abc import Sequence
from html import escape

from comparer.fit.finding import Column, Finding, Value, shown
from comparer.texts import Language, text


def findings_html(told: Sequence[Finding], used: Sequence[str], language: Language) -> str:
    """A card for each finding, and above them which ratings they rest on."""
    cards = "".join(_card(one, language) for one in told)
    return f"<p class='fit-legend'>{escape(' '.join(used))}</p><div class='findings'>{cards}</div>"


def _card(one: Finding, language: Language) -> str:
    says = "".join(f"<p>{escape(sentence)}</p>" for sentence in one.says)
    takes = f"<p class='takes'>{escape(one.takes)}</p>" if one.takes else ""
    return (
        f"<section class='finding' data-finding='{one.key}'><h3>{escape(one.title)}</h3>{says}{takes}{_table(one)}"
        f"<details><summary>{escape(text('sure.computed', language))}</summary><p>{escape(one.method)}</p></details>"
        "</section>"
    )


def _table(one: Finding) -> str:
    if not one.rows:
        return ""
    heads = "".join(f"<th scope='col'>{escape(column.title)}</th>" for column in one.columns)
    rows = "".join(_row(row, one.columns) for row in one.rows)
    return (
        f"<div class='fit-scroll'><table aria-label='{escape(one.title)}'><thead><tr>{heads}</tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
    )


def _row(row: Sequence[Value], columns: Sequence[Column]) -> str:
    first, *others = (escape(shown(value, column)) for value, column in zip(row, columns, strict=True))
    return f"<tr><th scope='row'>{first}</th>{''.join(f'<td>{other}</td>' for other in others)}</tr>"
