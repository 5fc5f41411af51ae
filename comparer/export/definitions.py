"""What every column and figure of an export means, in the reader's language."""

from comparer.export.rows import RATING_COLUMNS, SUMMARY_COLUMNS
from comparer.fit.findings import STATISTICS
from comparer.texts import Language, text

FIGURES = (
    *("pass_rate", "cases", "ratings", "design_effect", "threshold", "interval", "sequence", "verdict"),
    *("more_ratings", "smallest_sufficient", "median_seconds"),
    *STATISTICS,
)
"""What a reader of the report needs to know, in the order in which it is met."""

COLUMNS = tuple(dict.fromkeys((*SUMMARY_COLUMNS, *RATING_COLUMNS)))
"""Every column of the score table and of the ratings, once."""


def meaning(name: str, language: Language) -> str:
    """What the column or figure `name` means, in a sentence or two."""
    return text(f"definition.{name}", language)


def figure_name(name: str, language: Language) -> str:
    """What one of `FIGURES` is called in a report."""
    return text(f"figure.{name}", language)
