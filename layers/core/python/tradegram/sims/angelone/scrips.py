"""The file of instruments, as Angel One writes it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tradegram.instruments.naming import MONTHS
from tradegram.model import Instrument, Kind


def scrip(one: Instrument, token: str) -> dict[str, Any]:
    """One row of the file of instruments. Strike and tick are in hundredths."""
    return {
        "token": token,
        "symbol": _written(one),
        "name": one.underlying or one.symbol,
        "expiry": day(one, "%Y"),
        "strike": f"{(one.strike or Decimal('-0.01')) * 100:f}",
        "lotsize": f"{one.lot_size:f}",
        "instrumenttype": _type(one),
        "exch_seg": one.exchange,
        "tick_size": f"{one.tick_size * 100:f}",
    }


def _written(one: Instrument) -> str:
    if one.kind.is_derivative:
        tail = f"{one.strike:f}{one.kind.value}" if one.kind.is_option else "FUT"
        return f"{one.underlying}{day(one, '%y')}{tail}"
    if one.kind is Kind.INDEX:
        return one.symbol.title()
    return one.symbol if one.exchange != "NSE" or "-" in one.symbol else f"{one.symbol}-EQ"


def _type(one: Instrument) -> str:
    if one.kind is Kind.INDEX:
        return "AMXIDX"
    if not one.kind.is_derivative:
        return ""
    if one.exchange == "MCX":
        return "OPTFUT" if one.kind.is_option else "FUTCOM"
    return "OPTSTK" if one.kind.is_option else "FUTSTK"


def day(one: Instrument, year: str) -> str:
    if one.expiry is None:
        return ""
    return f"{one.expiry.day:02d}{MONTHS[one.expiry.month - 1]}{one.expiry.strftime(year)}"
