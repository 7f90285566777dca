"""
One connection to a Bot API server: an event loop in a thread of its own, and a bot on it.

The desk is synchronous and is called from many threads; python-telegram-bot is not. This is where
the two meet, and the only place that knows which errors Telegram answers with.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Coroutine, Sequence
from concurrent.futures import CancelledError, Future
from typing import Any, TypeVar

import httpx  # noqa: TID251 - python-telegram-bot takes connection limits only as httpx's own
from telegram import Bot
from telegram.error import BadRequest, Forbidden, InvalidToken, TelegramError
from telegram.request import HTTPXRequest

from tradegram.errors import Busy, Gone, MessengerError, Unreachable

CONNECT, READ, WRITE, POOL = 3.0, 7.0, 7.0, 3.0  # seconds
CONNECTIONS = 16
CLOSE_WITHIN = 2.0
LONGEST_FLOOD = 3600.0  # seconds; a server that asks for more is asked again then

T = TypeVar("T")
logger = logging.getLogger(__name__)


class Flood(TelegramError):
    """429. The library's own class for it warns on every use, so we raise ours before it does."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"asked to wait {seconds:g} s")
        self.seconds = seconds


class UnknownMethod(TelegramError):
    """404: this server does not know the method, or the token is malformed."""


class _Requests(HTTPXRequest):
    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        status, body = await super().do_request(*args, **kwargs)
        if status == 429:
            raise Flood(_retry_after(body))
        if status == 404:
            raise UnknownMethod("the Bot API server does not know this token or method")
        return status, body


def _retry_after(body: bytes) -> float:
    try:
        seconds = float(json.loads(body)["parameters"]["retry_after"])
    except (ValueError, KeyError, TypeError):
        return 1.0  # a proxy's own 429 has no such field
    return min(max(seconds, 0.0), LONGEST_FLOOD)


class _Bot(Bot):
    async def raw_updates(
        self, offset: int | None, wait: float, kinds: Sequence[str]
    ) -> list[dict[str, Any]]:
        """As they came: one that cannot be read must not hide the others of its batch."""
        wanted = {"offset": offset, "timeout": int(wait), "allowed_updates": list(kinds)}
        found = await self._post("getUpdates", wanted, read_timeout=wait + READ)
        return [each for each in found if isinstance(each, dict)]


class Wire:
    """
    base_url: TELEGRAM_API_BASE_URL, without a slash at the end.
    keep_alive: False where the process may be frozen between calls, as on Lambda: a connection
    that died meanwhile would cost a message.
    """

    def __init__(self, token: str, base_url: str, *, keep_alive: bool = True) -> None:
        limits = httpx.Limits(
            max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS * keep_alive
        )
        self._requests = _Requests(
            CONNECTIONS, READ, WRITE, CONNECT, POOL, httpx_kwargs={"limits": limits}
        )
        self.bot = _Bot(
            token, f"{base_url}/bot", f"{base_url}/file/bot", self._requests, self._requests
        )
        self._closed = False
        self._lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._turn, name="telegram", daemon=True)
        self._thread.start()

    def start(self, call: Coroutine[Any, Any, T]) -> Future[T]:
        """Begin a call; the future may be waited for or cancelled from any thread."""
        with self._lock:  # what is begun before the loop is told to stop is at least cancelled
            if not self._closed:
                return asyncio.run_coroutine_threadsafe(call, self._loop)
        call.close()
        raise Unreachable("the connection to Telegram is closed")

    def run(self, call: Coroutine[Any, Any, T]) -> T:
        """
        The result of a call. Its time limits are those of the client.

        Raises TelegramError; Unreachable when the wire is closed, before or meanwhile.
        """
        try:
            return self.start(call).result()
        except CancelledError:
            raise Unreachable("the connection to Telegram was closed") from None

    def close(self) -> None:
        """Harmless to repeat. Calls still under way are cancelled."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CLOSE_WITHIN)

    def _turn(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        self._loop.run_until_complete(self._requests.shutdown())
        self._loop.close()


def translated(error: TelegramError) -> MessengerError:
    """What a failed call means to somebody who only knows ports.Messenger."""
    match error:
        case Flood(seconds=seconds):
            return Busy("Telegram asks us to wait", retry_after=seconds)
        case Forbidden():
            return Gone(error.message)
        case InvalidToken():
            return Unreachable("Telegram does not accept the bot token")
        case BadRequest():
            return Gone(error.message)
        case _:
            return Unreachable(f"no usable answer from Telegram ({type(error).__name__})")
