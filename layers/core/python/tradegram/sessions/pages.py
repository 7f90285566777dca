"""
The few pages a login needs, for both homes: this machine's web server, and a function behind HTTP.

    GET  /login/start?state=...       to the broker's own page; the state stays in a cookie
    GET  /login/BROKER/callback?...   back from there
    GET  /login/code?state=...        a form for a one-time code, or what the broker's page gave
    GET  /login/link?state=...        a form for credentials
    POST of each form to itself

A state is worth one login of one account for ten minutes. Pages load nothing, run no script, and
never show what was typed.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from urllib.parse import urlencode

from tradegram.brokers.registry import known_account
from tradegram.errors import TradegramError, UserError
from tradegram.ports import Store
from tradegram.sessions.keeper import Keeper
from tradegram.vault.fields import COMMON, NEEDS, needs_of
from tradegram.vault.sets import Given

COOKIE = "tradegram_login"
LONGEST = 64 * 1024  # bytes of a form
MOST_FIELDS = 20
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:2rem auto;padding:0 1rem;"
    "color-scheme:light dark}label{display:block;margin:.8rem 0 .2rem}"
    "input,select,button{font:inherit;width:100%;padding:.5rem;box-sizing:border-box}"
    "button{margin-top:1rem}.bad{border-left:4px solid #b00020;padding-left:.6rem}"
)
_DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_DIGEST}'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """path: below /login. cookie: ours, "" without. secure: whether people came by https."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    form: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    cookie: str = field(default="", repr=False)
    secure: bool = True


@dataclass(frozen=True, slots=True)
class Page:
    status: int
    html: str
    headers: Mapping[str, str] = field(default_factory=lambda: HEADERS)


@dataclass(frozen=True, slots=True)
class Pages:
    """may_link: whether that user may still link accounts, when the form comes back."""

    keeper: Keeper
    store: Store
    may_link: Callable[[int], bool]

    def answer(self, asked: Asked) -> Page:
        """Never raises what people can mend; their page says it."""
        if len(asked.form) > MOST_FIELDS or len(asked.query) > MOST_FIELDS:
            return _said(400, "That is not a form of this desk.")
        try:
            return self._answer(asked)
        except TradegramError as error:
            return _said(400, str(error))

    def _answer(self, asked: Asked) -> Page:
        match asked.method, asked.path.strip("/").split("/"):
            case "GET", ["start"]:
                return self._start(asked)
            case "GET", ["code"]:
                return self._code_form(asked.query.get("state", ""))
            case "POST", ["code"]:
                return self._code(asked)
            case "GET", ["link"]:
                self.keeper.doors.look(asked.query.get("state", ""), "link")
                return _page(
                    _link_form(asked.query.get("state", ""), asked.query.get("broker", ""))
                )
            case "POST", ["link"]:
                return self._link(asked)
            case ("GET" | "POST") as method, [broker, "callback"] if broker in NEEDS:
                return self._back(asked, broker, method)
        return _said(404, "There is no such page here.")

    def _start(self, asked: Asked) -> Page:
        state = asked.query.get("state", "")
        door = self.keeper.doors.look(state, "start")
        url = self.keeper.login_url(known_account(self.store, door.account_id), state)
        secure = "; Secure" if asked.secure else ""
        # Lax: the broker's page is another site, and its way back must bring the cookie.
        cookie = f"{COOKIE}={state}; Path=/login; HttpOnly; SameSite=Lax; Max-Age=600{secure}"
        return Page(303, "", {**HEADERS, "Location": url, "Set-Cookie": cookie})

    def _back(self, asked: Asked, broker: str, method: str) -> Page:
        if method == "POST":  # a cookie of ours comes along with a navigation only
            where = f"/login/{broker}/callback?{urlencode({**asked.query, **asked.form})}"
            return Page(303, "", {**HEADERS, "Location": where})
        said = asked.query.get("state", "")
        if not asked.cookie or (said and said != asked.cookie):
            raise UserError(
                "This login was not begun in this browser. Open the link of /login here, and stay "
                "in this browser until it is done."
            )
        door = self.keeper.doors.look(asked.cookie, "start")
        account = known_account(self.store, door.account_id)
        if account.broker != broker:
            raise UserError(f"This login is for {account.broker}. Say /login again.")
        self.keeper.doors.use(asked.cookie, "start")
        words = self.keeper.enter(account, asked.query, f"user {door.user_id}")
        return _said(200, f"{words} You can close this page and go back to the chat.")

    def _code_form(self, state: str) -> Page:
        door = self.keeper.doors.look(state, "code")
        account = known_account(self.store, door.account_id)
        title = needs_of(account.broker).title
        return _page(
            f"<h1>{escape(title)}</h1><p>Log in #{escape(account.name)}.</p>"
            f"<form method=post action=/login/code>{_hidden(state)}"
            + _input("totp", "One-time code of your authenticator app", inputmode="numeric")
            + "<button>Log in</button></form>"
        )

    def _code(self, asked: Asked) -> Page:
        door = self.keeper.doors.use(asked.form.get("state", ""), "code")
        code = "".join(asked.form.get("totp", "").split())
        if not (code.isascii() and code.isdecimal() and 4 <= len(code) <= 10):
            raise UserError("A one-time code has six digits. Say /login again.")
        account = known_account(self.store, door.account_id)
        words = self.keeper.enter(account, {"totp": code}, f"user {door.user_id}")
        return _said(200, f"{words} You can close this page and go back to the chat.")

    def _link(self, asked: Asked) -> Page:
        state, broker = asked.form.get("state", ""), asked.form.get("broker", "")
        needs = needs_of(broker)
        values = {each.name: asked.form.get(each.name, "").strip() for each in needs.fields}
        client = asked.form.get("client", "").strip() if needs.client else ""
        given = Given(broker, asked.form.get("name", "").strip() or broker, client, values)
        door = self.keeper.doors.look(state, "link")
        if not self.may_link(door.user_id):
            raise UserError("Only the desk's owner links accounts.")
        account = self.keeper.vault.link(given, f"user {door.user_id}")
        self.keeper.doors.use(state, "link")
        return _said(
            200,
            f"{account.account_id} is linked as #{account.name}. Go back to the chat and say "
            f"/login {account.name}.",
        )


def _link_form(state: str, broker: str) -> str:
    if broker not in NEEDS:
        options = "".join(
            f"<option value={name}>{escape(needs.title)}</option>" for name, needs in NEEDS.items()
        )
        return (
            "<h1>Link a broker</h1><form method=get action=/login/link>"
            f"{_hidden(state)}<label for=broker>Broker</label>"
            f"<select id=broker name=broker>{options}</select><button>Go on</button></form>"
        )
    needs = needs_of(broker)
    rows = [
        f"<h1>{escape(needs.title)}</h1><p>Sealed before it is kept, and never shown again.</p>",
        f"<form method=post action=/login/link autocomplete=off>{_hidden(state)}",
        f"<input type=hidden name=broker value={broker}>",
        _input("name", "Name that orders use after #", value=broker),
    ]
    if needs.client:
        rows.append(_input("client", needs.client[0].upper() + needs.client[1:]))
    for each in needs.fields:
        optional = "" if each.needed else " (may stay empty)"
        kind = "password" if each.hidden and each not in COMMON else "text"
        rows.append(_input(each.name, each.title + optional, kind=kind))
    return "".join([*rows, "<button>Link</button></form>"])


def _input(name: str, label: str, kind: str = "text", **more: str) -> str:
    given = "".join(f' {key}="{escape(value)}"' for key, value in more.items())
    return (
        f"<label for={name}>{escape(label)}</label>"
        f"<input id={name} name={name} type={kind} maxlength=4096 autocomplete=off{given}>"
    )


def _hidden(state: str) -> str:
    return f'<input type=hidden name=state value="{escape(state)}">'


def _said(status: int, words: str) -> Page:
    mark = "" if status == 200 else " class=bad"
    return _page(f"<h1>tradegram</h1><p{mark}>{escape(words)}</p>", status)


def _page(body: str, status: int = 200) -> Page:
    return Page(
        status,
        "<!doctype html><html lang=en><meta charset=utf-8>"
        '<meta name=viewport content="width=device-width,initial-scale=1">'
        f"<title>tradegram</title><style>{STYLE}</style><body><main>{body}</main>",
    )
