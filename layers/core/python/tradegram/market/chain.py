"""An option chain around the money, with what its prices say where the broker does not say it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from tradegram.market.greeks import Contract
from tradegram.model import Instrument, Kind, OptionRow, Quote

AROUND = 5  # strikes on either side of the money
MUMBAI, NEW_YORK = ZoneInfo("Asia/Kolkata"), ZoneInfo("America/New_York")
# When an option stops trading on its last day.
ENDS = {"INR": (time(15, 30), MUMBAI), "USD": (time(16, 0), NEW_YORK)}
PLACES = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Pair:
    """The call and the put of one strike; None where the broker knows it not."""

    strike: Decimal
    call: OptionRow | None
    put: OptionRow | None


@dataclass(frozen=True, slots=True)
class Chain:
    """pairs: by strike. level: of the underlying; None when nobody knows. money: the nearest."""

    underlying: Instrument
    expiry: date
    pairs: Sequence[Pair]
    level: Decimal | None
    money: Decimal
    source: str


def near_the_money(strikes: Sequence[Decimal], level: Decimal | None) -> Sequence[Decimal]:
    """strikes: ascending. The middle ones when no level is known."""
    if not strikes:
        return []
    middle = len(strikes) // 2
    if level is not None:
        middle = min(range(len(strikes)), key=lambda at: abs(strikes[at] - level))
    return strikes[max(middle - AROUND, 0) : middle + AROUND + 1]


def chain_of(
    underlying: Instrument, rows: Sequence[OptionRow], level: Decimal | None, now: float
) -> Chain | None:
    """rows: of one expiry. None when there is none. Greeks of the broker's own stay as they are."""
    expiries = {row.instrument.expiry for row in rows} - {None}
    if len(expiries) != 1:
        return None
    [expiry] = expiries
    assert expiry is not None  # noqa: S101 - taken out above
    pairs = _pairs(rows)
    money = _money(pairs, level)
    seconds = _seconds_left(underlying, expiry, now)
    worth = _worth(pairs, money, seconds) or (float(level) if level else 0.0)
    whole = [
        Pair(one.strike, _whole(one.call, worth, seconds), _whole(one.put, worth, seconds))
        for one in pairs
    ]
    source = rows[0].quote.source
    return Chain(underlying, expiry, whole, level, money, source)


def _pairs(rows: Sequence[OptionRow]) -> Sequence[Pair]:
    found: dict[Decimal, dict[Kind, OptionRow]] = {}
    for row in rows:
        found.setdefault(row.instrument.strike or Decimal(0), {})[row.instrument.kind] = row
    return [
        Pair(strike, both.get(Kind.CALL), both.get(Kind.PUT))
        for strike, both in sorted(found.items())
    ]


def _money(pairs: Sequence[Pair], level: Decimal | None) -> Decimal:
    """The strike where call and put cost most alike, when no level is known."""
    if level is not None:
        return min((one.strike for one in pairs), key=lambda strike: abs(strike - level))

    def apart(one: Pair) -> Decimal:
        if one.call is None or one.put is None:
            return Decimal("Infinity")
        return abs(one.call.quote.last - one.put.quote.last)

    return min(pairs, key=apart).strike


def _worth(pairs: Sequence[Pair], money: Decimal, seconds: float) -> float:
    """
    What the underlying is worth to those who trade its options: a call less a put is the
    underlying less the strike. 0 when one of them has no price.
    """
    for one in pairs:
        if one.strike == money and one.call is not None and one.put is not None:
            call, put = _price(one.call.quote), _price(one.put.quote)
            if call and put:
                owed = Contract(1.0, float(money), seconds, True).owed
                return owed + float(call - put)
    return 0.0


def _whole(row: OptionRow | None, level: float, seconds: float) -> OptionRow | None:
    if row is None or row.delta is not None or level <= 0:
        return row
    strike, call = float(row.instrument.strike or 0), row.instrument.kind is Kind.CALL
    contract = Contract(level, strike, seconds, call)
    iv = float(row.iv) if row.iv else contract.implied(float(_price(row.quote)))
    if iv is None or seconds <= 0:
        return row
    found = contract.greeks(iv)
    return replace(
        row,
        iv=_decimal(found.iv),
        delta=_decimal(found.delta),
        gamma=_decimal(found.gamma),
        theta=_decimal(found.theta),
        vega=_decimal(found.vega),
    )


def _price(quote: Quote) -> Decimal:
    """Between bid and ask, where both wait; else the last trade."""
    return (quote.bid + quote.ask) / 2 if quote.bid > 0 and quote.ask > 0 else quote.last


def _seconds_left(underlying: Instrument, expiry: date, now: float) -> float:
    ends, zone = ENDS.get(underlying.currency, (time(23, 59), ZoneInfo("UTC")))
    return datetime.combine(expiry, ends, tzinfo=zone).timestamp() - now


def _decimal(number: float) -> Decimal:
    return Decimal(str(number)).quantize(PLACES)


def options_at(
    options: Mapping[tuple[Decimal, Kind], Instrument], strikes: Sequence[Decimal]
) -> Sequence[Instrument]:
    """Both of each strike, as far as they are listed."""
    wanted = [(strike, kind) for strike in strikes for kind in (Kind.CALL, Kind.PUT)]
    return [options[one] for one in wanted if one in options]
