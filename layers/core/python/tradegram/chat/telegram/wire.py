"""
The way to a Bot API server: one method asked, one answer, and what a refusal means to us.

A dozen methods in JSON are all that this desk says, so a function on AWS loads no library for them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx  # noqa: TID251 - to Telegram, not to brokers

from tradegram.errors import Busy, Gone, MessengerError, Unreachable

CONNECT, READ, WRITE, POOL = 3.0, 7.0, 7.0, 3.0  # seconds
UPLOAD = 20.0  # seconds that a file may take to leave
CONNECTIONS = 16
LONGEST_FLOOD = 3600.0  # seconds; a server that asks for more is asked again then

TIMEOUT = httpx.Timeout(READ, connect=CONNECT, write=WRITE, pool=POOL)
UPLOADING = httpx.Timeout(READ, connect=CONNECT, write=UPLOAD, pool=POOL)

# By the field that holds it: a file's name and its content.
Files = Mapping[str, tuple[str, bytes]]


class NotAccepted(Unreachable):
    """The server does not know the token; or, answering 404, the token or the method."""


class BadRequest(Gone):
    """400: Telegram will not do this, however often it is asked."""


class Wire:
    """
    Safe to use from any thread. base_url: TELEGRAM_API_BASE_URL, without a slash at the end.

    keep_alive: False where the process may be frozen between calls, as on Lambda: a connection
    that died meanwhile would cost a message.
    """

    def __init__(self, token: str, base_url: str, *, keep_alive: bool = True) -> None:
        self.token, self.base_url = token, base_url
        limits = httpx.Limits(
            max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS * keep_alive
        )
        self._http = httpx.Client(limits=limits)

    def ask(self, method: str, terms: Mapping[str, Any], files: Files | None = None) -> Any:
        """
        What a method of the Bot API answers with. A term that is None is not said.

        Raises Busy, BadRequest or another Gone, NotAccepted or another Unreachable; also when the
        wire is closed. No error repeats the token.
        """
        url = f"{self.base_url}/bot{self.token}/{method}"
        said = {name: value for name, value in terms.items() if value is not None}
        try:
            if files:
                form = {name: _in_a_form(value) for name, value in said.items()}
                answer = self._http.post(url, data=form, files=files, timeout=UPLOADING)
            else:
                answer = self._http.post(url, json=said, timeout=TIMEOUT)
        except httpx.HTTPError as error:
            raise _no_answer(type(error).__name__) from error
        except (httpx.InvalidURL, RuntimeError) as error:  # the latter: the wire is closed
            raise _no_answer(type(error).__name__) from None
        return _result(answer.status_code, answer.content)

    def username(self) -> str:
        """The bot's own, without @. Raises as `ask` does."""
        found = self.ask("getMe", {})
        if not isinstance(found, dict) or not isinstance(found.get("username"), str):
            raise _no_answer("getMe names no bot")
        return str(found["username"])

    def close(self) -> None:
        """Harmless to repeat. What is under way ends within its time limits."""
        self._http.close()


def _in_a_form(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _result(status: int, content: bytes) -> Any:
    try:
        body = json.loads(content)
        if 200 <= status < 300:
            return body["result"]
    except (ValueError, LookupError, TypeError):
        body = None  # a proxy's own page, perhaps
    raise _refusal(status, body if isinstance(body, dict) else {})


def _refusal(status: int, body: Mapping[str, Any]) -> MessengerError:
    """body: empty when it could not be read."""
    why = str(body.get("description", f"status {status}"))
    match status:
        case 400:
            return BadRequest(why)
        case 401:
            return NotAccepted("Telegram does not accept the bot token")
        case 403:
            return Gone(why)
        case 404:
            return NotAccepted("the Bot API server does not know this token or method")
        case 429:
            return Busy("Telegram asks us to wait", retry_after=retry_after(body))
        case _:
            return _no_answer(f"status {status}")


def retry_after(body: Any) -> float:
    """Seconds, as a 429 says; a proxy's own says none."""
    try:
        seconds = float(body["parameters"]["retry_after"])
    except (ValueError, LookupError, TypeError):
        return 1.0
    return min(max(seconds, 0.0), LONGEST_FLOOD)


def _no_answer(why: str) -> Unreachable:
    return Unreachable(f"no usable answer from Telegram ({why})")
