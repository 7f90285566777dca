"""How amounts, prices, quantities and times are written for people. Pure; plain text, no HTML."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from tradegram.model import Instrument

IST = ZoneInfo("Asia/Kolkata")

SIGNS = {"INR": "₹", "USD": "$", "EUR": "€", "GBP": "£"}


def _places(value: Decimal, places: int) -> str:
    step = Decimal(1).scaleb(-places)
    return f"{abs(value).quantize(step, rounding=ROUND_HALF_UP):f}"


def indian(digits: str) -> str:
    """`1234567` -> `12,34,567`: the last three, then pairs."""
    head, tail = digits[:-3], digits[-3:]
    pairs = [head[max(end - 2, 0) : end] for end in range(len(head), 0, -2)]
    return ",".join([*reversed(pairs), tail])


def western(digits: str) -> str:
    """`1234567` -> `1,234,567`."""
    return f"{int(digits):,}"


def grouped(value: Decimal, currency: str = "INR", places: int = 2) -> str:
    """Without a currency sign: `-12,34,567.00`. Rounded half up, only here and only for show."""
    whole, _, part = _places(value, places).partition(".")
    group = indian if currency == "INR" else western
    text = group(whole) + (f".{part}" if part else "")
    return f"−{text}" if value < 0 and any(digit in "123456789" for digit in text) else text


def money(value: Decimal, currency: str = "INR", places: int = 2) -> str:
    """`₹12,34,567.00`, `−$12.50`, `1,234.50 USDT`."""
    text = grouped(value, currency, places)
    if currency not in SIGNS:
        # Its code comes from somebody's master, and this text goes into HTML.
        return f"{text} {''.join(filter(str.isalnum, currency))[:10]}"
    minus = "−" if text.startswith("−") else ""
    return f"{minus}{SIGNS[currency]}{text.removeprefix('−')}"


def gain(value: Decimal, currency: str = "INR") -> str:
    """Money made or lost, its sign always shown: `+₹250.00`."""
    text = money(value, currency)
    return text if text.startswith("−") or not value else f"+{text}"


def _price_places(instrument: Instrument, price: Decimal) -> int:
    tick = instrument.tick_size.normalize().as_tuple().exponent
    own = price.normalize().as_tuple().exponent
    return max(2, *(-part for part in (tick, own) if isinstance(part, int) and part >= -8))


def price(value: Decimal, instrument: Instrument) -> str:
    """With the currency and as many places as the price has, two at least: `₹2,950.00`."""
    return money(value, instrument.currency, _price_places(instrument, value))


def bare_price(value: Decimal, instrument: Instrument) -> str:
    """Without currency: `2,948.65`."""
    return grouped(value, instrument.currency, _price_places(instrument, value))


def short_price(value: Decimal, instrument: Instrument) -> str:
    """For buttons: `2,950` when whole, else `2,950.50`."""
    places = 0 if value == value.to_integral_value() else _price_places(instrument, value)
    return grouped(value, instrument.currency, places)


def quantity(value: Decimal, currency: str = "INR") -> str:
    """Without trailing zeros: `10`, `0.01`, `1,00,000`."""
    exponent = value.normalize().as_tuple().exponent
    places = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    return grouped(value, currency, places)


def units(value: Decimal, instrument: Instrument) -> str:
    """`10`, or for derivatives `2 lots (130)`."""
    bare = quantity(value, instrument.currency)
    lots = value / instrument.lot_size
    if not instrument.kind.is_derivative or lots != lots.to_integral_value():
        return bare
    return f"{quantity(lots)} {'lot' if lots == 1 else 'lots'} ({bare})"


def percent(fraction: Decimal, places: int = 2) -> str:
    """`0.0031` -> `0.31 %`."""
    return f"{grouped(fraction * 100, 'USD', places)} %"


def change(fraction: Decimal) -> str:
    """`+0.31 %`."""
    text = percent(fraction)
    return text if text.startswith("−") else f"+{text}"


def ago(seconds: float) -> str:
    """`2 s ago`, `3 min ago`, `5 h ago`."""
    if seconds < 1:
        return "just now"
    if seconds < 120:
        return f"{seconds:.0f} s ago"
    if seconds < 7200:
        return f"{seconds // 60:.0f} min ago"
    return f"{seconds // 3600:.0f} h ago"


def clock_time(at: float) -> str:
    """`15:30:45 IST`."""
    return datetime.fromtimestamp(at, IST).strftime("%H:%M:%S IST")


def day(at: float) -> str:
    """`20 Nov 2027`, for what is not soon."""
    return datetime.fromtimestamp(at, IST).strftime("%d %b %Y")


def day_time(at: float) -> str:
    """`Mon 09:15 IST`."""
    return datetime.fromtimestamp(at, IST).strftime("%a %d %b %H:%M IST")
