"""
One connection to TWS or a Gateway: it opens, asks, writes, and says truthfully what it knows.

ib_async frames and reads the messages; its view of orders is not used. A connection lives on the
event loop that opened it and never opens itself again: whoever holds it makes another.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from tradegram.brokers.ibkr import words
from tradegram.brokers.ibkr.ear import TIME, Asked, Ear, Heard, Key, RequestFailed
from tradegram.codes import Code
from tradegram.errors import BrokerError, NotSent, OutcomeUnknown, Refused, Throttled, Unreached

MESSAGES = 40  # a second, of reads; the gateway takes 50, and orders must find room
LONGEST = 64_000_000  # bytes of what looks like one message


@dataclass(frozen=True, slots=True)
class Patience:
    """
    Seconds. opens: until a gateway that listens has said who it is. answers: of a read.

    says: from an order's message to the first word about it. row_follows: in which the row of an
    order that was refused may still come. prices: a market where nothing happens says less.
    candles: of a chart. ping: of the question whether it is there. frees: until TWS has noticed
    that a connection ended, and gives its client id again.
    """

    opens: float = 4.0
    answers: float = 8.0
    says: float = 8.0
    row_follows: float = 1.0
    prices: float = 5.0
    candles: float = 20.0
    ping: float = 2.0
    frees: float = 2.0


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class Busy(Exception):
    """Somebody else is connected with this client id."""


class Link:
    """Use it only on its own loop."""

    def __init__(self, address: Address, client: int, patience: Patience) -> None:
        self.client = client
        self.patience = patience
        self.ear = Ear(client, self._was_busy)
        self._address = address
        self._tws = _made(self.ear)
        self._is_busy = asyncio.Event()
        self._sent: deque[float] = deque()
        self._one_at_a_time: dict[Key, asyncio.Lock] = {}

    # -- life --------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Raises Busy, Unreached."""
        opening = asyncio.ensure_future(self._open())
        busy = asyncio.ensure_future(self._is_busy.wait())
        try:
            await asyncio.wait({opening, busy}, return_when=asyncio.FIRST_COMPLETED)
            if self._is_busy.is_set():
                raise Busy  # noqa: TRY301 - closed below, as any failure
            await opening
        except BaseException:
            self.close()
            raise
        finally:
            for one in (opening, busy):
                one.cancel()
            await asyncio.gather(opening, busy, return_exceptions=True)

    async def _open(self) -> None:
        host, port = self._address.host, self._address.port
        try:
            await self._tws.connectAsync(host, port, self.client, self.patience.opens)
        except TimeoutError as error:
            raise Unreached(words.NAME, _silent(self._address)) from error
        except OSError as error:
            if self._is_busy.is_set():
                raise Busy from error
            raise Unreached(words.NAME, _closed(self._address)) from error
        self._tws.reqMarketDataType(3)  # delayed prices, said to be so, where no live ones are paid

    def _was_busy(self) -> None:
        self._is_busy.set()

    @property
    def is_up(self) -> bool:
        transport = self._tws.conn.transport
        is_open = bool(self._tws.isReady() and transport and not transport.is_closing())
        return is_open and not self._is_garbled

    @property
    def _is_garbled(self) -> bool:
        """What came last cannot be a message: the bytes have lost their place for good."""
        head = self._tws._data[:4]
        return len(head) == 4 and int.from_bytes(head, "big") > LONGEST

    def close(self) -> None:
        if self._tws.conn.transport is not None:
            self._tws.disconnect()
        self.ear.cut()

    # -- reads -------------------------------------------------------------------------------------

    async def ask(
        self, send: Callable[[int], None], *, key: Key = 0, limit: float = 0.0
    ) -> list[Any]:
        """
        What comes for one request. key: of requests that are answered without a number.

        Raises Unreached, Refused, Throttled, OutcomeUnknown.
        """
        limit = limit or self.patience.answers
        if not key:
            return (await self._ask(send, 0, limit)).rows
        async with self._one_at_a_time.setdefault(key, asyncio.Lock()):
            return (await self._ask(send, key, limit)).rows

    async def ping(self) -> None:
        """
        Has it answer. Raises Unreached, and then the connection is closed.

        A machine that slept, or a router that forgot, leaves connections that only look open: an
        order written to one of them would be unknown for nothing.
        """
        try:
            await self.ask(lambda _: self._tws.reqCurrentTime(), key=TIME, limit=self.patience.ping)
        except BrokerError as error:
            self.close()
            raise Unreached(words.NAME, f"TWS does not answer: {error.words}") from error

    async def watch(
        self, send: Callable[[int], None], stop: Callable[[int], None],
        enough: Callable[[Asked], bool], limit: float,
    ) -> Asked:  # fmt: skip
        """
        A subscription, for as long as it takes to hear enough of it; at most `limit` seconds.

        Raises Unreached, Refused.
        """
        await self._turn()
        number = self._number()
        asked = self.ear.ask(number)
        try:
            send(number)
            for _ in range(max(int(limit / 0.05), 1)):
                await asyncio.wait({asked.done}, timeout=0.05)
                if asked.done.done():
                    asked.done.result()
                    break
                if enough(asked):
                    break
        except RequestFailed as failed:
            raise _failed(failed) from failed
        except ConnectionError as error:
            raise Unreached(words.NAME, "the connection to TWS ended") from error
        finally:
            self._forget(number, asked)
            if self.is_up:
                stop(number)
        return asked

    async def _ask(self, send: Callable[[int], None], key: Key, limit: float) -> Asked:
        await self._turn()
        number = self._number()
        asked = self.ear.ask(key or number)
        try:
            send(number)
            await asyncio.wait_for(asyncio.shield(asked.done), limit)
        except TimeoutError as error:
            self.close()  # a gateway that is silent once is not asked again on this connection
            raise OutcomeUnknown(words.NAME, f"TWS did not answer in {limit:.0f} s") from error
        except RequestFailed as failed:
            raise _failed(failed) from failed
        except ConnectionError as error:
            raise OutcomeUnknown(words.NAME, "the connection to TWS ended") from error
        finally:
            self._forget(key or number, asked)
        return asked

    def _forget(self, key: Key, asked: Asked) -> None:
        self.ear.asked.pop(key, None)
        if asked.done.done() and not asked.done.cancelled():
            asked.done.exception()  # somebody has looked at it
        asked.done.cancel()

    async def _turn(self) -> None:
        """Wait until a read may leave, so that orders never have to."""
        loop = asyncio.get_running_loop()
        for _ in range(10):
            while self._sent and loop.time() - self._sent[0] > 1.0:
                self._sent.popleft()
            if len(self._sent) < MESSAGES:
                break
            await asyncio.sleep(1.0 - (loop.time() - self._sent[0]) + 0.01)
        if not self.is_up:
            raise Unreached(words.NAME, "the connection to TWS ended")
        self._sent.append(loop.time())

    def _number(self) -> int:
        found: int = self._tws.getReqId()
        return found

    # -- orders ------------------------------------------------------------------------------------

    def next_order(self) -> int:
        """Higher than any of this client id, and never given twice. Raises Unreached."""
        if not self.is_up:
            raise Unreached(words.NAME, "the connection to TWS ended")
        return self._number()

    def write(self, order_id: int, send: Callable[[Any], None]) -> Heard:
        """
        Put an order's message on the wire, and listen. Raises NotSent: it is proven unsent.

        What was written is taken for sent, whether or not the machine ever got to send it.
        """
        if not self.is_up:
            raise Unreached(words.NAME, "the connection to TWS ended before it was sent")
        heard = self.ear.listen(order_id)
        before = self._tws.conn.numMsgSent
        try:
            send(self._tws)
        except Exception as error:
            if self._tws.conn.numMsgSent == before:
                raise NotSent(words.NAME, f"not written: {type(error).__name__}") from error
            raise OutcomeUnknown(words.NAME, type(error).__name__) from error
        return heard

    @property
    def tws(self) -> Any:
        """ib_async's client, whose functions have no types."""
        return self._tws


def _made(ear: Ear) -> Any:
    """
    Loaded here, so that nobody who does not use this broker pays for the library.

    Raises NotSent where it is not installed.
    """
    try:
        from ib_async.client import Client
        from ib_async.decoder import Decoder
    except ImportError as error:
        raise NotSent(
            words.NAME, "this desk runs without ib_async, the library that speaks to TWS"
        ) from error

    class Reader(Decoder):
        """Says which messages it could not read, and hides none."""

        def interpret(self, fields: list[str]) -> None:
            try:
                self.handlers[int(fields[0])](fields)
            except Exception:  # whatever it is: nobody can read it
                kind = int(fields[0]) if fields and fields[0].isdecimal() else 0
                ear.unread(kind, fields)

    logging.getLogger("ib_async").setLevel(logging.CRITICAL)  # what it says, we say better
    made: Any = Client  # the library's constructors have no types
    client = made(ear)
    client.decoder = cast(Any, Reader)(ear, 0)
    client.MaxRequests = 0  # it would keep orders back without saying so
    return client


def _failed(failed: RequestFailed) -> Exception:
    if failed.number in words.TOO_FAST or "pacing" in failed.text.casefold():
        return Throttled(words.NAME, failed.text, retry_after=10.0)
    means: Mapping[int, Code] = words.REFUSALS
    if failed.number in means:
        return words.refusal(failed.number, failed.text)
    return Refused(words.NAME, failed.text, code=str(failed.number))


def _closed(address: Address) -> str:
    return (
        f"TWS or IB Gateway does not listen at {address}. Start it, log in, and in its settings, "
        "API, switch on “Enable ActiveX and Socket Clients”. Paper listens at 4002 (Gateway) or "
        "7497 (TWS), live at 4001 or 7496."
    )


def _silent(address: Address) -> str:
    return (
        f"something listens at {address} and does not answer as TWS does. In its settings, API, "
        "trust this machine's address, and see whether it waits for somebody to click."
    )
