"""What a visitor may not do is not offered to them either, and what the page keeps of them is said.

To hide is a courtesy only: whatever does something asks for the right itself (`comparer.access`).
"""

from collections.abc import Mapping
from html import escape
from types import MappingProxyType

from comparer.access import Access, Deed
from comparer.access.roles import DEEDS
from comparer.settings import Settings
from comparer.texts import Language, text

_READ: Mapping[Deed, str] = MappingProxyType(
    {
        "items.edit": ".threshold-said { display: inline !important; }",
        "prices.edit": ".plan-said { display: flex !important; } "
        ".cost-prices .threshold-said { display: inline !important; }",
    }
)
"""What is read where the fields for it cannot be used."""


def for_deed(deed: Deed) -> str:
    """The class of whatever is of use only to those who may do something."""
    return f"for-{deed.replace('.', '-').replace('_', '-')}"


EDITORS = for_deed("prices.edit")
"""Of what holds for everybody once it is set: prices, cards, and what the cost rests on."""


def hidden_html(access: Access) -> str:
    """A style sheet that hides what the present visitor may not do; empty where everybody may do everything."""
    if access.everybodys:
        return ""
    barred = [deed for deed in DEEDS if not access.may(deed)]
    if not barred:
        return ""
    hidden = ", ".join(f".{for_deed(deed)}" for deed in barred)
    read = " ".join(_READ[deed] for deed in barred if deed in _READ)
    return f"<style>{hidden} {{ display: none !important; }} {read}</style>"


def account_html(access: Access, language: Language) -> str:
    """As what somebody has signed in (the name stands beside it), and the way out; empty where nobody does here."""
    if access.mode != "users":
        return ""
    visitor = access.visitor
    said = escape(text(f"login.as_{visitor.role}", language))
    leave = escape(text("login.sign_out", language))
    return f"<form class='account' method='post' action='logout'><span>{said}</span><button>{leave}</button></form>"


def consent_html(settings: Settings, language: Language) -> str:
    """On a shared page one sentence that something is kept, and what exactly when it is opened; else empty."""
    if not settings.shared:
        return ""
    days = settings.retention_days
    sentence = text("consent.days" if days else "consent.always", language, days=days)
    kept = "".join(
        f"<li>{escape(text(f'consent.{part}', language, days=days))}</li>"
        for part in ("asked", "rated", "seen", "cookie", "deleted" if days else "delete")
    )
    return (
        f"<details class='consent'><summary>{escape(sentence)} <u>{escape(text('consent.what', language))}</u>"
        f"</summary><ul>{kept}</ul></details>"
    )
