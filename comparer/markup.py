"""Markdown that people or models wrote, made safe to show: nothing in it runs, and nothing calls another host.

Knows nothing of the page and of files.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.token import Token

_CODE = re.compile(r"(```.*?(?:```|$)|`[^`\n]*`)", re.DOTALL)


def harmless(markdown: str) -> str:
    """Markdown whose pictures are links and whose HTML is text; code stays as it is.

    A picture in an answer would make the reader's browser call whatever host the model names.
    """
    parts = _CODE.split(markdown)
    for place in range(0, len(parts), 2):
        parts[place] = parts[place].replace("<", "&lt;").replace("![", "[")
    return "".join(parts)


def markdown_html(markdown: str, *, line_breaks: bool = False) -> str:
    """Markdown as HTML: markup in it is text, pictures are not loaded, links lead to the web only.

    Its headings begin at h3. `line_breaks` keeps the ends of lines, as chats do.
    """
    parser = MarkdownIt("commonmark", {"html": False, "breaks": line_breaks}).enable("table").disable("image")
    parser.validateLink = _leads_to_the_web  # type: ignore[assignment,method-assign]
    parser.core.ruler.push("page_headings", lambda state: _below_the_title(state.tokens))
    return str(parser.render(markdown))


def _leads_to_the_web(address: str) -> bool:
    return address.startswith(("https://", "http://"))


def _below_the_title(tokens: list[Token]) -> None:
    """Headings come below those of the place where the text is shown; links open beside the page."""
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(6, int(token.tag[1]) + 2)}"
        for inner in token.children or ():
            if inner.type == "link_open":
                inner.attrSet("target", "_blank")
                inner.attrSet("rel", "noopener noreferrer")
