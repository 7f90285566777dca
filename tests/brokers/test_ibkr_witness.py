"""The simulated TWS, used by ib_async as other people's programs use a real one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from decimal import Decimal

import ib_async
import pytest
from loopback import tws as loopback
from loopback.tws import Desk

from tradegram.sims.floor import Standing


@pytest.fixture(params=[176, 178])
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    with loopback.desk(request.param) as made:
        yield made


def connected(desk: Desk, use: Callable[[ib_async.IB], Awaitable[None]]) -> None:
    async def run() -> None:
        ib = ib_async.IB()
        await ib.connectAsync("127.0.0.1", desk.gateway.port, clientId=5, timeout=15)
        try:
            await use(ib)
        finally:
            ib.disconnect()
            await asyncio.sleep(0.05)

    asyncio.run(run())


async def until(fact: Callable[[], object]) -> None:
    for _ in range(750):
        if fact():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not happen")


def test_it_connects_and_finds_accounts_contracts_and_candles(desk: Desk) -> None:
    async def use(ib: ib_async.IB) -> None:
        assert ib.managedAccounts() == ["DU1234567"]
        assert {value.tag for value in ib.accountValues()} >= {"NetLiquidation", "AvailableFunds"}
        [share] = await ib.qualifyContractsAsync(ib_async.Stock("AAPL", "SMART", "USD"))
        assert isinstance(share, ib_async.Contract)
        assert (share.conId, share.primaryExchange) == (265598, "NASDAQ")
        bars = await ib.reqHistoricalDataAsync(share, "", "3600 S", "5 mins", "TRADES", True)
        assert len(bars) == 12
        [ticker] = await ib.reqTickersAsync(share)
        assert (ticker.last, ticker.bid) == (100.0, 99.99)

    connected(desk, use)


def test_it_places_changes_and_cancels(desk: Desk) -> None:
    floor = desk.tws.floor
    floor.prices[desk.share.key] = Decimal(100)

    async def use(ib: ib_async.IB) -> None:
        [share] = await ib.qualifyContractsAsync(ib_async.Stock("AAPL", "SMART", "USD"))
        assert isinstance(share, ib_async.Contract)
        order = ib_async.LimitOrder("BUY", 10, 99.5, orderRef="witness")
        trade = ib.placeOrder(share, order)
        await until(lambda: trade.orderStatus.status == "Submitted")
        [entry] = floor.referring("witness")
        assert (entry.quantity, entry.price) == (Decimal(10), Decimal("99.5"))

        order.lmtPrice = 99.25
        ib.placeOrder(share, order)
        await until(lambda: entry.changes == 1)
        assert entry.price == Decimal("99.25")

        ib.cancelOrder(order)
        await until(lambda: trade.orderStatus.status == "Cancelled")
        assert entry.standing is Standing.CANCELLED

        market = ib.placeOrder(share, ib_async.MarketOrder("SELL", 5))
        await until(lambda: market.orderStatus.status == "Filled")
        assert [fill.execution.shares for fill in market.fills] == [5.0]

        state = await ib.whatIfOrderAsync(share, ib_async.LimitOrder("BUY", 10, 99.5))
        assert float(state.initMarginChange) == 248.75

    connected(desk, use)


def test_what_it_writes_for_an_order_is_what_we_write(desk: Desk) -> None:
    """Field by field; but for the number and the reference, which are each one's own."""

    async def use(ib: ib_async.IB) -> None:
        [share] = await ib.qualifyContractsAsync(ib_async.Contract(conId=265598, exchange="SMART"))
        assert isinstance(share, ib_async.Contract)
        bare = ib_async.Contract(conId=265598, exchange="SMART")
        order = ib_async.LimitOrder("BUY", 10, 99.5, tif="DAY", account="DU1234567")
        trade = ib.placeOrder(bare, order)
        await until(lambda: trade.orderStatus.status == "Submitted")

    connected(desk, use)
    desk.place(desk.intent())
    theirs, ours = (list(fields) for _, fields in desk.tws.arrived if fields[0] == "3")
    differing = {
        at: (one, other)
        for at, (one, other) in enumerate(zip(theirs, ours, strict=True))
        if one != other and at not in (1, 26)
    }
    assert differing == {}
