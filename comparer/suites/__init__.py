"""Suites of standard cases: their format, their import, and the automatic checks of answers.

A suite is a folder: `suite.toml` (titles, items), `cases.jsonl` (one case a line) and the pictures that they name.
Knows nothing of the page, the database or the models.
"""
