"""
What Interactive Brokers is asked to list for the desk: it has no file of all that it trades.

Shares of New York that the desk's sample knows and those the holder names; the next futures,
the usual currencies and coins, and options of a few underlyings. Everything else is looked up when
it is ordered.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from tradegram.brokers.ibkr import words
from tradegram.brokers.ibkr.contracts import SMART, Contracts
from tradegram.brokers.ibkr.link import Link
from tradegram.brokers.ibkr.rows import DetailsRow
from tradegram.brokers.ibkr.search import listing_of, options_of
from tradegram.brokers.listings import Listing
from tradegram.errors import OutcomeUnknown, Refused
from tradegram.model import Instrument

US = frozenset({"NASDAQ", "NYSE"})
MOST_NAMED = 100  # shares the holder names
FUTURES = (
    ("ES", "CME"), ("MES", "CME"), ("NQ", "CME"), ("MNQ", "CME"), ("RTY", "CME"), ("YM", "CBOT"),
    ("ZN", "CBOT"), ("CL", "NYMEX"), ("MCL", "NYMEX"), ("NG", "NYMEX"), ("GC", "COMEX"),
    ("MGC", "COMEX"), ("SI", "COMEX"),
)  # fmt: skip
NEXT = 3  # expiries of each
CURRENCIES = (
    ("EUR", "USD"), ("GBP", "USD"), ("AUD", "USD"), ("NZD", "USD"), ("USD", "JPY"),
    ("USD", "CAD"), ("USD", "CHF"), ("USD", "SGD"), ("EUR", "GBP"), ("EUR", "JPY"),
)  # fmt: skip
COINS = ("BTC", "ETH", "LTC", "BCH", "SOL")
OPTIONS = ("SPY", "QQQ", "AAPL", "NVDA", "TSLA")
CHAINS = 2  # expiries of each


async def instruments(
    link: Link, contracts: Contracts, named: Sequence[str], today: date
) -> Sequence[Listing]:
    """named: symbols besides. What TWS does not know is left out. Raises OutcomeUnknown."""
    found: list[Listing] = []
    for fields in _wanted(named):
        rows = await _asked(link, contracts, fields)
        found += [listing_of(row, contracts) for row in _next(rows, today)]
    shares = {one.instrument.symbol: one.instrument for one in found}
    for symbol in OPTIONS:
        if symbol in shares:
            found += await _options(link, contracts, shares[symbol], today)
    if not found:
        raise OutcomeUnknown(words.NAME, "TWS describes no contract at all")
    return found


def _wanted(named: Sequence[str]) -> Iterable[dict[str, Any]]:
    """The fields of each contract that is asked for."""
    from tradegram.instruments.sample.tables import listed  # large, and wanted once a day

    known = [row.instrument.symbol for row in listed() if row.instrument.exchange in US]
    for symbol in dict.fromkeys((*known, *named[:MOST_NAMED])):
        yield {"symbol": symbol, "secType": "STK", "exchange": SMART, "currency": "USD"}
    for symbol, exchange in FUTURES:
        yield {"symbol": symbol, "secType": "FUT", "exchange": exchange, "currency": "USD"}
    for base, quote in CURRENCIES:
        yield {"symbol": base, "secType": "CASH", "exchange": "IDEALPRO", "currency": quote}
    for coin in COINS:
        yield {"symbol": coin, "secType": "CRYPTO", "exchange": "PAXOS", "currency": "USD"}


async def _asked(link: Link, contracts: Contracts, fields: dict[str, Any]) -> Sequence[DetailsRow]:
    try:
        return await contracts.details(link, fields)
    except Refused:
        return ()


def _next(rows: Sequence[DetailsRow], today: date) -> Sequence[DetailsRow]:
    """Of futures the nearest that live; of a share that is several, none: it is not guessed."""
    if not rows or rows[0].contract.sec_type != "FUT":
        return rows if len(rows) == 1 else ()
    live = [row for row in rows if row.contract.expiry >= today.strftime("%Y%m%d")]
    return sorted(live, key=lambda row: row.contract.expiry)[:NEXT]


async def _options(
    link: Link, contracts: Contracts, share: Instrument, today: date
) -> Sequence[Listing]:
    found: list[Listing] = []
    after: date | None = today
    for _ in range(CHAINS):
        try:
            rows = await options_of(link, share, contracts, after, today)
        except Refused:
            break
        expiry = rows[0].instrument.expiry if rows else None
        if expiry is None:
            break
        found += rows
        after = expiry + timedelta(days=1)
    return found
