"""Ratings and the score table as files, one module per format family. Knows nothing of the page."""

from comparer.export.formats import FORMATS, export

__all__ = ["FORMATS", "export"]
