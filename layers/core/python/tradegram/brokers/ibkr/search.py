"""Contracts that the desk's own list does not have, as TWS finds them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date

from tradegram.brokers.ibkr.contracts import Contracts, asked_for
from tradegram.brokers.ibkr.link import Link
from tradegram.brokers.ibkr.rows import ContractRow, DetailsRow
from tradegram.brokers.listings import Listing
from tradegram.errors import Refused
from tradegram.model import Instrument, Kind

MOST = 8
TRADED = frozenset({"STK", "FUT", "OPT", "CASH", "CRYPTO"})
SMART = "SMART"
CHAIN_IN = 30.0  # seconds; TWS takes its time over hundreds of contracts


async def search(link: Link, what: str, contracts: Contracts) -> Sequence[Listing]:
    """Nearest first, at most eight. A currency or coin is not found so, only what has a symbol."""
    rows: list[ContractRow] = await link.ask(
        lambda number: link.tws.reqMatchingSymbols(number, what)
    )
    wanted = [row for row in rows if row.sec_type in TRADED][:MOST]
    found = await asyncio.gather(*(_described(link, row.con_id, contracts) for row in wanted))
    return [listing_of(row, contracts) for rows_ in found for row in rows_]


async def _described(link: Link, con_id: int, contracts: Contracts) -> Sequence[DetailsRow]:
    try:
        return await contracts.details(link, {"conId": con_id})
    except Refused:
        return ()


def listing_of(row: DetailsRow, contracts: Contracts) -> Listing:
    """segment: where orders are routed to. token: the conId."""
    instrument, contract = contracts.keep(row), row.contract
    return Listing(
        instrument, contract.exchange or SMART, contract.local_symbol or contract.symbol,
        token=str(contract.con_id), more={"sec_type": contract.sec_type},
    )  # fmt: skip


async def options_of(
    link: Link, underlying: Instrument, contracts: Contracts, expiry: date | None, today: date
) -> Sequence[Listing]:
    """Of one expiry, the next one when none is named. Empty where nothing is written on it."""
    known = await contracts.of(link, underlying)
    symbol = asked_for(underlying)["symbol"]
    on_future = underlying.exchange if underlying.kind is Kind.FUTURE else ""
    said = await link.ask(
        lambda number: link.tws.reqSecDefOptParams(
            number, symbol, on_future, known.sec_type, known.con_id
        )
    )
    days = sorted({day for _, expiries, _ in said for day in expiries})
    wanted = [day for day in days if day >= (expiry or today).strftime("%Y%m%d")]
    if not wanted:
        return []
    fields = {
        "symbol": symbol, "secType": "OPT", "exchange": SMART, "currency": underlying.currency,
        "lastTradeDateOrContractMonth": wanted[0],
    }  # fmt: skip
    rows = await contracts.details(link, fields, CHAIN_IN)
    return [listing_of(row, contracts) for row in rows]
