"""Functions from suites, cases and what is wrong with them to the HTML of the panel "Cases".

Knows nothing of Gradio. Everything that came from people is escaped.
"""

import re
from collections.abc import Mapping, Sequence
from html import escape

from comparer.errors import ComparerError
from comparer.fit.recommendation import item_name
from comparer.records import TestItem
from comparer.suites.cases import Suite, SuiteCase, SuiteItem
from comparer.suites.checks import Judgement
from comparer.suites.library import Library
from comparer.suites.problems import Problem, SuiteError
from comparer.texts import Language, text
from comparer.ui.thumbnails import file_thumbnail_html

Choices = list[tuple[str, str]]
PAGE = 25
MAX_ROW_QUESTION = 140
_TURN_FIELD = re.compile(r"turns\[(\d+)\](?:\.(\w+))?")


def suite_choices(library: Library, language: Language) -> Choices:
    """Every suite by its title, those that ship first; a broken one by its folder's name."""
    names = []
    for found in library.listed():
        title = found.head.title(language) if found.head else text("cases.broken", language, name=found.folder.name)
        shipped = text("cases.shipped", language, title=title) if library.is_shipped(found.folder.name) else title
        names.append((shipped, found.folder.name))
    return names


def own_choices(library: Library, language: Language) -> Choices:
    """The suites to which a case can be added."""
    own = [found for found in library.listed() if found.head and not library.is_shipped(found.folder.name)]
    return [(found.head.title(language), found.folder.name) for found in own if found.head]


def item_choices(items: Sequence[TestItem], language: Language) -> Choices:
    """The test items as (name, key)."""
    return [(item_name(item, language), item.key) for item in items]


def named(item: SuiteItem, language: Language) -> str:
    """What a suite calls one of its items."""
    return (item.name_zh if language == "zh" else item.name_en) or item.name_en or item.name_zh or item.key


def found_cases(suite: Suite, sought: str) -> list[SuiteCase]:
    """The cases in whose id, item, questions or reference answers all sought words stand."""
    words = sought.casefold().split()
    return [case for case in suite.cases if all(word in _words(case) for word in words)]


def _words(case: SuiteCase) -> str:
    parts = [case.id, case.item, *(part for turn in case.turns for part in (turn.question, turn.reference))]
    return "\n".join(parts).casefold()


def list_html(
    suite: Suite, cases: Sequence[SuiteCase], page: int, opened: str, items: Mapping[str, str], language: Language
) -> str:
    """A page of the cases, each a link that opens it, after the line that counts them."""
    first = page * PAGE
    shown = cases[first : first + PAGE]
    if not shown:
        key = "cases.nothing_found" if suite.cases else "cases.empty"
        return f"<p class='history-empty'>{escape(text(key, language))}</p>"
    count = text("cases.count", language, first=first + 1, last=first + len(shown), total=len(cases))
    rows = "".join(_row(suite, case, case.id == opened, items, language) for case in shown)
    return f"<p class='history-count' role='status'>{escape(count)}</p><ul class='conversations'>{rows}</ul>"


def _row(suite: Suite, case: SuiteCase, opened: bool, items: Mapping[str, str], language: Language) -> str:
    question = case.turns[0].question.strip()
    if len(question) > MAX_ROW_QUESTION:
        question = question[:MAX_ROW_QUESTION].rstrip() + "…"
    checks = sum(turn.check is not None for turn in case.turns)
    counts = text("cases.row", language, turns=len(case.turns), checks=checks)
    pictures = text("cases.row_pictures", language, pictures=len(case.pictures)) if len(case.pictures) > 1 else ""
    facts = " · ".join(escape(part) for part in (items.get(case.item, case.item), counts, pictures) if part)
    badge = f" <i class='badge'>{escape(text('cases.key', language))}</i>" if case.key else ""
    current = " aria-current='true'" if opened else ""
    return (
        f"<li><a class='conversation' href='#' data-suite-case='{escape(suite.name)} {escape(case.id)}'{current}>"
        f"{file_thumbnail_html(suite.folder / case.pictures[0])}"
        f"<span class='conversation-text'><b dir='auto'>{escape(question)}</b><span>{facts}{badge}</span>"
        f"<span>{escape(case.id)}</span></span></a></li>"
    )


def nothing_opened_html(key: str, language: Language) -> str:
    """What stands in the form's place: the sentence of `key`."""
    return f"<p class='history-empty'>{escape(text(key, language))}</p>"


def head_html(case: str, dirty: bool, note: str, language: Language) -> str:
    """The form's headline; `note` is a sentence about the suite."""
    title = case or text("cases.new_case_title", language)
    badge = f" <i class='badge'>{escape(text('cases.unsaved', language))}</i>" if dirty else ""
    said = f"<p class='read-note'>{escape(note)}</p>" if note else ""
    return f"<header class='case-head'><h2 tabindex='-1'>{escape(title)}{badge}</h2>{said}</header>"


def judged_html(judgement: Judgement, language: Language) -> str:
    """What a check says of a typed answer: the verdict in words, its score and its reason."""
    kind, mark = ("meets", "✓") if judgement.passed else ("fails", "✗")
    verdict = text("cases.passes" if judgement.passed else "cases.does_not_pass", language)
    return (
        f"<p class='own-rating {kind}' role='status'>{mark} {escape(verdict)} · {judgement.score:.2f} · "
        f"{escape(judgement.sentence(language))}</p>"
    )


def said_html(sentence: str, link: str = "", link_words: str = "") -> str:
    """What has been done; `link` is a suite and a case to open, divided by a space."""
    opener = f" <a href='#' data-suite-case='{escape(link)}'>{escape(link_words)}</a>" if link else ""
    return f"<p class='vote-status' role='status'>{escape(sentence)}{opener}</p>"


def refused_html(error: ComparerError, language: Language, own_form: bool = False) -> str:
    """Why something was refused: every wrong line of a suite as a table, any other error as its sentence.

    `own_form`: the problems are the form's, whose fields have names of their own and no rows.
    """
    if not isinstance(error, SuiteError):
        return (
            f"<div class='import-report import-refused' role='alert'><p>{escape(error.sentence(language))}</p></div>"
        )
    columns = ["field", "problem"] if own_form else ["file", "row", "field", "problem"]
    heads = "".join(f"<th scope='col'>{escape(text(f'problems.{column}', language))}</th>" for column in columns)
    rows = "".join(_problem_row(problem, own_form, language) for problem in error.problems)
    more = error.count - len(error.problems)
    rest = f"<p>{escape(text('place.more', language, count=more))}</p>" if more else ""
    label = escape(text("problems.title", language))
    return (
        f"<div class='import-report import-refused' role='alert'><p>{escape(error.heading(language))}</p></div>"
        f"<div class='problems' tabindex='0' role='region' aria-label='{label}'><table class='plain'>"
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>{rest}</div>"
    )


def _problem_row(problem: Problem, own_form: bool, language: Language) -> str:
    said = escape(text(problem.key, language, **problem.parameters))
    if own_form:
        return f"<tr><td>{escape(_field_words(problem.column, language))}</td><td>{said}</td></tr>"
    row = "" if problem.row is None else str(problem.row)
    return (
        f"<tr><td>{escape(problem.file)}</td><td class='number'>{row}</td>"
        f"<td><code>{escape(problem.column)}</code></td><td>{said}</td></tr>"
    )


def _field_words(column: str, language: Language) -> str:
    """`turns[1].check` as the form calls it."""
    turn = _TURN_FIELD.match(column)
    if turn:
        name = turn[2] if turn[2] in {"question", "reference", "check"} else "question"
        return text("cases.field_of_turn", language, number=int(turn[1]) + 1, field=text(f"cases.{name}", language))
    known = {"item": "compare.item", "check": "cases.check", "pictures": "cases.pictures"}
    name = re.split(r"[.\[]", column, maxsplit=1)[0]
    return text(known[name], language) if name in known else column
