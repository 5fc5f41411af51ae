"""Suites of standard cases: their format, checks, plans and runs."""
