"""Text of models is shown as text: it runs nothing and calls nobody."""

from comparer.markup import harmless, markdown_html


def test_answers_call_no_other_host_and_run_no_markup() -> None:
    shown = harmless("![x](http://host/p.png) <img src=y> **bold**\n```html\n<img src=z>\n``` and `<b>`")
    assert shown == "[x](http://host/p.png) &lt;img src=y> **bold**\n```html\n<img src=z>\n``` and `<b>`"


def test_answers_as_html_keep_their_lines_and_run_nothing() -> None:
    html = markdown_html("one\ntwo <img src=x> ![x](https://host/p.png)\n\n# Title", line_breaks=True)
    assert "one<br />" in html and "<img" not in html and "<h3>Title</h3>" in html
    assert "one\ntwo" in markdown_html("one\ntwo")
