"""
The way to a Bot API server: one method asked, one answer, and what a refusal means to us.

A dozen methods in JSON are all that this desk says, so a function on AWS loads no library for them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tradegram.connection import Connection, Timeout, Unanswered, Unsent
from tradegram.errors import Busy, Gone, MessengerError, Unreachable

LONGEST_FLOOD = 3600.0  # seconds; a server that asks for more is asked again then

TIMEOUT = Timeout(connect=3.0, read=7.0, write=7.0)
UPLOADING = replace(TIMEOUT, write=20.0)

JSON = "application/json"

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
        self._http = Connection(keep_alive=keep_alive)

    def ask(self, method: str, terms: Mapping[str, Any], files: Files | None = None) -> Any:
        """
        What a method of the Bot API answers with. A term that is None is not said.

        Raises Busy, BadRequest or another Gone, NotAccepted or another Unreachable; also when the
        wire is closed. No error repeats the token.
        """
        url = f"{self.base_url}/bot{self.token}/{method}"
        said = {name: value for name, value in terms.items() if value is not None}
        kind, content = _form(said, files) if files else (JSON, json.dumps(said).encode())
        try:
            answer = self._http.request(
                "POST", url, content=content, headers={"Content-Type": kind},
                timeout=UPLOADING if files else TIMEOUT,
            )  # fmt: skip
        except (Unsent, Unanswered) as error:
            raise _no_answer(str(error)) from error
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


def _form(said: Mapping[str, Any], files: Files) -> tuple[str, bytes]:
    """Its type and its bytes, as RFC 7578 wants them. Names are the Bot API's and ours."""
    parts = [(f'name="{name}"', _in_a_form(value)) for name, value in said.items()]
    parts += [
        (f'name="{field}"; filename="{name}"', content) for field, (name, content) in files.items()
    ]
    border = "tradegram"
    while any(border.encode() in content for _, content in parts):
        border += "-"
    whole = b"".join(
        b"--%b\r\nContent-Disposition: form-data; %b\r\n\r\n%b\r\n"
        % (border.encode(), about.encode(), content)
        for about, content in parts
    )
    return f"multipart/form-data; boundary={border}", whole + f"--{border}--\r\n".encode()


def _in_a_form(value: Any) -> bytes:
    return (value if isinstance(value, str) else json.dumps(value)).encode()


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
