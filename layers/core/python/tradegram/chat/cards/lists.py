"""Lists of what there is: positions, holdings, trades, funds, results, quotes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from tradegram.chat.buttons import short
from tradegram.chat.cards.ticket import SIDE_MARKS, account_label
from tradegram.chat.money import (
    IST,
    ago,
    bare_price,
    change,
    clock_time,
    gain,
    money,
    price,
    quantity,
    units,
)
from tradegram.chat.reply import Button, Reply
from tradegram.chat.states import STATES
from tradegram.chat.writing import pages, safe
from tradegram.model import Account, Fill, Funds, Holding, Instrument, Position, Product, Quote
from tradegram.orders.state import State
from tradegram.risk.limits import LIMITS

# What an audit line says in words of its own, or leaves to the chain.
AUDIT_OWN_WORDS = frozenset((
    "event", "order", "cum", "average", "terms", "ticket", "owner", "broker order", "at",
    "before", "after", "trades", "limit",
))  # fmt: skip
LIST_MARKS = re.compile(r'^\["|", ?"|"\]$')
NOT_SQUARED_OFF = "\n     not squared off at the close: exit it yourself"
NOTHING_OPEN = "No open positions. Example: <code>/buy RELIANCE 10 @ 2950</code> opens a ticket."


@dataclass(frozen=True, slots=True)
class Part:
    """What one account says; `failed` says in one sentence why it could not."""

    account: Account
    lines: Sequence[str] = ()
    failed: str = ""


def list_card(
    title: str, parts: Iterable[Part], empty: str, buttons: tuple[tuple[Button, ...], ...] = ()
) -> Sequence[Reply]:
    """One list over all accounts, in as many messages as it needs; buttons under the last."""
    blocks = [f"<b>{safe(title)}</b>"]
    for part in parts:
        blocks.append(f"a/c {account_label(part.account)}  [{part.account.mode}]")
        if part.failed:
            blocks.append(f"⚠ {safe(part.failed, 300)}")
        elif part.lines:
            blocks += part.lines
        else:
            blocks.append(empty)
    texts = pages(blocks)
    return [*(Reply(text) for text in texts[:-1]), Reply(texts[-1], buttons)]


def hidden(text: str, private: bool) -> str:
    """Amounts behind a tap when the holder wants privacy."""
    return f"<tg-spoiler>{text}</tg-spoiler>" if private else text


def position_line(one: Position, private: bool, *, squares_off: bool = True) -> str:
    """squares_off: whether the broker closes what is intraday before the close."""
    instrument, currency = one.instrument, one.instrument.currency
    name = f"<b>{safe(instrument.symbol, 60)}</b> · {safe(instrument.exchange, 20)} · {one.product}"
    if not one.quantity:
        return f"{name}\n     closed · realised {hidden(gain(one.realised, currency), private)}"
    side = "long" if one.quantity > 0 else "short"
    last = f" · LTP {bare_price(one.last_price, instrument)}" if one.last_price else " · no LTP"
    open_ = "?" if one.unrealised is None else gain(one.unrealised, currency)
    amounts = f"open {open_} · realised {gain(one.realised, currency)}"
    held = f"{units(abs(one.quantity), instrument)} @ {bare_price(one.average_price, instrument)}"
    own = "" if squares_off or one.product is not Product.INTRADAY else NOT_SQUARED_OFF
    return f"{name}\n     {side} {hidden(held, private)}{last} · {hidden(amounts, private)}{own}"


def holding_line(one: Holding, private: bool) -> str:
    instrument = one.instrument
    held = f"{quantity(one.quantity, instrument.currency)} @ "
    held += bare_price(one.average_price, instrument)
    result = ""
    if one.last_price is not None:
        made = (one.last_price - one.average_price) * one.quantity
        result = f" · LTP {bare_price(one.last_price, instrument)} · "
        result += hidden(gain(made, instrument.currency), private)
    name = f"<b>{safe(instrument.symbol, 60)}</b> · {safe(instrument.exchange, 20)}"
    return f"{name}\n     {hidden(held, private)}{result}"


def fill_line(fill: Fill, private: bool) -> str:
    one = fill.instrument
    words = f"{quantity(fill.quantity, one.currency)} @ {bare_price(fill.price, one)}"
    return (
        f"{SIDE_MARKS[fill.side]} {clock_time(fill.at)} {fill.side} "
        f"<b>{safe(one.symbol, 60)}</b> {hidden(words, private)} · "
        f"<code>{safe(fill.trade_id, 40)}</code>"
    )


def funds_line(funds: Funds, private: bool) -> str:
    amounts = (
        f"free <b>{money(funds.available, funds.currency)}</b> · "
        f"blocked {money(funds.used, funds.currency)} · "
        f"balance {money(funds.balance, funds.currency)}"
    )
    return f"{safe(funds.currency, 10)}: {hidden(amounts, private)}"


def result_lines(
    positions: Sequence[Position], fills: Sequence[Fill], private: bool
) -> Sequence[str]:
    """Today's result, a line per currency; charges are those of today's fills."""
    currencies = dict.fromkeys(
        [one.instrument.currency for one in positions] + [one.instrument.currency for one in fills]
    )
    return [_result(currency, positions, fills, private) for currency in currencies]


def _result(
    currency: str, positions: Sequence[Position], fills: Sequence[Fill], private: bool
) -> str:
    mine = [one for one in positions if one.instrument.currency == currency]
    realised = sum((one.realised for one in mine), Decimal(0))
    known = [one.unrealised for one in mine if one.unrealised is not None]
    open_ = sum(known, Decimal(0))
    charges = sum((one.charges for one in fills if one.instrument.currency == currency), Decimal(0))
    missing = sum(1 for one in mine if one.quantity and one.unrealised is None)
    note = f"\n     {missing} without a price, left out" if missing else ""
    words = (
        f"realised {gain(realised, currency)} · open {gain(open_, currency)} · "
        f"charges {money(-charges, currency)} · "
        f"<b>net {gain(realised + open_ - charges, currency)}</b>"
    )
    return f"{safe(currency, 10)}: {hidden(words, private)}{note}"


def quote_text(instrument: Instrument, quote: Quote | None, now: float) -> str:
    name = f"<b>{safe(instrument.symbol, 60)}</b> · {safe(instrument.exchange, 20)}"
    title = f"{name} · {safe(instrument.name, 80)}"
    if quote is None:
        return f"{title}\nNo price for it now. Try again in a few seconds."
    currency = instrument.currency
    sizes = [
        f" × {quantity(size, currency)}" if size else ""
        for size in (quote.bid_size, quote.ask_size)
    ]
    age = ago(max(now - quote.at, 0.0))
    low, high = bare_price(quote.low, instrument), bare_price(quote.high, instrument)
    lines = [
        title,
        f"LTP <b>{price(quote.last, instrument)}</b> ({change(quote.change)}) · "
        f"{safe(quote.source, 40)}, {age}",
        f"Bid {bare_price(quote.bid, instrument)}{sizes[0]} · "
        f"Ask {bare_price(quote.ask, instrument)}{sizes[1]}",
        f"Day {low}–{high} · previous close {bare_price(quote.previous_close, instrument)}",
    ]
    if instrument.kind.is_derivative:
        expiry = f" · expires {instrument.expiry:%d %b %Y}" if instrument.expiry else ""
        lines.append(f"Lot {quantity(instrument.lot_size, currency)}{expiry}")
    return "\n".join(lines)


def audit_line(sequence: int, body: Mapping[str, object]) -> str:
    """One event of the chain, short enough for a phone; the chain itself keeps every word."""
    event = str(body.get("event", "?"))
    words = STATES[State(event)].words if event in STATES else event
    parts = [*_when(body), *_whose(body), *_filled(body), *_terms_asked(body), *_kept(body)]
    parts += [_said(key, value) for key, value in body.items() if key not in AUDIT_OWN_WORDS]
    return f"{sequence}. <b>{safe(words, 60)}</b> {safe(' · '.join(parts), 300)}".rstrip()


def _said(key: str, value: object) -> str:
    """As people say it: a switch is on or off, and what a proof was for is a list of words."""
    if value is True or value is False:
        return ("on" if value else "off") if key == "on" else f"{key} {'yes' if value else 'no'}"
    words = re.sub(LIST_MARKS, " ", value).strip() if isinstance(value, str) else str(value)
    if key == "for":  # what was proven for may be a limit
        each = words.split(" ")
        words = " ".join(LIMITS[one].title.lower() if one in LIMITS else one for one in each)
    return f"{key} {words}"


def _when(body: Mapping[str, object]) -> Sequence[str]:
    """None in what was written before events had a time."""
    if "at" not in body:
        return []
    at = datetime.fromisoformat(str(body["at"])).astimezone(IST)
    return [at.strftime("%d %b %H:%M:%S")]


def _kept(body: Mapping[str, object]) -> Sequence[str]:
    """The first of the trades that were kept; the chain names them all."""
    trades = body.get("trades")
    if not isinstance(trades, list) or not trades:
        return []
    return [f"{trades[0]}{f' and {len(trades) - 1} more' if len(trades) > 1 else ''}"]


def _whose(body: Mapping[str, object]) -> Sequence[str]:
    return [short(str(body["order"]))] if "order" in body else []


def _filled(body: Mapping[str, object]) -> Sequence[str]:
    if str(body.get("cum", "0")) == "0":
        return []
    return [f"{body['cum']} filled @ {body.get('average', '?')}"]


def _terms_asked(body: Mapping[str, object]) -> Sequence[str]:
    """What was confirmed, in the order in which people say it."""
    terms = body.get("terms")
    if not isinstance(terms, Mapping):
        return []
    said = [terms.get(name) for name in ("side", "quantity", "instrument", "asked", "product")]
    prices = [f"{name} {terms[name]}" for name in ("price", "trigger") if terms.get(name)]
    return [" ".join(str(each) for each in (*said, *prices) if each)]
