"""
The daily file of all that ICICI Direct lists: a zip with a text file for each exchange.

It names everything by the broker's short code; the exchange's own symbol stands in a column of
its own. Columns are found by their names, whose order differs from file to file.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from tradegram.brokers.adapter import Call, Request, Steps, step
from tradegram.brokers.icicidirect.dialect import Dialect, name
from tradegram.brokers.indian import day
from tradegram.brokers.listings import Listing, readable
from tradegram.instruments.naming import contract, expiries_of, share
from tradegram.model import Instrument, Kind

FILES = {"NSEScripMaster.txt": "NSE", "BSEScripMaster.txt": "BSE"}
DERIVATIVES = {"FONSEScripMaster.txt": "NFO", "FOBSEScripMaster.txt": "BFO"}
LARGEST = 200_000_000  # bytes of one file, unpacked; they are a tenth of it

# Short codes of indices, and what the exchanges call them.
INDICES = {
    "NIFTY": "NIFTY",
    "CNXBAN": "BANKNIFTY",
    "NIFFIN": "FINNIFTY",
    "NIFSEL": "MIDCPNIFTY",
    "BSESEN": "SENSEX",
}
OPTIONS = {"CE": Kind.CALL, "PE": Kind.PUT}
SERIES = frozenset({"FUTURE", "OPTION"})

Row = Mapping[str, str]


class Instruments(Dialect):
    def instruments(self) -> Steps[Sequence[Listing]]:
        ask = Request("GET", "/SecurityMaster.zip", host="instruments", signed=False)
        return step(Call(ask, _listings))


def _listings(packed: bytes) -> Sequence[Listing]:
    found: list[Listing] = []
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        inside = {each.filename.rpartition("/")[2]: each for each in archive.infolist()}
        for file, exchange in FILES.items():
            found += _shares(list(_rows(archive, inside[file])), exchange)
        symbols = {one.symbol: one.instrument.symbol for one in reversed(found)}
        for file, exchange in DERIVATIVES.items():
            found += _contracts(list(_rows(archive, inside[file])), exchange, symbols)
    return found


def _rows(archive: zipfile.ZipFile, file: zipfile.ZipInfo) -> Iterator[Row]:
    """By column, its name in lower case without spaces."""
    if file.file_size > LARGEST:
        raise ValueError(f"{file.filename} is far larger than any list of instruments")
    with archive.open(file) as stream:
        # The names of the columns have a space before their quotes.
        rows = csv.reader(io.TextIOWrapper(stream, "utf-8", "replace"), skipinitialspace=True)
        header = [column.strip(' "').replace(" ", "").lower() for column in next(rows, [])]
        for row in rows:
            yield {column: value.strip() for column, value in zip(header, row, strict=False)}


def _shares(rows: Sequence[Row], exchange: str) -> Sequence[Listing]:
    def read(row: Row) -> Listing:
        made = Instrument(
            exchange=exchange,
            symbol=share(_symbol(row), row["series"] if exchange == "NSE" else ""),
            kind=Kind.SHARE,
            name=row["companyname"],
            lot_size=Decimal(1),
            tick_size=_number(row["ticksize"]),
        )
        return Listing(made, exchange, name(row["shortname"]), row["token"])

    called = [row for row in rows if row.get("shortname") and _symbol(row)]
    # Orders say the code and no series. So what has the code of an ordinary share is left out: an
    # order for it would buy that one.
    called.sort(key=lambda row: row["series"] != "EQ")
    by_code: dict[str, Listing] = {}
    for one in readable(called, read):
        by_code.setdefault(one.symbol, one)
    return list(by_code.values())


def _symbol(row: Row) -> str:
    return row.get("exchangecode") or row.get("scripid", "")


def _contracts(rows: Sequence[Row], exchange: str, symbols: Mapping[str, str]) -> Sequence[Listing]:
    def underlying(row: Row) -> str:
        code = row["shortname"]
        return INDICES.get(code) or row.get("exchangecode") or symbols[code]

    named = symbols.keys() | INDICES.keys()
    ours = [
        row
        for row in rows
        if row.get("series") in SERIES and (row.get("exchangecode") or row["shortname"] in named)
    ]
    options = [row for row in ours if row["optiontype"] in OPTIONS]
    known = expiries_of((underlying(row), day(row["expirydate"])) for row in options)

    def read(row: Row) -> Listing:
        kind = OPTIONS.get(row["optiontype"], Kind.FUTURE)
        on, expiry = underlying(row), day(row["expirydate"])
        strike = Decimal(row["strikeprice"]) if kind.is_option else None
        made = Instrument(
            exchange=exchange,
            symbol=contract(on, kind, expiry, strike, known.get(on, ())),
            kind=kind,
            name=row.get("companyname") or on,
            lot_size=_number(row["lotsize"]),
            tick_size=_number(row["ticksize"]),
            underlying=on,
            expiry=expiry,
            strike=strike,
        )
        right = row["optiontype"][0] if kind.is_option else ""
        return Listing(made, exchange, name(row["shortname"], expiry, strike, right), row["token"])

    return readable(ours, read)


def _number(text: str) -> Decimal:
    """Raises ValueError: a lot or a tick is positive."""
    found = Decimal(text)
    if found <= 0:
        raise ValueError(f"not positive: {text!r}")
    return found
