"""What somebody looks at on the tab "Test suites", and the address that says so: to reload, to go back, to share.

`/?tab=suites&run=ID&show=failures&item=KEY&find=WORDS&page=2&case=ID`; what is as at first is left out.
"""

import re
from dataclasses import dataclass, replace
from html import escape
from urllib.parse import parse_qs, urlencode

from comparer.suites.grid import SHOWN, Show

MAX_WORDS = 200
MAX_QUERY = 2000
_ID = re.compile(r"[\w.-]{1,64}")


@dataclass(frozen=True, slots=True)
class Looking:
    """Which run, which of its cases, and which one of them is open."""

    run: str = ""
    show: Show = "all"
    item: str = ""
    words: str = ""
    page: int = 1
    case: str = ""

    def at(self, run: str) -> "Looking":
        """Another run, from its beginning."""
        return Looking(run=run)

    def filtered(self, show: str, item: str, words: str) -> "Looking":
        """Other cases of the same run, from the first page; an unknown `show` shows all."""
        known: Show = next((each for each in SHOWN if each == show), "all")
        return replace(self, show=known, item=item, words=words.strip()[:MAX_WORDS], page=1, case="")


def address(looking: Looking) -> str:
    """The query of the page's address."""
    shown = {
        "run": looking.run,
        "show": "" if looking.show == "all" else looking.show,
        "item": looking.item,
        "find": looking.words,
        "page": "" if looking.page == 1 else str(looking.page),
        "case": looking.case,
    }
    return "?" + urlencode({"tab": "suites", **{name: value for name, value in shown.items() if value}})


def address_tag(query: str) -> str:
    """What the page's script writes into the browser's address; "" for a tab that leaves it to others."""
    return f"<i data-address='{escape(query)}'></i>"


def read_address(query: str) -> Looking | None:
    """What an address asks to look at; None when it is not about this tab. What cannot be is left out."""
    said = {name: values[-1] for name, values in said_in(query).items()}
    if said.get("tab") != "suites":
        return None
    looking = Looking(run=known_form(said.get("run", ""))).filtered(
        said.get("show", ""), known_form(said.get("item", "")), said.get("find", "")
    )
    return replace(looking, page=page_number(said.get("page", "")), case=known_form(said.get("case", "")))


def said_in(query: str) -> dict[str, list[str]]:
    """What an address says, by name."""
    return parse_qs(query[:MAX_QUERY].removeprefix("?"))


def known_form(said: str) -> str:
    """An id as it stands; empty for what can be none."""
    return said if _ID.fullmatch(said) else ""


def page_number(said: str) -> int:
    """A page from 1; the first for what is none."""
    return max(1, int(said)) if said.isascii() and said.isdigit() and len(said) < 7 else 1
