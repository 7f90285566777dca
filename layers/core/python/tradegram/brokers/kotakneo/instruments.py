"""The day's files of all that Kotak lists: one CSV for each segment, whose places it says first."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from urllib.parse import urlsplit

from tradegram.brokers.adapter import Call, Request, Steps
from tradegram.brokers.indian import moment
from tradegram.brokers.kotakneo.dialect import EXCHANGES, Dialect
from tradegram.brokers.listings import Listing, readable
from tradegram.instruments.naming import WRITTEN_ON, contract, expiries_of, share
from tradegram.model import Instrument, Kind

PATHS = "/script-details/1.0/masterscrip/file-paths"
HUNDREDTHS = Decimal(100)  # in which ticks and strikes are written
# Of two segments expiries count from 1980; of the others from 1970, as usual.
SINCE_1980 = frozenset({"nse_fo", "cde_fo"})
FROM_1970_TO_1980 = 315_513_000.0  # seconds, as long as the exchange's own programs count it
KINDS = {"XX": Kind.FUTURE, "CE": Kind.CALL, "PE": Kind.PUT}
FIRST_YEAR, LAST_YEAR = 2020, 2060  # an expiry outside was counted from elsewhere

Row = Mapping[str, str]


class Instruments(Dialect):
    def instruments(self) -> Steps[Sequence[Listing]]:
        paths = yield Call(Request("GET", PATHS), _paths)
        found: list[Listing] = []
        for path in paths:
            ask = Request("GET", path, host="instruments", signed=False)
            found += yield Call(ask, _listings)
        return found


def _paths(body: Mapping[str, Mapping[str, Sequence[str]]]) -> Sequence[str]:
    """Of the segments that the desk trades; their host is among the profile's."""
    paths = [urlsplit(one).path for one in body["data"]["filesPaths"]]
    return [path for path in paths if any(segment in path for segment in EXCHANGES)]


def _rows(text: str) -> Iterator[Row]:
    """Some headings have a blank or a semicolon at their end."""
    for row in csv.DictReader(text.splitlines()):
        yield {name.strip(" ;"): (value or "").strip() for name, value in row.items() if name}


def _listings(text: str) -> Sequence[Listing]:
    rows = list(_rows(text))
    monthly = expiries_of(_options(rows))

    def read(row: Row) -> Listing:
        if row["pExchSeg"].endswith("_cm"):
            return _cash(row)
        made = _derivative(row)
        name = contract(
            made.underlying, made.kind, _expiry(row), made.strike, monthly.get(made.underlying, ())
        )
        made = replace(made, symbol=name)
        return Listing(made, row["pExchSeg"], row["pTrdSymbol"], row["pSymbol"])

    return readable(rows, read)


def _options(rows: Sequence[Row]) -> Iterator[tuple[str, date]]:
    """Underlying and expiry; of rows that can be read."""
    for row in rows:
        try:
            if KINDS[row["pOptionType"]].is_option:
                yield row["pSymbolName"], _expiry(row)
        except (KeyError, ValueError, ArithmeticError):
            continue


def _cash(row: Row) -> Listing:
    # What has no ISIN is an index; its prices are asked for by its name, letter by letter.
    is_index = not row["pISIN"]
    symbol = row["pSymbolName"].upper() if is_index else share(row["pTrdSymbol"])
    made = Instrument(
        exchange=EXCHANGES[row["pExchSeg"]],
        symbol=symbol,
        kind=Kind.INDEX if is_index else Kind.SHARE,
        name=row["pDesc"] or row["pSymbolName"],
        lot_size=Decimal(1) if is_index else _positive(row["lLotSize"]),
        tick_size=Decimal("0.05") if is_index else _positive(row["dTickSize"]) / HUNDREDTHS,
        underlying=WRITTEN_ON.get(symbol, "") if is_index else "",
    )
    token = row["pSymbolName"] if is_index else row["pSymbol"]
    return Listing(made, row["pExchSeg"], row["pTrdSymbol"] or row["pSymbolName"], token)


def _derivative(row: Row) -> Instrument:
    kind = KINDS[row["pOptionType"]]
    return Instrument(
        exchange=EXCHANGES[row["pExchSeg"]],
        symbol="",
        kind=kind,
        name=row["pDesc"] or row["pTrdSymbol"],
        lot_size=_positive(row["lLotSize"]),
        tick_size=_positive(row["dTickSize"]) / HUNDREDTHS,
        underlying=row["pSymbolName"],
        expiry=_expiry(row),
        strike=_positive(row["dStrikePrice"]) / HUNDREDTHS if kind.is_option else None,
        freeze_quantity=_freeze(row),
    )


def _expiry(row: Row) -> date:
    since = FROM_1970_TO_1980 if row["pExchSeg"] in SINCE_1980 else 0.0
    found = moment(int(row["lExpiryDate"]) + since).date()
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise ValueError(f"an expiry in {found.year}")
    return found


def _freeze(row: Row) -> Decimal | None:
    most = Decimal(row.get("lFreezeQty") or 0)
    return most if most > 0 else None


def _positive(text: str) -> Decimal:
    number = Decimal(text)
    if not number > 0:
        raise ValueError(f"not above zero: {text!r}")
    return number
