"""
Asking for updates with patience: a question that stays open and can be given up at any moment.

python-telegram-bot asks it, because what waits on its event loop can be called off from outside.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Sequence
from typing import Any

from telegram import Bot
from telegram.error import TelegramError
from telegram.request import HTTPXRequest

from tradegram.chat.telegram.wire import TIMEOUT, retry_after


class Flood(TelegramError):
    """429. The library's own class for it warns on every use, so we raise ours before it does."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"asked to wait {seconds:g} s")
        self.seconds = seconds


class UnknownMethod(TelegramError):
    """404: this server does not know the method, or the token is malformed."""


class GivenUp(Exception):
    """Nobody waits for the updates any more. They were not acknowledged, and come again."""


class _Requests(HTTPXRequest):
    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        status, body = await super().do_request(*args, **kwargs)
        if status == 429:
            raise Flood(_seconds(body))
        if status == 404:
            raise UnknownMethod("the Bot API server does not know this token or method")
        return status, body


def _seconds(body: bytes) -> float:
    try:
        return retry_after(json.loads(body))
    except ValueError:
        return retry_after(None)


class _Bot(Bot):
    async def raw_updates(
        self, offset: int | None, wait: float, kinds: Sequence[str]
    ) -> list[dict[str, Any]]:
        """As they came: one that cannot be read must not hide the others of its batch."""
        wanted = {"offset": offset, "timeout": int(wait), "allowed_updates": list(kinds)}
        found = await self._post("getUpdates", wanted, read_timeout=wait + TIMEOUT.read)
        return [each for each in found if isinstance(each, dict)]


class LongPoll:
    """`updates` and `close` from one thread; `give_up` from any, once and for all."""

    def __init__(self, token: str, base_url: str) -> None:
        self._requests = _Requests(1, TIMEOUT.read, TIMEOUT.write, TIMEOUT.connect, TIMEOUT.connect)
        self._bot = _Bot(
            token, f"{base_url}/bot", f"{base_url}/file/bot", self._requests, self._requests
        )
        self._loop = asyncio.new_event_loop()
        self._given_up = False
        self._asking: asyncio.Task[list[dict[str, Any]]] | None = None

    def updates(
        self, offset: int | None, wait: float, kinds: Sequence[str]
    ) -> list[dict[str, Any]]:
        """wait: seconds, when there are none yet. Raises TelegramError and GivenUp."""
        self._asking = self._loop.create_task(self._bot.raw_updates(offset, wait, kinds))
        if self._given_up:
            self._asking.cancel()
        try:
            return self._loop.run_until_complete(self._asking)
        except asyncio.CancelledError:
            raise GivenUp from None

    def give_up(self) -> None:
        self._given_up = True
        with contextlib.suppress(RuntimeError):  # it is closed
            self._loop.call_soon_threadsafe(self._call_off)

    def close(self) -> None:
        self._loop.run_until_complete(self._requests.shutdown())
        self._loop.close()

    def _call_off(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
