"""The options of an underlying, around the money."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from tradegram.brokers.contract import Ability, ListsOptions
from tradegram.chat.buttons import say_button
from tradegram.chat.cards.chain import chain_text
from tradegram.chat.commands.command import Holder, command
from tradegram.chat.commands.market import failures, named, whom
from tradegram.chat.grammar.contracts import dates_meant
from tradegram.chat.grammar.said import Expiry, Which
from tradegram.chat.grammar.words import MONTHS
from tradegram.chat.preferences import account_named
from tradegram.chat.reply import Button, Reply
from tradegram.chat.writing import DATA_LIMIT
from tradegram.codes import Code
from tradegram.errors import Refused, UserError
from tradegram.market.asking import BrokerMarket, Told, first_to_say
from tradegram.market.chain import Chain, chain_of, near_the_money, options_at
from tradegram.model import Account, Instrument, Kind, OptionRow
from tradegram.ports import Desk

MUMBAI = ZoneInfo("Asia/Kolkata")
WHICH = {
    "weekly": Expiry(Which.WEEKLY), "monthly": Expiry(Which.MONTHLY),
    "next": Expiry(Which.NEXT_WEEK), "nextmonth": Expiry(Which.NEXT_MONTH),
}  # fmt: skip
ISO = re.compile(r"\d{4}-\d\d-\d\d")
DAY = re.compile(r"(\d{1,2})([a-z]{3,9})(\d{4})?")
OFFERED = 4  # other expiries, as buttons


@dataclass(frozen=True, slots=True)
class _Asked:
    """name: as it was typed. account, expiry: None when it was not said."""

    name: str
    account: Account | None
    expiry: Expiry | None


@command(
    "/chain",
    usage="/chain UNDERLYING [expiry] [#account]",
    about="Options around the money: prices, open interest, volatility, greeks.",
    example="/chain NIFTY weekly",
    reads_only=True,
)
def chain(desk: Desk, who: Holder, words: str) -> Sequence[Reply]:
    asked = _chain_asked(desk, words)
    found = named(desk, who, asked.name, "/chain")
    if isinstance(found, Reply):
        return [found]
    name = found.underlying or found.symbol
    listed = sorted(desk.instruments.expiries(name, options=True))
    told = _chain(desk, who, found, name, listed, asked)
    lines = [chain_text(told.what), *failures(desk, told, found, Ability.QUOTES)]
    return [Reply("\n".join(lines), _expiries(found, listed, told.what.expiry, asked))]


def _chain_asked(desk: Desk, words: str) -> _Asked:
    """Raises UserError."""
    name, account, expiry = list[str](), None, None
    for word in re.sub(r"(?i)\b(\d{1,2}) ([a-z]{3,9})\b", _joined, words).split():
        said = _expiry(word)
        if word.startswith("#"):
            account = account_named(desk, word)
        elif said is not None and name:
            expiry = said
        else:
            name.append(word)
    if not name:
        raise UserError("Options on what? Example: /chain NIFTY weekly")
    return _Asked(" ".join(name), account, expiry)


def _joined(found: re.Match[str]) -> str:
    """`24 nov` as one word."""
    return f"{found[1]}{found[2]}" if found[2].upper() in MONTHS else found[0]


def _expiry(word: str) -> Expiry | None:
    small = word.casefold()
    if small in WHICH:
        return WHICH[small]
    if ISO.fullmatch(small):
        try:
            day = date.fromisoformat(small)
        except ValueError:
            raise UserError(f"{word} is no day. Write it like 2026-11-24.") from None
        return Expiry(Which.DATE, day.day, day.month, day.year)
    found = DAY.fullmatch(small)
    if found and found[2].upper() in MONTHS:
        return Expiry(Which.DATE, int(found[1]), MONTHS[found[2].upper()], int(found[3] or 0))
    if small.upper() in MONTHS:
        return Expiry(Which.MONTH, month=MONTHS[small.upper()])
    return None


def _chain(
    desk: Desk, who: Holder, underlying: Instrument, name: str, listed: Sequence[date],
    asked: _Asked,
) -> Told[Chain]:  # fmt: skip
    """Raises UserError."""
    now = desk.clock.now()
    expiry = _meant(underlying, listed, asked, datetime.fromtimestamp(now, MUMBAI).date())
    account_id = asked.account.account_id if asked.account else ""
    seen = desk.quotes.quote(underlying, account_id)
    level = seen.last if seen else None

    def ask(market: BrokerMarket) -> Chain | None:
        options = _options(desk, market, underlying, name, expiry)
        strikes = near_the_money(sorted({strike for strike, _ in options}), level)
        rows = _rows(market, options_at(options, strikes))
        return chain_of(underlying, rows, level, now)

    return first_to_say(desk, whom(desk, who, underlying, Ability.QUOTES, asked.account), ask)


def _meant(
    underlying: Instrument, listed: Sequence[date], asked: _Asked, today: date
) -> date | None:
    """None leaves it to the broker: the desk's own list has no options of it."""
    if not listed:
        said = asked.expiry
        whole = said is not None and said.which is Which.DATE and said.year
        return date(said.year, said.month, said.day) if said is not None and whole else None
    if asked.expiry is None:
        return listed[0]
    meant = dates_meant(asked.expiry, listed, today)
    if not meant:
        days = ", ".join(f"{day:%d %b}" for day in listed[:6])
        raise UserError(f"No options on {underlying.symbol} expire then. There are: {days}.")
    return meant[-1]  # where “next” may be two days, the one that is surely not this one


def _options(
    desk: Desk, market: BrokerMarket, underlying: Instrument, name: str, expiry: date | None
) -> dict[tuple[Decimal, Kind], Instrument]:
    if expiry is None or not desk.instruments.strikes(name, expiry):
        found = market.options_of(underlying, expiry) if isinstance(market, ListsOptions) else ()
    else:
        both = [
            desk.instruments.option(name, expiry, strike, kind)
            for strike in desk.instruments.strikes(name, expiry)
            for kind in (Kind.CALL, Kind.PUT)
        ]
        found = [one for one in both if one is not None]
    return {(one.strike or Decimal(0), one.kind): one for one in found}


def _rows(market: BrokerMarket, options: Sequence[Instrument]) -> Sequence[OptionRow]:
    """
    By the broker's own chain, or by its prices alone.

    One strike that it does not list today must not hide the others: then each half is asked for.
    """
    if not options:
        return ()
    try:
        if Ability.CHAIN in market.profile.can:
            return market.option_chain(options)
        quotes = market.quotes(options)
    except Refused as error:
        if error.means != Code.INVALID_SYMBOL:
            raise
        half = len(options) // 2
        return [*_rows(market, options[:half]), *_rows(market, options[half:])] if half else ()
    return [OptionRow(one, quotes[one.key]) for one in options if one.key in quotes]


def _expiries(
    underlying: Instrument, listed: Sequence[date], shown: date, asked: _Asked
) -> tuple[tuple[Button, ...], ...]:
    account = f" #{asked.account.name}" if asked.account else ""
    row = tuple(
        say_button(f"{day:%d %b}", f"/chain {underlying.key} {day.isoformat()}{account}")
        for day in [day for day in listed if day != shown][:OFFERED]
    )
    return (row,) if row and all(len(one.data.encode()) <= DATA_LIMIT for one in row) else ()
