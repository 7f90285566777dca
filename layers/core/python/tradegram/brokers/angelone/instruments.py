"""The daily file of all that Angel One lists: one public JSON array of strings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tradegram.brokers.adapter import Call, Request, Steps, step
from tradegram.brokers.angelone.dialect import Dialect
from tradegram.brokers.indian import day
from tradegram.brokers.listings import Listing, readable
from tradegram.instruments.naming import contract, expiries_of, share
from tradegram.model import Instrument, Kind

FILE = "/OpenAPI_File/files/OpenAPIScripMaster.json"
# Currencies and NCDEX are counted in other ways; the desk does not trade them.
KNOWN = frozenset({"NSE", "BSE", "NFO", "BFO", "MCX"})
KINDS = {
    "": Kind.SHARE,
    "AMXIDX": Kind.INDEX,
    "FUTIDX": Kind.FUTURE,
    "FUTSTK": Kind.FUTURE,
    "FUTCOM": Kind.FUTURE,
    "OPTIDX": None,  # a call or a put, by the end of its symbol
    "OPTSTK": None,
    "OPTFUT": None,
}
OPTIONS = {"CE": Kind.CALL, "PE": Kind.PUT}
HUNDREDTHS = Decimal(100)  # in which strikes and ticks are written


class Instruments(Dialect):
    def instruments(self) -> Steps[Sequence[Listing]]:
        ask = Request("GET", FILE, host="instruments", signed=False)
        return step(Call(ask, _listings))


def _listings(rows: Sequence[Mapping[str, Any]]) -> Sequence[Listing]:
    ours = [row for row in rows if row["exch_seg"] in KNOWN and row["instrumenttype"] in KINDS]
    options = [row for row in ours if KINDS[row["instrumenttype"]] is None]
    monthly = {
        exchange: expiries_of(
            (row["name"], day(row["expiry"])) for row in options if row["exch_seg"] == exchange
        )
        for exchange in KNOWN
    }
    written_on = {row["name"] for row in ours if row["expiry"]}

    def read(row: Mapping[str, str]) -> Listing:
        made = _instrument(row)
        if made.kind is Kind.INDEX and row["name"] in written_on:
            made = replace(made, underlying=row["name"])
        elif made.kind.is_option and made.expiry is not None:
            known = monthly[made.exchange][made.underlying]
            name = contract(made.underlying, made.kind, made.expiry, made.strike, known)
            made = replace(made, symbol=name)
        return Listing(made, row["exch_seg"], row["symbol"], row["token"])

    return readable(ours, read)


def _instrument(row: Mapping[str, str]) -> Instrument:
    kind = KINDS[row["instrumenttype"]] or OPTIONS[row["symbol"][-2:]]
    lot, tick = Decimal(row["lotsize"]), Decimal(row["tick_size"]) / HUNDREDTHS
    made = Instrument(
        exchange=row["exch_seg"],
        symbol=row["symbol"].upper() if kind is Kind.INDEX else share(row["symbol"]),
        kind=kind,
        name=row["symbol"] if kind is Kind.INDEX else row["name"],
        lot_size=lot if kind is not Kind.INDEX else Decimal(1),
        tick_size=tick if tick > 0 else Decimal("0.05"),
        underlying=row["name"] if kind.is_derivative else "",
        expiry=day(row["expiry"]) if kind.is_derivative else None,
        strike=Decimal(row["strike"]) / HUNDREDTHS if kind.is_option else None,
    )
    if made.lot_size <= 0 or not made.symbol or not row["token"]:
        raise ValueError(f"no lot, symbol or token: {row['symbol']!r}")
    if kind is Kind.FUTURE and made.expiry is not None:
        return replace(made, symbol=contract(made.underlying, kind, made.expiry))
    return made
