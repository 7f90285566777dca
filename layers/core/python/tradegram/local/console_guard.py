"""
Who may talk to the console: this machine's own page, and whoever has the token.

Other sites must neither read (DNS rebinding: the Host header names them) nor act (cross-site
requests: Origin, Sec-Fetch-Site, and a header that a form cannot send).
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import logging
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tradegram.errors import SettingError
from tradegram.ports import Clock
from tradegram.settings import Settings

COOKIE = "tradegram_console"
LARGEST_BODY = 64 * 1024
SHORTEST_TOKEN = 16
WRONG_TOKENS_A_MINUTE = 10
OWN_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
# What the login page itself needs; nothing in them is anybody's business.
OPEN_PATHS = frozenset(
    {
        "/",
        "/console/login",
        "/console/console.css",
        "/console/console.js",
        "/console/login.js",
        "/console/icon.svg",
    }
)
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

log = logging.getLogger(__name__)


class Rejected(Exception):
    """A request that is not served; `str(error)` is the sentence to answer with."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


OUR_FAULT = Rejected(
    500, "tradegram failed at that; the fault is its own. Look at /orders before you repeat it."
)


def answer(error: Rejected) -> Response:
    return JSONResponse({"error": str(error)}, error.status)


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Door:
    """The console's token, if it has one, and the cookie that stands for it."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        """Raises SettingError when the console would be open to other machines."""
        token = settings.console_token.get_secret_value() if settings.console_token else ""
        if not is_loopback(settings.http_host) and len(token) < SHORTEST_TOKEN:
            raise SettingError(
                "TRADEGRAM_HTTP_HOST lets other machines reach the console, so it needs a token. "
                f"Write at least {SHORTEST_TOKEN} random characters into TRADEGRAM_CONSOLE_TOKEN, "
                "or 127.0.0.1 into TRADEGRAM_HTTP_HOST."
            )
        self._token = token
        self._clock = clock
        self._wrong: list[float] = []
        # Derived, so that it outlives a restart and gives the token away to nobody.
        self.cookie = hmac.new(token.encode(), b"console cookie 1", hashlib.sha256).hexdigest()

    @property
    def is_locked(self) -> bool:
        return bool(self._token)

    def lets_in(self, headers: Headers) -> bool:
        if not self._token:
            return True
        return hmac.compare_digest(_cookie(headers).encode(), self.cookie.encode())

    def check(self, path: str, headers: Headers) -> None:
        """Raises Rejected when that path is only for those who are let in."""
        if path not in OPEN_PATHS and not self.lets_in(headers):
            raise Rejected(401, "This console wants its token; open its first page to log in.")

    def accepts(self, token: str) -> bool:
        """Raises Rejected after too many wrong tokens within a minute."""
        now = self._clock.monotonic()
        self._wrong = [at for at in self._wrong if now - at < 60]
        if len(self._wrong) >= WRONG_TOKENS_A_MINUTE:
            raise Rejected(429, "Too many wrong tokens; wait a minute and try again.")
        if hmac.compare_digest(token.encode(), self._token.encode()):
            return True
        self._wrong.append(now)
        return False

    def admit(self, response: Response, *, secure: bool) -> Response:
        response.set_cookie(
            COOKIE,
            self.cookie,
            max_age=30 * 86_400,
            httponly=True,
            samesite="strict",
            secure=secure,
        )
        return response


def _cookie(headers: Headers) -> str:
    try:
        cookies = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return ""
    return cookies[COOKIE].value if COOKIE in cookies else ""


class Guard:
    """ASGI middleware that turns away what `check` rejects, and dresses every answer."""

    def __init__(self, app: ASGIApp, *, host: str, door: Door) -> None:
        self._app = app
        self._host = host
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        dressed = _dressed(send)
        try:
            check(scope["method"], scope["path"], Headers(scope=scope), self._host)
            self._door.check(scope["path"], Headers(scope=scope))
        except Rejected as error:
            await answer(error)(scope, receive, dressed)
            return
        await self._serve(scope, receive, dressed)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def noting(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except Exception:
            log.exception("console_request_failed %s", scope["path"])
            if not started:
                await answer(OUR_FAULT)(scope, receive, send)


def _dressed(send: Send) -> Send:
    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.update(HEADERS)
            headers.setdefault("Cache-Control", "no-store")
        await send(message)

    return with_headers


def check(method: str, path: str, headers: Headers, host: str) -> None:
    """Raises Rejected for a request that another site caused or could have."""
    given = headers.get("host", "")
    if not _is_ours(given, host):
        raise Rejected(421, "The console does not answer to that name; use its own address.")
    if method in ("GET", "HEAD"):
        if path != "/":
            _check_site(headers)
        return
    if method != "POST":
        raise Rejected(405, "The console knows GET and POST only.")
    _check_site(headers)
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != given:
        raise Rejected(403, "That request came from another site and was not carried out.")
    if headers.get("x-tradegram") != "1":
        raise Rejected(403, "That request lacks the header X-Tradegram and was not carried out.")
    if headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise Rejected(415, "The console reads application/json only.")
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > LARGEST_BODY:
        raise Rejected(413, "That request is larger than 64 kB and was not read.")


def _check_site(headers: Headers) -> None:
    if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        raise Rejected(403, "That request came from another site and was not carried out.")


def _is_ours(given: str, host: str) -> bool:
    """A name that DNS could point here later is not ours; an address cannot be pointed."""
    try:
        name = urlsplit(f"//{given}").hostname or ""
    except ValueError:
        return False
    if name in OWN_NAMES or name == host.lower():
        return True
    if host not in ("0.0.0.0", "::"):  # noqa: S104 - compared with, not bound to
        return False
    try:
        return bool(ipaddress.ip_address(name))
    except ValueError:
        return False


def text_field(body: Mapping[str, Any], name: str, longest: int) -> str:
    """Raises Rejected unless the field is text of 1 to `longest` characters."""
    value = body.get(name)
    if not isinstance(value, str) or not value.strip():
        raise Rejected(400, f"The request needs {name}, as text.")
    if len(value) > longest:
        raise Rejected(413, f"That is longer than {longest} characters; nothing was done.")
    return value
