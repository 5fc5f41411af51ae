"""Automatic checks of an answer. Their scores stand beside people's ratings and are never mixed into them."""

from comparer.suites.checks.judging import Judgement, judge
from comparer.suites.checks.kinds import Anls, AnyOf, Check, Choice, Contains, Exact, Number, Regex

__all__ = ["Anls", "AnyOf", "Check", "Choice", "Contains", "Exact", "Judgement", "Number", "Regex", "judge"]
