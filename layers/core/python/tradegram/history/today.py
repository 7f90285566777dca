"""Bring the record of trades up to date with the broker's trade book."""

from __future__ import annotations

from tradegram.history.keep import keep, kept, kept_until
from tradegram.history.period import Period
from tradegram.history.results import Result, results
from tradegram.history.trade import Trade, trade_of
from tradegram.ports import OrderDesk, Store


def keep_todays(desk: OrderDesk, account_id: str) -> int:
    """How many trades were new. Raises BrokerError, StoreError."""
    fills = desk.brokers.broker(account_id).trades()
    trades = [trade_of(account_id, fill) for fill in fills]
    return keep(desk.store, account_id, trades, by="trade book")


def trades_in(store: Store, account_id: str, period: Period) -> list[Trade]:
    return list(kept(store, account_id, period.first, period.last))


def results_in(store: Store, account_id: str, period: Period) -> list[Result]:
    """One per currency."""
    return list(results(kept_until(store, account_id, period.last), period))
