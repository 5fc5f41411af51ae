"""Fetch a picture from a public web address, and from nowhere else.

The host name is resolved here, every address must be a public one, and the connection goes to that very address,
so that neither a redirect nor a second name look-up can lead inside (SSRF, DNS rebinding).
"""

import ipaddress
import queue
import socket
import threading
from time import monotonic
from urllib.parse import urljoin, urlsplit

import httpx

from comparer.errors import InputError

MAX_REDIRECTS = 4
TIMEOUT_S = 20.0
PORTS = (80, 443)
"""Others are of services that are not meant for whoever asks us to look there."""


_INWARD = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "64:ff9b::/96",  # NAT64 (RFC 6052): stands for an IPv4 address, an inner one too
        "64:ff9b:1::/48",  # local NAT64 (RFC 8215)
        "::/96",  # IPv4-compatible (RFC 4291, 2.5.5.1)
        "fec0::/10",  # site-local (RFC 3879)
    )
)
"""IPv6 networks that lead inside although `ipaddress` calls them global."""


def fetch_picture(address: str, max_bytes: int) -> bytes:
    """The bytes at `address` (http or https, at most `max_bytes`, within 20 s). Raises `InputError`.

    The deadline holds for names, redirects and body together. The system's name look-up cannot be interrupted and a
    server may send a byte at a time, so the work has a thread of its own, which is left behind when time is up.
    """
    deadline = monotonic() + TIMEOUT_S
    outcome: queue.SimpleQueue[bytes | Exception] = queue.SimpleQueue()

    def work() -> None:
        try:
            outcome.put(_fetch(address, max_bytes, deadline))
        except Exception as error:  # noqa: BLE001 - raised again below, where somebody waits for it
            outcome.put(error)

    threading.Thread(target=work, name="fetch-picture", daemon=True).start()
    try:
        found = outcome.get(timeout=TIMEOUT_S)
    except queue.Empty:
        raise InputError("address_unreachable", address=address[:200]) from None
    if isinstance(found, Exception):
        raise found
    return found


def _fetch(address: str, max_bytes: int, deadline: float) -> bytes:
    for _ in range(MAX_REDIRECTS + 1):
        target = _public_target(address)
        try:
            answer = _get(target, max_bytes, deadline)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise InputError("address_unreachable", address=address[:200]) from error
        if isinstance(answer, bytes):
            return answer
        address = urljoin(address, answer)
    raise InputError("address_redirects", address=address[:200])


class _Target:
    """A checked address: the URL with the resolved IP in it, and the name for Host and TLS."""

    def __init__(self, url: httpx.URL, ip: str) -> None:
        self.host = url.host
        self.header = url.netloc.decode("ascii").rpartition("@")[2]
        self.url = url.copy_with(host=ip, username=None, password=None)


def _public_target(address: str) -> _Target:
    try:
        parts = urlsplit(address.strip())
        url = httpx.URL(address.strip())
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    except (ValueError, KeyError, httpx.InvalidURL) as error:
        raise InputError("address_not_http", address=address[:200]) from error
    if not url.host:
        raise InputError("address_not_http", address=address[:200])
    try:
        found = socket.getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise InputError("address_unreachable", address=address[:200]) from error
    ips = [str(entry[4][0]).partition("%")[0] for entry in found]
    if not ips or not all(_is_public(ip) for ip in ips):
        raise InputError("address_not_public", address=address[:200])
    if port not in PORTS:
        raise InputError("address_port", address=address[:200])
    return _Target(url, ips[0])


def _is_public(ip: str) -> bool:
    parsed = ipaddress.ip_address(ip)
    if isinstance(parsed, ipaddress.IPv6Address):
        embedded = parsed.ipv4_mapped or parsed.sixtofour or (parsed.teredo and parsed.teredo[1])
        if embedded or any(parsed in network for network in _INWARD):
            return False
    return parsed.is_global and not parsed.is_multicast


def _get(target: _Target, max_bytes: int, deadline: float) -> bytes | str:
    """The body, or the place that a redirect points to."""
    left_s = deadline - monotonic()
    if left_s <= 0:
        raise InputError("address_unreachable", address=str(target.host))
    with httpx.Client(timeout=httpx.Timeout(left_s, connect=min(5.0, left_s)), trust_env=False) as client:
        request = client.build_request(
            "GET",
            target.url,
            headers={
                "Host": target.header,
                "User-Agent": "comparer",
                "Accept": "image/*",
                "Accept-Encoding": "identity",  # what is packed could be a bomb
            },
            extensions={"sni_hostname": target.host},
        )
        response = client.send(request, stream=True, follow_redirects=False)
        try:
            if response.has_redirect_location:
                return response.headers["Location"]
            response.raise_for_status()
            body = bytearray()
            for chunk in response.iter_raw():
                body += chunk
                if len(body) > max_bytes:
                    raise InputError("file_too_large", limit=max_bytes // 1_000_000)
                if monotonic() > deadline:
                    raise InputError("address_unreachable", address=str(target.host))
            return bytes(body)
        finally:
            response.close()
