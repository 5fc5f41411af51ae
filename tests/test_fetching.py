"""Picture addresses: only public http(s), whatever they are called, wherever they lead."""

import http.server
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from comparer import fetching
from comparer.errors import InputError
from comparer.fetching import fetch_picture

INWARD = [
    "http://127.0.0.1/a.png",
    "http://localhost/a.png",
    "http://[::1]/a.png",
    "http://[::ffff:127.0.0.1]/a.png",
    "http://0.0.0.0/",
    "http://10.0.0.8/a.png",
    "http://192.168.1.1/a.png",
    "http://172.16.3.4/a.png",
    "http://169.254.169.254/latest/meta-data/",
    "http://2130706433/a.png",
    "http://0x7f000001/a.png",
    "http://0177.0.0.1/a.png",
    "http://127.1/a.png",
    "http://100.64.0.1/a.png",
    "http://[fe80::1]/a.png",
    "http://[fc00::1]/a.png",
    "http://[2002:7f00:1::]/a.png",
    "http://[64:ff9b::7f00:1]/a.png",
    "http://[64:ff9b::a00:1]/a.png",
    "http://[64:ff9b:1::a00:1]/a.png",
    "http://[::7f00:1]/a.png",
    "http://[::a00:1]/a.png",
    "http://[fec0::1]/a.png",
    "http://224.0.0.1/a.png",
    "http://user:secret@127.0.0.1/a.png",
]
NOT_HTTP = ["file:///etc/passwd", "ftp://example.org/a.png", "a.png", "", "http://", "gopher://x", "http://exa mple/"]


@pytest.mark.parametrize("address", INWARD)
def test_inward_addresses_are_refused(address: str) -> None:
    with pytest.raises(InputError) as caught:
        fetch_picture(address, 1000)
    assert caught.value.code in {"address_not_public", "address_not_http", "address_unreachable"}


@pytest.mark.parametrize("address", INWARD[:1] + INWARD[2:3] + INWARD[5:9])
def test_inward_addresses_say_so(address: str) -> None:
    with pytest.raises(InputError, match="does not lead to a public server"):
        fetch_picture(address, 1000)


@pytest.mark.parametrize("address", NOT_HTTP)
def test_other_schemes_are_refused(address: str) -> None:
    with pytest.raises(InputError) as caught:
        fetch_picture(address, 1000)
    assert caught.value.code in {"address_not_http", "address_unreachable"}


@pytest.mark.parametrize(
    "ip", ["64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::a00:1", "::7f00:1", "::808:808", "fec0::1", "feff::1"]
)
def test_addresses_that_stand_for_others_are_not_public(ip: str) -> None:
    assert not fetching._is_public(ip)


@pytest.mark.parametrize("ip", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"])
def test_public_addresses(ip: str) -> None:
    assert fetching._is_public(ip)


def test_a_name_look_up_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(fetching, "TIMEOUT_S", 0.5)
    monkeypatch.setattr(fetching.socket, "getaddrinfo", lambda *_, **__: over.wait(30))
    began_s = time.monotonic()
    with pytest.raises(InputError, match="could not be fetched"):
        fetch_picture("http://slow.example/a.png", 1000)
    assert time.monotonic() - began_s < 2
    over.set()


def test_a_name_that_means_a_public_and_an_inner_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [(0, 0, 0, "", ("93.184.216.34", 80)), (0, 0, 0, "", ("127.0.0.1", 80))]
    monkeypatch.setattr(fetching.socket, "getaddrinfo", lambda *_, **__: answers)
    with pytest.raises(InputError, match="does not lead to a public server"):
        fetch_picture("http://rebinding.example/a.png", 1000)


@pytest.mark.parametrize("address", ["http://public.example:22/a.png", "https://public.example:8443/a.png"])
def test_ports_that_are_not_the_webs_are_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [(0, 0, 0, "", ("93.184.216.34", 80))]
    monkeypatch.setattr(fetching.socket, "getaddrinfo", lambda *_, **__: answers)
    with pytest.raises(InputError, match="80 and 443"):
        fetch_picture(address, 1000)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        seen.append(self.headers["Host"])
        if self.path == "/inward":
            self._answer(302, b"", ("Location", "http://10.0.0.1/secret"))
        elif self.path == "/loop":
            self._answer(302, b"", ("Location", "/loop"))
        elif self.path == "/moved":
            self._answer(302, b"", ("Location", "/picture"))
        elif self.path == "/slowly":
            time.sleep(0.4)
            self._answer(302, b"", ("Location", "/slowly"))
        elif self.path == "/drops":
            self.send_response(200)
            self.end_headers()
            for _ in range(30):
                self.wfile.write(b"x")
                time.sleep(0.2)
        elif self.path == "/picture":
            self._answer(200, b"x" * 500)
        else:
            self._answer(404, b"")

    def _answer(self, status: int, body: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for header in headers:
            self.send_header(*header)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


seen: list[str] = []


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server on loopback that counts as public under the name pictures.example."""
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    port = httpd.server_address[1]
    real = fetching.socket.getaddrinfo

    def resolve(host: str, *arguments: object, **options: object) -> object:
        known = "127.0.0.1" if host == "pictures.example" else host
        return real(known, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(fetching.socket, "getaddrinfo", resolve)
    monkeypatch.setattr(fetching, "_is_public", lambda ip: ip == "127.0.0.1")
    monkeypatch.setattr(fetching, "PORTS", (80, 443, port))
    seen.clear()
    yield f"http://pictures.example:{port}"
    httpd.shutdown()


def test_fetches_by_the_checked_address_and_keeps_the_name(server: str) -> None:
    assert fetch_picture(f"{server}/moved", 1000) == b"x" * 500
    assert seen == [server.removeprefix("http://")] * 2


def test_a_redirect_inward_is_refused(server: str) -> None:
    with pytest.raises(InputError, match=r"10\.0\.0\.1.*does not lead to a public server"):
        fetch_picture(f"{server}/inward", 1000)


def test_endless_redirects(server: str) -> None:
    with pytest.raises(InputError, match="redirected too often"):
        fetch_picture(f"{server}/loop", 1000)


@pytest.mark.parametrize("path", ["slowly", "drops"])
def test_the_deadline_holds_over_redirects_and_body(server: str, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "TIMEOUT_S", 1.0)
    began_s = time.monotonic()
    with pytest.raises(InputError, match="could not be fetched"):
        fetch_picture(f"{server}/{path}", 1000)
    assert time.monotonic() - began_s < 2.5
    for thread in threading.enumerate():
        if thread.name == "fetch-picture":  # it was left behind, and sees the deadline by itself
            thread.join(timeout=5)
            assert not thread.is_alive()


def test_too_large(server: str) -> None:
    with pytest.raises(InputError, match="larger than"):
        fetch_picture(f"{server}/picture", 499)


def test_missing(server: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="could not be fetched"):
        fetch_picture(f"{server}/nothing", 1000)
