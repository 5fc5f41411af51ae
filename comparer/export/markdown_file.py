"""The score table and the recommendation as GitHub Markdown, to paste into a document."""

import re
from collections.abc import Sequence
from pathlib import Path

from comparer import __version__
from comparer.export.source import Source, filter_used, minute
from comparer.fit.finding import Finding
from comparer.fit.findings import findings, what_was_used
from comparer.fit.recommendation import item_name, recommend
from comparer.fit.score_table import Cell, Row, ScoreTable

_MARKUP = re.compile(
    r"[\\`*_{}\[\]<>#|~$@&!]"
    r"|^[-+]|(?<=^\d)[.)]|(?<=^\d\d)[.)]|(?<=\d{3})[.)](?= )"  # what would begin a list
    r"|:(?=[A-Za-z/+])|(?<=www)\.",  # what would become a link or a little picture
    re.IGNORECASE,
)


def write_markdown(source: Source, file: Path) -> None:
    """Write it as UTF-8. Raises OSError, StoreError."""
    file.write_text(markdown(source), "utf-8")


def markdown(source: Source) -> str:
    """The recommendation, then items by models; whatever stands in a name is text, never markup or a link."""
    table, evidence, say = source.table(), source.evidence(), source.say
    headline, *reasons = [
        plain(reason.sentence(source.language, source.labels)) for reason in recommend(table).reasons
    ]
    used = " · ".join(f"{plain(name)}: {plain(value)}" for name, value in filter_used(source))
    lines = [
        f"## {plain(say('report.title'))}",
        "",
        f"**{headline}**",
        "",
        *(f"- {reason}" for reason in reasons),
        *([""] if reasons else []),
        *_table(source, table),
        "",
        plain(say("report.note_range")),
        "",
        f"### {plain(say('sure.title'))}",
        "",
        *map(_finding, findings(evidence, source.language, source.labels)),
        "",
        plain(" ".join(what_was_used(evidence, source.language))),
        "",
        f"{used} · {plain(minute(source.written_at))} · Model Comparer {plain(__version__)}",
    ]
    return "\n".join(lines) + "\n"


def _finding(one: Finding) -> str:
    return f"- **{plain(one.title)}**: {plain(' '.join((*one.says, one.takes)))}"


def plain(words: str) -> str:
    """`words` on one line with every character that Markdown or HTML could take for markup escaped."""
    return _MARKUP.sub(r"\\\g<0>", " ".join(words.split()))


def _table(source: Source, table: ScoreTable) -> list[str]:
    heads = [
        source.say("fit.item"),
        *(source.label(model) for model in table.models),
        source.say("fit.column_smallest"),
    ]
    return [
        _line([plain(head) for head in heads]),
        _line(["---"] * len(heads)),
        *(_line(_row(source, row)) for row in table.rows),
    ]


def _row(source: Source, row: Row) -> list[str]:
    needs = source.say("fit.needs", threshold=f"{row.threshold:.0%}")
    smallest = row.smallest_sufficient
    return [
        f"{plain(item_name(row.item, source.language))} ({plain(needs)})",
        *(_cell(source, cell) for cell in row.cells.values()),
        plain(source.say("fit.not_yet") if smallest is None else source.label(smallest)),
    ]


def _cell(source: Source, cell: Cell) -> str:
    if cell.pass_rate is None:
        return plain(source.say("fit.cell_empty"))
    verdict = plain(source.say(f"verdict.{cell.verdict}"))
    counts = plain(source.say("fit.cell_counts", cases=cell.cases, ratings=cell.ratings))
    return f"**{cell.pass_rate:.0%}** {verdict}<br>{cell.low:.0%} – {cell.high:.0%} · {counts}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
