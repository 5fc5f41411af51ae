"""The page on which people sign in: it looks like the product, needs no script, and loads nothing."""

from html import escape
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers

from comparer.paths import ASSETS
from comparer.serving.headers import content_policy
from comparer.texts import LANGUAGES, Language, text

STYLESHEET = ASSETS / "login.css"
_CURRENT = " aria-current='true'"
_LANGUAGE_NAMES: dict[Language, str] = {"zh": "中文", "en": "EN"}


def spoken(chosen: str | None, setting: str, headers: Headers) -> Language:
    """The page's language: what its switch says, else the option, else the browser's wish."""
    for wish in (chosen or "", setting, *headers.get("accept-language", "").lower().split(",")):
        for language in LANGUAGES:
            if wish.strip().startswith(language):
                return language
    return "en"


def login_policy(on_a_space: bool) -> str:
    """The page's Content-Security-Policy: it runs nothing, and sends its form here only."""
    ancestors = content_policy(on_a_space).rpartition("; ")[2]
    return f"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; {ancestors}"


def login_html(language: Language, query: str, said: str = "") -> str:
    """The form; `query` is kept in its address, `said` is what was wrong with the last try."""

    def say(key: str) -> str:
        return escape(text(key, language))

    switch = "".join(
        f"<a href='login{escape(_with(query, name))}' lang='{name}'{_CURRENT if name == language else ''}>{label}</a>"
        for name, label in _LANGUAGE_NAMES.items()
    )
    wrong = f"<p class='wrong' role='alert'>{escape(said)}</p>" if said else ""
    return (
        f"<!doctype html><html lang='{language}'><head><meta charset='utf-8'>"
        f"<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<meta name='robots' content='noindex'><meta name='color-scheme' content='light dark'>"
        f"<title>{say('login.title')} · {say('app.name')}</title>"
        f"<style>{STYLESHEET.read_text('utf-8')}</style></head>"
        f"<body><main><nav aria-label='语言 / Language'>{switch}</nav>"
        f"<h1>{say('app.name')}</h1><p class='tagline'>{say('app.tagline')}</p>"
        f"<form method='post' action='login{escape(query)}'>{wrong}"
        f"<label for='username'>{say('login.name')}</label>"
        f"<input id='username' name='username' autocomplete='username' maxlength='80' required autofocus>"
        f"<label for='password'>{say('login.password')}</label>"
        f"<input id='password' name='password' type='password' autocomplete='current-password' maxlength='200' "
        f"required>"
        f"<button>{say('login.sign_in')}</button></form>"
        f"<p class='help'>{say('login.help')}</p></main></body></html>"
    )


def _with(query: str, language: Language) -> str:
    kept = [(key, value) for key, value in parse_qsl(query.removeprefix("?")) if key != "lang"]
    return f"?{urlencode([*kept, ('lang', language)])}"
