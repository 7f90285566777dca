"""
How a process gets to its gateway: one loop on a thread of its own, and the connections on it.

A gateway lets in one connection for each client id. Only the id that placed an order may change
or cancel it, so an id that was had is had again, also after a break.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from tradegram.brokers.ibkr import words
from tradegram.brokers.ibkr.link import Address, Busy, Link, Patience
from tradegram.codes import Code
from tradegram.errors import NotSent, OutcomeUnknown, SessionExpired, Unreached
from tradegram.ports import Clock

T = TypeVar("T")

CLIENTS = tuple(range(1, 11))
BACKOFF = (1.0, 2.0, 5.0, 10.0)  # seconds between tries; the last one stays
HOLDS_ON = 4  # tries for which only the client id of before is asked for
PAUSE = 0.1  # seconds between two questions for it within one try


class Loop:
    """An event loop on a daemon thread. Nothing else of the process runs on it."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._last: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run, name="ibkr", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            self._loop.close()

    def do(self, work: Coroutine[Any, Any, T], limit: float) -> T:
        """Raises OutcomeUnknown past `limit` seconds, and whatever the work raises."""
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result(limit)
        except TimeoutError as error:
            future.cancel()
            raise OutcomeUnknown(words.NAME, f"no answer in {limit:.0f} s") from error

    def stop(self) -> None:
        """Wait until it has ended."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def end(self, last: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Let it end after `last`, without waiting for that. Harmless when it has ended."""
        if self._loop.is_closed():
            return

        async def leave() -> None:
            await last()
            self._loop.stop()

        with contextlib.suppress(RuntimeError):  # it ended meanwhile
            self._loop.call_soon_threadsafe(lambda: self._keep(self._loop.create_task(leave())))

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._last = task  # the loop itself holds tasks only weakly


class Ways:
    """account: the number that must be among those of the login. Use it on its loop."""

    def __init__(self, address: Address, account: str, clock: Clock, patience: Patience) -> None:
        self._address = address
        self._account = account
        self._clock = clock
        self._patience = patience
        self._link: Link | None = None
        self._client = 0  # the last that was had
        self._failures = 0
        self._again_at = 0.0
        self._why = ""
        self._opening = asyncio.Lock()

    async def ready(self) -> Link:
        """
        The connection, opened when there is none. Raises Unreached, SessionExpired.

        It is not tried without pause: somebody who asks in between is told what failed.
        """
        async with self._opening:
            if self._link is None or not self._link.is_up:
                await self._reopen()
            link = self._link
            assert link is not None  # noqa: S101 - _reopen raises otherwise
        return self._checked(link)

    async def live(self) -> Link:
        """`ready`, and it has just answered. For orders; another one is opened once."""
        link = await self.ready()
        try:
            await link.ping()
        except Unreached:
            link = await self.ready()
            await link.ping()
        return link

    @asynccontextmanager
    async def by_client(self, client: int) -> AsyncIterator[Link]:
        """The connection of that client id, for as long as it is needed. Raises NotSent."""
        link = await self.live()
        if link.client == client:
            yield link
            return
        other = Link(self._address, client, self._patience)
        try:
            await other.open()
        except Busy as error:
            raise NotSent(
                words.NAME,
                f"the order was placed by client id {client}, and another program holds it; "
                "only that id may change it",
            ) from error
        try:
            yield self._checked(other)
        finally:
            other.close()

    async def leave(self) -> None:
        """End the connection as TWS likes it, so that its client id is free at once."""
        if self._link is not None:
            self._link.close()
            await asyncio.sleep(0)  # the loop closes the socket in its next round

    async def _reopen(self) -> None:
        if self._link is not None:
            self._link.close()
        wait = self._again_at - self._clock.monotonic()
        if self._failures and wait > 0:
            raise Unreached(words.NAME, f"{self._why} Tried again in {max(wait, 1.0):.0f} s.")
        try:
            self._link = await self._opened()
        except NotSent as error:
            self._why = error.words
            self._again_at = self._clock.monotonic() + BACKOFF[min(self._failures, 3)]
            self._failures += 1
            raise
        self._failures, self._client = 0, self._link.client

    async def _opened(self) -> Link:
        for client in self._wanted():
            link = Link(self._address, client, self._patience)
            try:
                await link.open()
            except Busy:
                await asyncio.sleep(PAUSE if self._holds_on() else 0.0)
                continue
            return link
        if self._holds_on():
            raise Unreached(words.NAME, f"client id {self._client} is not free again yet.")
        raise Unreached(
            words.NAME,
            f"client ids {CLIENTS[0]} to {CLIENTS[-1]} are all in use at {self._address}. End "
            "another program that is connected there.",
        )

    def _wanted(self) -> tuple[int, ...]:
        """The id of before for a while: TWS needs a moment to see that its connection has ended."""
        if self._holds_on():
            return (self._client,) * (1 + round(self._patience.frees / PAUSE))
        return tuple(dict.fromkeys((*((self._client,) if self._client else ()), *CLIENTS)))

    def _holds_on(self) -> bool:
        return bool(self._client) and self._failures < HOLDS_ON

    def _checked(self, link: Link) -> Link:
        if link.ear.is_link_lost:
            raise Unreached(words.NAME, "TWS has lost its own connection to Interactive Brokers.")
        if self._account not in link.ear.accounts:
            raise SessionExpired(
                words.NAME,
                wrong_login(self._account, link.ear.accounts, self._address),
                means=Code.INVALID_CREDENTIALS,
            )
        return link


def wrong_login(account: str, found: tuple[str, ...], address: Address) -> str:
    """Papers and live accounts are told apart by their number and, as a rule, by their port."""
    there = ", ".join(found)
    said = f"TWS at {address} is logged in for {there}, and this account is {account}."
    if is_paper(account) and address.port in words.LIVE_PORTS:
        return f"{said} Paper accounts listen at 4002 or 7497."
    if not is_paper(account) and address.port in words.PAPER_PORTS:
        return f"{said} Live accounts listen at 4001 or 7496."
    return f"{said} Log in there for {account}, or link the account that it is."


def is_paper(account: str) -> bool:
    """Numbers of simulated accounts begin so."""
    return account.upper().startswith("D")
