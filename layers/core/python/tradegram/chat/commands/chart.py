"""How a price went, as a picture."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from tradegram.brokers.contract import Ability
from tradegram.chat.buttons import say_button
from tradegram.chat.commands.command import Holder, command
from tradegram.chat.commands.market import failures, named, whom
from tradegram.chat.money import bare_price, change, price
from tradegram.chat.preferences import account_named
from tradegram.chat.reply import Button, Reply
from tradegram.chat.writing import DATA_LIMIT, safe
from tradegram.errors import UserError
from tradegram.market.asking import BrokerMarket, Told, first_to_say
from tradegram.market.picture import chart_png
from tradegram.model import Account, Candle, Instrument
from tradegram.ports import Desk

LENGTHS = {"1m": 1, "5m": 5, "15m": 15, "30m": 30, "1h": 60, "1d": 1440}
USUAL = "5m"
# Days of each length that fill a picture, and the most that are asked for.
SPANS = {1: 1, 5: 2, 15: 5, 30: 10, 60: 20, 1440: 180}
MOST_DAYS = {1: 7, 5: 30, 15: 60, 30: 120, 60: 365, 1440: 3650}
SPAN = re.compile(r"(\d{1,4})(d|w|y)")
DAYS = {"d": 1, "w": 7, "y": 365}
MUMBAI, NEW_YORK = ZoneInfo("Asia/Kolkata"), ZoneInfo("America/New_York")
ABROAD = frozenset({"NASDAQ", "NYSE", "OPRA"})


@dataclass(frozen=True, slots=True)
class _Asked:
    """name: as it was typed. account: None when none was named. days: that trade."""

    name: str
    account: Account | None
    minutes: int
    days: int


@command(
    "/chart",
    usage="/chart SYMBOL [1m|5m|15m|30m|1h|1d] [30d] [#account]",
    about="A picture of how a price went, with volumes.",
    example="/chart RELIANCE 15m 5d",
    reads_only=True,
)
def chart(desk: Desk, who: Holder, words: str) -> Sequence[Reply]:
    asked = _chart_asked(desk, words)
    found = named(desk, who, asked.name, "/chart")
    if isinstance(found, Reply):
        return [found]
    told = _candles(desk, who, found, asked)
    zone = _zone(found)
    candles = _of_last_days(told.what, asked, zone)
    last, first = candles[-1], candles[0]
    length = next(name for name, minutes in LENGTHS.items() if minutes == asked.minutes)
    source, moved = _source(told), (last.close - first.open) / first.open
    title = f"{found.symbol} · {length} · {bare_price(last.close, found)} ({change(moved)})"
    when = f"{datetime.fromtimestamp(desk.clock.now(), zone):%d %b %Y %H:%M %Z}"
    in_lakhs = found.currency == "INR"
    note = f"{source} · {when}"
    picture = chart_png(candles, title, note, zone, last.close, lakhs=in_lakhs)
    caption = [
        f"<b>{safe(found.symbol, 60)}</b> · {safe(found.exchange, 20)} · {length}",
        f"{price(last.close, found)} ({change(moved)} in the picture) · {safe(source, 60)}",
        f"High {bare_price(max(one.high for one in candles), found)} · "
        f"low {bare_price(min(one.low for one in candles), found)}",
        *failures(desk, told, found, Ability.CANDLES),
    ]
    return [Reply("\n".join(caption), _lengths(found, asked), picture=picture)]


def _chart_asked(desk: Desk, words: str) -> _Asked:
    """Raises UserError."""
    name, account, length, days = list[str](), None, "", 0
    for word in words.split():
        small = word.casefold()
        span = SPAN.fullmatch(small)
        if word.startswith("#"):
            account = account_named(desk, word)
        elif small in LENGTHS and not length:
            length = small
        elif span and name:
            days = int(span[1]) * DAYS[span[2]]
        else:
            name.append(word)
    if not name:
        raise UserError("Which one? Example: /chart RELIANCE 15m 5d")
    minutes = LENGTHS[length or USUAL]
    most = MOST_DAYS[minutes]
    if days > most:
        raise UserError(
            f"Candles of {length or USUAL} reach back {most} days at most. Ask for longer candles, "
            f"e.g. /chart {' '.join(name)} 1d {days}d."
        )
    return _Asked(" ".join(name), account, minutes, days or SPANS[minutes])


def _candles(
    desk: Desk, who: Holder, instrument: Instrument, asked: _Asked
) -> Told[Sequence[Candle]]:
    """Raises UserError."""
    until = desk.clock.now()
    # Of days that trade there may be fewer: week-ends and holidays are in between.
    days = asked.days if asked.minutes == LENGTHS["1d"] else asked.days * 1.5 + 4
    since = until - days * 86_400

    def ask(market: BrokerMarket) -> Sequence[Candle] | None:
        return market.candles(instrument, asked.minutes, since, until) or None

    return first_to_say(desk, whom(desk, who, instrument, Ability.CANDLES, asked.account), ask)


def _of_last_days(candles: Sequence[Candle], asked: _Asked, zone: ZoneInfo) -> Sequence[Candle]:
    if asked.minutes == LENGTHS["1d"]:
        return candles
    days = [datetime.fromtimestamp(one.at, zone).date() for one in candles]
    wanted = set(sorted(set(days))[-asked.days :])
    return [one for one, day in zip(candles, days, strict=True) if day in wanted]


def _zone(instrument: Instrument) -> ZoneInfo:
    return NEW_YORK if instrument.exchange in ABROAD else MUMBAI


def _lengths(instrument: Instrument, asked: _Asked) -> tuple[tuple[Button, ...], ...]:
    """The same with other candles."""
    account = f" #{asked.account.name}" if asked.account else ""
    row = tuple(
        say_button(name, f"/chart {instrument.key} {name}{account}")
        for name, minutes in LENGTHS.items()
        if minutes not in (asked.minutes, LENGTHS["30m"])
    )
    return (row,) if all(len(one.data.encode()) <= DATA_LIMIT for one in row) else ()


def _source(told: Told[Sequence[Candle]]) -> str:
    account = told.account
    return "simulated prices" if account.broker == "paper" else f"{account.broker} #{account.name}"
