"""Whether a request comes from our own page, or from another site in somebody's browser. Pure."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers

_READS = frozenset({"GET", "HEAD"})
_OURS = frozenset({"same-origin", "none"})
"""`none`: typed into the address bar."""


def from_another_site(method: str, headers: Headers, changes: bool = False, trust_proxy: bool = False) -> bool:
    """Whether a page of another site makes a browser send this, other than by a plain link to look at a page.

    Scripts say nothing of an origin and are not meant; `changes`: even following a link would change something.
    A browser says by itself where a request comes from, and a page cannot make it say something else.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        link = method in _READS and headers.get("sec-fetch-mode") == "navigate" and not changes
        return site not in _OURS and not link
    origin = headers.get("origin")
    if origin is None:
        return False
    ours = {headers.get("host", "")}
    if trust_proxy:
        ours.add(headers.get("x-forwarded-host", "").partition(",")[0].strip())
    return urlsplit(origin).netloc not in ours - {""}  # "null", of a frame without rights, has none


def is_local(host: str) -> bool:
    """Whether a Host header names this computer, on whatever port; an absent one is no browser's."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return not host or name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False
