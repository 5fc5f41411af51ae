"""The statistics of the report: for each one what it says, and its small table."""

from html import escape

from comparer.export.source import Source
from comparer.fit.evidence import Evidence
from comparer.fit.finding import Finding, shown
from comparer.fit.findings import findings, what_was_used


def statistics_html(source: Source, evidence: Evidence) -> str:
    """All statistics; how each is computed stands among the definitions."""
    told = "".join(_finding(one) for one in findings(evidence, source.language, source.labels))
    used = " ".join(what_was_used(evidence, source.language))
    return (
        f"<section class='statistics'><h2>{escape(source.say('sure.title'))}</h2>"
        f"<p class='note'>{escape(used)}</p>{told}</section>"
    )


def _finding(one: Finding) -> str:
    says, takes = escape(" ".join(one.says)), escape(one.takes)
    told = f"<p>{says} <span class='takes'>{takes}</span></p>"
    return f"<div class='finding {one.key}'><h3>{escape(one.title)}</h3>{told}{_table(one)}</div>"


def _table(one: Finding) -> str:
    if not one.rows:
        return ""
    heads = "".join(f"<th scope='col'>{escape(column.title)}</th>" for column in one.columns)
    rows = "".join(
        "<tr>"
        + "".join(f"<td>{escape(shown(value, column))}</td>" for value, column in zip(row, one.columns, strict=True))
        + "</tr>"
        for row in one.rows
    )
    return f"<table class='small'><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
