"""Who a visitor is, what they may do, and how much of it. Knows nothing of Gradio, HTTP and the database's tables."""

from comparer.access.limits import Limits, Turnstile
from comparer.access.roles import Deed, Role
from comparer.access.rules import Access
from comparer.access.visitor import EVERYBODY, Visitor

__all__ = ["EVERYBODY", "Access", "Deed", "Limits", "Role", "Turnstile", "Visitor"]
