"""The report: one HTML file that opens offline, prints on a few A4 pages and may be handed to anybody.

plotly.js lies inside the file. Its own content policy lets nothing be fetched and no other script run, whatever
stands in a name; all foreign text is escaped besides.
"""

from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from html import escape
from pathlib import Path

from comparer import __version__
from comparer.export.definitions import FIGURES, figure_name, meaning
from comparer.export.html_cost import cost_html
from comparer.export.html_figures import Drawing, Material, drawings, gather, script_json
from comparer.export.html_statistics import statistics_html
from comparer.export.html_table import advice_html, table_html
from comparer.export.source import Source, filter_used, minute
from comparer.paths import ASSETS

_DRAW = """
for (const { id, figure, config } of JSON.parse(document.getElementById("figures").textContent)) {
  Plotly.newPlot(id, figure.data, figure.layout, config);
}
"""


def write_report(source: Source, file: Path) -> None:
    """Write the report as UTF-8, about 5 MB of it plotly.js. Raises OSError, StoreError."""
    with file.open("w", encoding="utf-8", newline="\n") as out:
        out.write(report(source))


def report(source: Source) -> str:
    """The whole document, light, in the language of `source`."""
    from plotly.offline import get_plotlyjs

    material = gather(source)
    drawn = drawings(source, material)
    library: str = get_plotlyjs().replace("\r\n", "\n")
    policy = (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
        f"script-src {_hash(library)} {_hash(_DRAW)}"
    )
    title = escape(source.say("report.title"))
    return f"""<!doctype html>
<html lang="{"zh-CN" if source.language == "zh" else "en"}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<title>{title}</title>
<style>{(ASSETS / "report.css").read_text("utf-8")}</style>
</head>
<body>
<main>
{_head(source, material)}
{advice_html(source, material.table)}
<h2>{escape(source.say("report.scores"))}</h2>
{table_html(source, material.table)}
<p class="note">{escape(source.say("report.note_table"))} {escape(source.say("fit.legend"))}</p>
{"".join(_figure(one) for one in drawn)}
{statistics_html(source, material.evidence)}
{cost_html(source)}
{_definitions(source)}
</main>
<noscript><p>{escape(source.say("report.no_script"))}</p></noscript>
<script type="application/json" id="figures">{script_json(drawn)}</script>
<script>{library}</script>
<script>{_DRAW}</script>
</body>
</html>
"""


def _hash(script: str) -> str:
    return f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"


def _head(source: Source, material: Material) -> str:
    say = source.say
    facts = [
        (say("report.date"), minute(source.written_at)),
        (say("chart.given"), f"{material.ratings:,}"),
        (say("filter.reviewers"), f"{material.evidence.reviewers:,}"),
        (say("report.period"), material.period),
    ]
    told = _pairs((name, value) for name, value in facts if value)
    return (
        f"<header><p class='product'>{escape(say('app.name'))} {escape(__version__)}</p>"
        f"<h1>{escape(say('report.title'))}</h1><dl class='facts'>{told}</dl></header>"
    )


def _figure(drawing: Drawing) -> str:
    return (
        f"<figure><h2>{escape(drawing.title)}</h2><p class='note'>{escape(drawing.note)}</p>"
        f"<div id='{drawing.id}' class='chart' role='img' aria-label='{escape(drawing.title)}'"
        f" style='height:{drawing.height}px'></div></figure>"
    )


def _definitions(source: Source) -> str:
    language = source.language
    terms = _pairs([(figure_name(name, language), meaning(name, language)) for name in FIGURES])
    return (
        f"<section class='definitions'><h2>{escape(source.say('report.definitions'))}</h2><dl>{terms}</dl>"
        f"<h2>{escape(source.say('report.filter'))}</h2>"
        f"<dl>{_pairs(filter_used(source))}</dl></section>"
    )


def _pairs(pairs: Iterable[tuple[str, str]]) -> str:
    return "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in pairs)
