"""Reads ratings that were exported elsewhere: a file to checked records. Writes nothing."""

from comparer.imports.file import read_ratings

__all__ = ["read_ratings"]
