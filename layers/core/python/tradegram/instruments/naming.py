"""
How the exchanges write a contract, so that one has the same key whatever a broker calls it.

`NIFTY26NOVFUT`, `NIFTY26NOV24000CE` for the last expiry of a month, `NIFTY26N2424000CE` for the
others: year, one letter for the month, day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from tradegram.model import Kind

# As the exchanges write them, whatever the machine's language.
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
LETTERS = "123456789OND"

# Indices by their own symbols: the word that their derivatives are written on.
WRITTEN_ON = {
    "NIFTY 50": "NIFTY",
    "NIFTY BANK": "BANKNIFTY",
    "NIFTY FIN SERVICE": "FINNIFTY",
    "NIFTY MID SELECT": "MIDCPNIFTY",
    "NIFTY NEXT 50": "NIFTYNXT50",
    "SENSEX": "SENSEX",
    "BANKEX": "BANKEX",
}

ORDINARY = "EQ"  # the series of shares that is not written


def contract(
    underlying: str,
    kind: Kind,
    expiry: date,
    strike: Decimal | None = None,
    expiries: Iterable[date] = (),
) -> str:
    """
    The exchange's symbol of a future or an option.

    expiries: all that options of this underlying have on this exchange; the last of a month is
    its monthly one. Without them it is taken for the last. Raises ValueError for anything else.
    """
    if not underlying or not kind.is_derivative or (strike is None) is kind.is_option:
        raise ValueError(f"no contract: {underlying!r} {kind} {strike}")
    if strike is None:
        return f"{underlying}{_month(expiry)}FUT"
    alike = [one for one in expiries if (one.year, one.month) == (expiry.year, expiry.month)]
    stem = _month(expiry) if expiry >= max(alike, default=expiry) else _week(expiry)
    return f"{underlying}{stem}{strike.normalize():f}{kind.value}"


def expiries_of(options: Iterable[tuple[str, date]]) -> Mapping[str, frozenset[date]]:
    """By underlying, from pairs of underlying and expiry: what `contract` wants to know."""
    found: defaultdict[str, set[date]] = defaultdict(set)
    for underlying, expiry in options:
        found[underlying].add(expiry)
    return {underlying: frozenset(some) for underlying, some in found.items()}


def share(symbol: str, series: str = "") -> str:
    """
    A share's symbol without the ordinary series, `RELIANCE` of `RELIANCE-EQ`; others keep theirs.

    series: where the broker says it apart, `BE`; "" where it is written behind the symbol, or
    where there are none, as on BSE.
    """
    if series and series != ORDINARY:
        return f"{symbol}-{series}"
    return symbol.removesuffix(f"-{ORDINARY}")


def _month(expiry: date) -> str:
    return f"{expiry:%y}{MONTHS[expiry.month - 1]}"


def _week(expiry: date) -> str:
    return f"{expiry:%y}{LETTERS[expiry.month - 1]}{expiry:%d}"
