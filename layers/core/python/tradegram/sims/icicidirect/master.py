"""The zip of text files that lists everything, as ICICI Direct writes it."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Sequence

from tradegram.brokers.indian import written
from tradegram.model import Instrument, Kind

SHARES = ("Token", "ShortName", "Series", "CompanyName", "TickSize", "LotSize", "ExchangeCode")
OF_BSE = (*SHARES[:-1], "ScripID")
CONTRACTS = (
    "Token", "InstrumentName", "ShortName", "Series", "ExpiryDate", "StrikePrice", "OptionType",
    "LotSize", "TickSize", "CompanyName", "ExchangeCode",
)  # fmt: skip
FILES = {
    "NSEScripMaster.txt": ("NSE", SHARES),
    "BSEScripMaster.txt": ("BSE", OF_BSE),
    "FONSEScripMaster.txt": ("NFO", CONTRACTS),
    "FOBSEScripMaster.txt": ("BFO", CONTRACTS),
}


def packed(rows: Sequence[Instrument], code: Callable[[Instrument], str]) -> bytes:
    """code: of an instrument, its short one. Its number is its place among all rows."""
    places = {row.key: place for place, row in enumerate(rows, 1)}
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for file, (exchange, columns) in FILES.items():
            here = [row for row in rows if row.exchange == exchange and row.kind is not Kind.INDEX]
            text = io.StringIO()
            # Before the quotes of a column's name there is a space, and in no other line.
            text.write(", ".join(f'"{column}"' for column in columns) + "\n")
            writer = csv.writer(text, quoting=csv.QUOTE_ALL)
            line = _contract if columns is CONTRACTS else _share
            writer.writerows(line(places[row.key], row, code(row)) for row in here)
            archive.writestr(file, text.getvalue())
    return made.getvalue()


def _share(place: int, row: Instrument, code: str) -> Sequence[str]:
    series = "EQ" if row.exchange == "NSE" else "A"
    return (str(place), code, series, row.name, f"{row.tick_size:f}", "1", row.symbol)


def _contract(place: int, row: Instrument, code: str) -> Sequence[str]:
    series, kind = ("OPTION", row.kind.value) if row.kind.is_option else ("FUTURE", "XX")
    return (
        str(place), f"{series[:3]}STK", code, series,
        written(row.expiry) if row.expiry else "", f"{row.strike or 0:f}", kind,
        f"{row.lot_size:f}", f"{row.tick_size:f}", row.name, row.underlying,
    )  # fmt: skip
