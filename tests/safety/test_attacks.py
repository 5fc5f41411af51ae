"""The attack list against whatever takes an input: addresses, texts, names, files, archives."""

import csv
import http.server
import io
import json
import struct
import threading
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from comparer import fetching
from comparer.comparison import Comparison
from comparer.dialogue import Column, Dialogue
from comparer.engines.scripted_engine import Script
from comparer.errors import ComparerError, InputError
from comparer.export import export
from comparer.export.conversation_file import ConversationFile, write_conversation
from comparer.fetching import fetch_picture
from comparer.fit.recommendation import recommend
from comparer.markup import harmless, markdown_html
from comparer.pictures import normalise
from comparer.records import Answer, Metrics, Rating
from comparer.serving.login_page import login_html
from comparer.settings import Settings
from comparer.store import Conversation
from comparer.suites.importing.staging import ImportOptions
from comparer.suites.library import Library
from comparer.transcript import read_transcript
from comparer.ui import history_rendering, rendering
from comparer.ui.context import Context
from comparer.ui.endpoints import Endpoints
from comparer.ui.fit_rendering import recommendation_html, score_table_html
from storage import open_store
from storage.store import SqlStore
from tests.conftest import scripted_engines, scripted_lineup
from tests.safety import attacks
from tests.safety.conftest import Open

LISTS = (attacks.INWARD, attacks.OTHER_SCHEMES, attacks.MARKUP, attacks.FORMULAS, attacks.TRAVERSAL)


def test_the_list_is_long_and_says_nothing_twice() -> None:
    every = [attack for one in LISTS for attack in one]
    assert len(every) == len(set(every)) >= 120
    assert all(len(one) >= 18 for one in LISTS)


# --- addresses ---------------------------------------------------------------------------------------------


class Trap(http.server.ThreadingHTTPServer):
    """A server on this machine that nobody may reach; it remembers who has."""

    def __init__(self) -> None:
        self.reached: list[str] = []
        trap = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                trap.reached.append(self.path)
                self.send_response(302)
                self.send_header("Location", self.path.removeprefix("/to?"))
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Quiet."""

        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def port(self) -> int:
        return int(self.server_address[1])


@pytest.fixture(scope="module")
def laid() -> Iterator[Trap]:
    server = Trap()
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def trap(laid: Trap) -> Trap:
    laid.reached.clear()
    return laid


@pytest.mark.parametrize("address", [*attacks.INWARD, *attacks.OTHER_SCHEMES])
def test_no_address_leads_inside(address: str, trap: Trap) -> None:
    with pytest.raises(InputError) as refused:
        fetch_picture(address.format(port=trap.port) if "{port}" in address else address, 1000)
    assert refused.value.code in {"address_not_public", "address_not_http", "address_unreachable"}
    assert not trap.reached


@pytest.mark.parametrize("address", attacks.OTHER_PORTS)
def test_no_address_leads_to_other_services_of_public_servers(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def get(*_: Any) -> bytes:
        raise AssertionError("it was fetched")

    monkeypatch.setattr(fetching, "_get", get)
    with pytest.raises(InputError, match="80 and 443") as refused:
        fetch_picture(address, 1000)
    assert refused.value.code == "address_port"


@pytest.mark.parametrize("address", [one for one in attacks.INWARD if one.isascii() and "\\" not in one])
def test_no_redirect_leads_inside(address: str, trap: Trap, monkeypatch: pytest.MonkeyPatch) -> None:
    """A public server (here: the trap by a public name) sends the fetcher on to an inner address."""
    real, is_public = fetching.socket.getaddrinfo, fetching._is_public
    outside = "203.0.113.7"

    def resolve(host: str, *arguments: Any, **options: Any) -> Any:
        return real("127.0.0.1" if host == "public.example" else host, *arguments, **options)

    def public(ip: str) -> bool:
        return ip == outside or is_public(ip)

    def target(asked: str) -> Any:
        if asked.startswith("http://public.example"):
            return fetching._Target(fetching.httpx.URL(asked), "127.0.0.1")
        return checked(asked)

    checked = fetching._public_target
    monkeypatch.setattr(fetching.socket, "getaddrinfo", resolve)
    monkeypatch.setattr(fetching, "_is_public", public)
    monkeypatch.setattr(fetching, "_public_target", target)
    inward = address.format(port=trap.port)
    with pytest.raises(InputError) as refused:
        fetch_picture(f"http://public.example:{trap.port}/to?{inward}", 1000)
    assert refused.value.code in {"address_not_public", "address_not_http", "address_unreachable"}
    assert len(trap.reached) == 1  # the public one


def test_a_name_that_changes_its_mind_is_asked_once(trap: Trap, monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: public when it is checked, inner when it is connected to. The checked address is called."""
    asked: list[str] = []
    called: list[str] = []

    def resolve(host: str, *_: Any, **__: Any) -> Any:
        asked.append(host)
        ip = "93.184.216.34" if len(asked) == 1 else "127.0.0.1"
        return [(2, 1, 6, "", (ip, trap.port))]

    def get(target: Any, *_: Any) -> bytes:
        called.append(target.url.host)
        assert target.header == f"rebinding.example:{trap.port}"
        return b"picture"

    monkeypatch.setattr(fetching.socket, "getaddrinfo", resolve)
    monkeypatch.setattr(fetching, "_get", get)
    monkeypatch.setattr(fetching, "PORTS", (80, 443, trap.port))
    assert fetch_picture(f"http://rebinding.example:{trap.port}/", 1000) == b"picture"
    assert asked == ["rebinding.example"] and called == ["93.184.216.34"] and not trap.reached


# --- markup ------------------------------------------------------------------------------------------------


class Harm(HTMLParser):
    """Collects what could run or call somebody: tags, handlers and addresses that the attack brought in."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._open = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open = "" if ("type", "application/json") in attrs else tag
        if tag in {"iframe", "object", "embed", "base", "form", "math", "meta", "link"}:
            self.found.append(tag)
        for name, value in attrs:
            said = (value or "").lower()
            if name.startswith("on") or (name in {"srcdoc", "style"} and "pwned" in said):
                self.found.append(f"{tag} {name}")
            if name in {"src", "href", "action", "formaction", "data", "xlink:href", "poster", "background"}:
                scheme = "".join(said.split()).partition(":")[0]
                plain = said.startswith("login?") or (tag == "a" and scheme in {"http", "https"})
                if "pwned" in said and not plain:
                    self.found.append(f"{tag} {name}={value}")

    def handle_data(self, data: str) -> None:
        if self._open in {"script", "style"} and "pwned" in data:
            self.found.append(f"text in {self._open}")

    def handle_endtag(self, tag: str) -> None:
        self._open = ""


def harm_in(html: str) -> list[str]:
    parser = Harm()
    parser.feed(html)
    parser.close()
    return parser.found


def test_harm_is_seen_where_it_is() -> None:
    seen = [attack for attack in attacks.MARKUP if harm_in(attack)]
    assert len(seen) >= 12


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlStore]:
    """One database for the whole list: what one attack leaves behind is there for all that come after it."""
    opened = open_store(tmp_path_factory.mktemp("attacked") / "data")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def context(store: SqlStore, tmp_path_factory: pytest.TempPathFactory) -> Context:
    lineup = scripted_lineup()
    dialogue = Dialogue(lineup, scripted_engines(lineup, [Script()] * 3), store, Comparison())
    return Context(Settings(data_dir=tmp_path_factory.mktemp("context")), lineup, dialogue, store)


def poison(store: SqlStore, attack: str) -> str:
    """A conversation with the attack wherever somebody could write; returns its id."""
    item = next(one for one in store.items() if one.key == "manual")
    store.update_item(replace(item, name_en=attack[:200].strip(), name_zh=attack[:200].strip()))
    conversation = store.begin(Conversation("scripted", ("small", "medium", "large"), "manual", reviewer=attack[:80]))
    turn = store.add_turn(conversation, attack, [])
    for model in ("small", "medium", "large"):
        answer = store.add_answer(turn, Answer(model, attack, "stop", Metrics(e2e_s=1)))
        store.rate(answer, Rating(False, attack[:80], (attack[:200],), attack))
    return conversation


@pytest.mark.parametrize("attack", attacks.MARKUP)
def test_no_text_becomes_markup(context: Context, store: SqlStore, attack: str, tmp_path: Path) -> None:
    conversation = poison(store, attack)
    transcript = read_transcript(store, conversation, attack[:80])
    reading = history_rendering.Reading(context, transcript, store.summary(conversation), "en")
    table = context.score_table(context.ratings())
    names = history_rendering.item_names(context, "en")
    labels = dict.fromkeys(context.lineup.keys, attack)
    kept = ConversationFile(transcript, attack, labels)
    shown = {
        "list": history_rendering.list_html(store.search(), "", names, "en"),
        "reading": reading.html(None),
        "refused": reading.html(InputError("other_lineup", lineup=attack, command=attack)),
        "table": score_table_html(context, table, "en"),
        "advice": recommendation_html(context, table, recommend(table), "zh"),
        "status": rendering.status(attack),
        "header": rendering.header(Column("small"), 0, attack, attack, "slate", "en"),
        "markdown": markdown_html(attack),
        "chat": markdown_html(harmless(attack)),
        "file": markdown_html(write_conversation(kept, "markdown", tmp_path).read_text("utf-8")),
        "sign-in": login_html("en", f"?conversation={attack}", attack),
    }
    for place, html in shown.items():
        assert not [harm for harm in harm_in(html) if place != "sign-in" or harm not in {"form", "meta"}], place
    whole = json.loads(write_conversation(kept, "json", tmp_path).read_text("utf-8"))
    assert whole["turns"][0]["question"] == attack.strip()  # made harmless where it is shown, and kept as it is


def test_no_text_becomes_markup_in_the_report(store: SqlStore, tmp_path: Path) -> None:
    models = ("small", "medium", "large")
    for attack in attacks.MARKUP:
        poison(store, attack)
    for part in range(0, len(attacks.MARKUP), 3):
        labels = dict(zip(models, [*attacks.MARKUP[part : part + 3], "", ""], strict=False))
        report = export("html", store, models=models, destination=tmp_path, language="en", labels=labels)
        assert set(harm_in(report.read_text("utf-8"))) <= {"meta"}  # its own policy


def test_no_picture_of_an_answer_is_fetched() -> None:
    for attack in attacks.MARKUP:
        assert "<img" not in markdown_html(attack) and "![" not in harmless(attack).replace("`![", "")


# --- formulas ----------------------------------------------------------------------------------------------


def test_no_text_becomes_a_formula(store: SqlStore, tmp_path: Path) -> None:
    models = ("small", "medium", "large")
    for attack in attacks.FORMULAS:
        poison(store, attack)
    for name in ("csv", "csv-summary"):
        file = export(name, store, models=models, destination=tmp_path, language="en")
        with file.open(encoding="utf-8-sig", newline="") as opened:
            rows = list(csv.reader(opened))
        for row in rows:
            assert not any(value.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝")) for value in row)
    book = openpyxl.load_workbook(export("xlsx", store, models=models, destination=tmp_path, language="en"))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    texts = [cell.value for cell in cells if isinstance(cell.value, str)]
    for attack in attacks.FORMULAS:
        assert any(attack.strip() in text for text in texts), attack
    assert not any(cell.data_type == "f" or cell.hyperlink for cell in cells)


# --- places ------------------------------------------------------------------------------------------------


def files_in(folder: Path) -> list[str]:
    """All files, but for those that the database and locks make by themselves."""
    own = {"comparer.db-wal", "comparer.db-shm", ".lock"}
    return sorted(str(path) for path in folder.rglob("*") if path.is_file() and path.name not in own)


@pytest.mark.parametrize("attack", attacks.TRAVERSAL)
def test_no_name_leads_to_another_place(context: Context, attack: str, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "users.json").write_text("secret", "utf-8")
    before = files_in(tmp_path)
    library = Library(tmp_path / "data" / "suites")
    endpoints = Endpoints(context)
    for attempt in (
        lambda: library.read(attack),
        lambda: library.delete(attack),
        lambda: library.restore(attack),
        lambda: library.export(attack, tmp_path),
        lambda: library.rename(attack, "x", "x", ""),
        lambda: context.store.conversation(attack),
        lambda: endpoints._pictures(attack),
        lambda: endpoints._pictures({"path": attack}),
        lambda: export(attack, context.store, models=("small",), destination=tmp_path, language="en"),
    ):
        with pytest.raises((ComparerError, ValueError, FileNotFoundError)):
            attempt()
    assert files_in(tmp_path) == before


@pytest.mark.usefixtures("quick_passwords")
def test_no_file_of_the_server_is_served(in_the_open: Open) -> None:
    opened = in_the_open(access="users")
    data = opened.context.settings.data_dir
    caller = opened.caller("Rea")
    places = [
        str(data / "users.json"),
        str(data / "comparer.db"),
        "/etc/passwd",
        "/proc/self/environ",
        __file__,
        "app.py",
    ]
    for place in (*places, *(one for one in attacks.TRAVERSAL if one.isprintable() and len(one) < 255)):
        for spelt in (
            f"/gradio_api/file={place}",
            f"/gradio_api/file/{place}",
            f"/static/{place}",
            f"/assets/{place}",
        ):
            answer = caller.http.get(spelt)
            assert answer.status_code in {307, 400, 403, 404, 405, 414} or "<!doctype html>" in answer.text.lower(), (
                spelt
            )
            assert (
                "root:x:0" not in answer.text and "SQLite format" not in answer.text and "scrypt" not in answer.text
            )
        answered, said = caller.endpoint(
            "ask", "What?", {"path": place, "meta": {"_type": "gradio.FileData"}}, "", ""
        )
        assert not answered, said


# --- bombs -------------------------------------------------------------------------------------------------


def png(width: int, height: int) -> bytes:
    """A tiny file that says it is a picture of any size."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(10_000))) + chunk(b"IEND", b"")


BOMBS = {
    "huge": png(60_000, 60_000),
    "wide": png(2**31 - 1, 1),
    "just too large": png(10_001, 10_000),
    "cut": png(3_000, 3_000),
    "gif": b"GIF89a\xff\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\xff\xff\xff\xff\x00\x02\x02D\x01\x00;",
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg' width='99999999' height='99999999'/>",
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99999 99999\n(/etc/passwd) (r) file",
    "nothing": b"",
    "text": b"#!/bin/sh\nrm -rf /",
    "zip": b"PK\x03\x04" + bytes(100),
    "bmp": b"BM" + struct.pack("<IHHIIiiHHIIiiII", 54, 0, 0, 54, 40, 2**30, 2**30, 1, 24, 0, 0, 0, 0, 0, 0),
    "tiff": b"II*\x00\x08\x00\x00\x00\xff\xff" + b"\xff" * 40,
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_no_picture_blows_up(bomb: str) -> None:
    with pytest.raises(InputError) as refused:
        normalise(BOMBS[bomb], max_bytes=1_000_000)
    assert refused.value.code.startswith("picture_")


def test_no_picture_is_larger_than_may_be() -> None:
    with pytest.raises(InputError, match="larger than"):
        normalise(bytes(2_000_001), max_bytes=2_000_000)


def zipped(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


ARCHIVES = {
    "outside": zipped({"../../evil.csv": b"question\nx\n"}),
    "absolute": zipped({"/tmp/evil.csv": b"question\nx\n"}),
    "drive": zipped({"C:\\evil.csv": b"question\nx\n"}),
    "nested": zipped({"a.zip": zipped({"b.zip": zipped({"c": bytes(10_000)})})}),
    "not one": b"PK\x05\x06 no archive",
    "empty": zipped({}),
    "markup": zipped({"suite.toml": b"name = '<script>'", "cases.jsonl": b"{" * 10_000}),
    "deep": zipped(
        {"cases.jsonl": b"[" * 100_000, "suite.toml": b'name = "s"\ntitle_en = "S"\ntitle_zh = "S"\nitems=["x"]'}
    ),
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_no_archive_gets_out_of_its_folder(name: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    file = tmp_path / "in" / "suite.zip"
    file.write_bytes(ARCHIVES[name])
    library = Library(tmp_path / "suites")
    shipped = [one.folder.name for one in library.listed()]
    with pytest.raises(ComparerError):
        library.take_in(file, ImportOptions())
    assert [one.folder.name for one in library.listed()] == shipped
    assert not list(tmp_path.rglob("evil*")) and not Path("/tmp/evil.csv").exists()
