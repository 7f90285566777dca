"""Bring the record of trades up to date with the broker's trade book."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tradegram.brokers.contract import Ability, Broker
from tradegram.brokers.lookup import trades_about
from tradegram.history.keep import keep, kept, kept_until
from tradegram.history.period import Period
from tradegram.history.results import Result, results
from tradegram.history.trade import Trade, trade_of
from tradegram.model import Fill, Instrument
from tradegram.ports import OrderDesk, Store

DAY = 86_400.0
PAGES = 20  # of 50 orders


def keep_todays(desk: OrderDesk, account_id: str) -> int:
    """How many trades were new. Raises BrokerError, StoreError."""
    fills = todays_fills(desk, account_id, desk.brokers.broker(account_id))
    trades = [trade_of(account_id, fill) for fill in fills]
    return keep(desk.store, account_id, trades, by="trade book")


def todays_fills(desk: OrderDesk, account_id: str, broker: Broker) -> Sequence[Fill]:
    """As the broker lists them, oldest first. Raises BrokerError, StoreError."""
    return trades_about(broker, _ordered(desk, account_id))


def _ordered(desk: OrderDesk, account_id: str) -> Iterator[Instrument]:
    """Of what was ordered here within a day, for brokers that must be told."""
    if Ability.BY_INSTRUMENT not in desk.brokers.profile(account_id).can:
        return
    since, after = desk.clock.now() - DAY, ""
    for _ in range(PAGES):
        page = desk.store.orders(account_id, after=after)
        yield from (one.intent.instrument for one in page.orders if one.staged_at >= since)
        after = page.after
        if not after or page.orders[-1].staged_at < since:
            return


def trades_in(store: Store, account_id: str, period: Period) -> list[Trade]:
    return list(kept(store, account_id, period.first, period.last))


def results_in(store: Store, account_id: str, period: Period) -> list[Result]:
    """One per currency."""
    return list(results(kept_until(store, account_id, period.last), period))
