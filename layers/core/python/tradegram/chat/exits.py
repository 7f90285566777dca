"""Tickets that close positions: as much as is held, less what is being closed already."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from tradegram.brokers.contract import Broker
from tradegram.chat.accounts_asked import why_not
from tradegram.chat.asked import Asked
from tradegram.chat.buttons import short
from tradegram.chat.grammar.words import PRODUCTS
from tradegram.chat.money import units
from tradegram.chat.preferences import account_called, account_named, members
from tradegram.errors import BrokerError, UserError
from tradegram.model import Account, OrderType, Position, Product, Side
from tradegram.orders.state import Order
from tradegram.ports import Desk
from tradegram.tickets.closing import Closing, closing_orders, kept_for

T = TypeVar("T")

WHOLE = Decimal(100)


@dataclass(frozen=True, slots=True)
class ExitWords:
    """
    What follows /exit. name: "" for all; percent: of the position, above 0 and at most 100.

    among: the accounts of `#all`, of a group, or of several names; all of them are meant then.
    """

    name: str = ""
    everything: bool = False
    percent: Decimal = WHOLE
    account: Account | None = None
    product: Product | None = None
    among: frozenset[str] = frozenset()


def read_exit(desk: Desk, text: str, user_id: int | None = None) -> ExitWords:
    """
    `RELIANCE`, `all`, `NSE:INFY MIS #main 50%`, `INFY #family`. Raises UserError.

    user_id: whose groups count; None: one account at most.
    """
    percent, product = WHOLE, None
    names: list[str] = []
    accounts: list[str] = []
    for word in text.split()[:12]:
        if word.endswith("%"):
            percent = _percent(word)
        elif word.startswith("#"):
            accounts.append(word)
        elif word.upper() in PRODUCTS:
            product = PRODUCTS[word.upper()]
        else:
            names.append(word)
    everything = [name.casefold() for name in names] == ["all"]
    name = "" if everything else " ".join(names)
    account, among = _accounts(desk, accounts, user_id)
    return ExitWords(name, everything, percent, account, product, among)


def _accounts(
    desk: Desk, said: Sequence[str], user_id: int | None
) -> tuple[Account | None, frozenset[str]]:
    """The one that is named, or the ids of several."""
    if not said:
        return None, frozenset()
    if user_id is None or (len(said) == 1 and account_called(desk, said[0])):
        return account_named(desk, said[-1]), frozenset()
    return None, frozenset(one for name in said for one in members(desk, user_id, name))


def _percent(word: str) -> Decimal:
    digits = word.removesuffix("%")
    if digits.replace(".", "", 1).isdecimal() and len(digits) <= 8:
        share = Decimal(digits)
        if 0 < share <= 100:
            return share
    raise UserError(f"{word[:20]} is no share of a position. Write 1% to 100%, e.g. 50%.")


def open_positions(desk: Desk, words: ExitWords) -> Sequence[Position]:
    """
    Every open position that the words mean, over all accounts they allow.

    Raises UserError when a broker does not say: an exit must not be guessed.
    """
    accounts = [words.account] if words.account else desk.brokers.accounts()
    if words.among:
        accounts = [one for one in accounts if one.account_id in words.among]
    called = {one.key for one in desk.instruments.named(words.name)} if words.name else set()
    return [
        position
        for account in accounts
        for position in _positions(desk, account)
        if words.product in (None, position.product)
        and (words.everything or _is_meant(position, words.name, called))
    ]


def held_positions(desk: Desk, words: ExitWords) -> Sequence[Position]:
    """What lies in the depository, as positions. Raises UserError."""
    accounts = [words.account] if words.account else desk.brokers.accounts()
    called = {one.key for one in desk.instruments.named(words.name)}
    zero = Decimal(0)
    found = [
        Position(
            row.account_id, row.instrument, Product.DELIVERY, row.quantity, row.average_price,
            row.last_price, zero, None,
        )
        for account in accounts
        for row in _asked(desk, account, lambda broker: broker.holdings())
        if row.quantity > 0
    ]  # fmt: skip
    if words.product not in (None, Product.DELIVERY):
        return ()
    return [one for one in found if _is_meant(one, words.name, called)]


def _positions(desk: Desk, account: Account) -> Sequence[Position]:
    found = _asked(desk, account, lambda broker: broker.positions())
    return [position for position in found if position.quantity]


def _asked(desk: Desk, account: Account, question: Callable[[Broker], Sequence[T]]) -> Sequence[T]:
    try:
        return question(desk.brokers.broker(account.account_id))
    except BrokerError as error:
        raise UserError(f"Positions of #{account.name}: {why_not(error)}") from error


def _is_meant(position: Position, name: str, called: set[str]) -> bool:
    one, word = position.instrument, name.upper()
    return one.key in called or word in (one.key, one.symbol.upper(), one.underlying.upper())


def position_of(desk: Desk, order: Order) -> Position:
    """The position that a filled order is part of. Raises UserError when there is none."""
    intent = order.intent
    account = desk.brokers.account(order.account_id)
    for position in _positions(desk, account):
        if position.instrument.key == intent.instrument.key and position.product == intent.product:
            return position
    raise UserError(f"No open position in {intent.instrument.symbol} any more. /pos shows what is.")


def kept_at_broker(desk: Desk, position: Position) -> Decimal:
    """Units of it that the broker closes when a price is reached."""
    side = Side.SELL if position.quantity > 0 else Side.BUY
    closing = Closing(position.account_id, position.instrument, position.product, side)
    return kept_for(desk, closing)


def check_not_kept(desk: Desk, position: Position) -> None:
    """Raises UserError when the broker protects it, so that nothing else does."""
    if kept := kept_at_broker(desk, position):
        raise _is_kept(desk, position, kept, "protect it anew")


def _is_kept(desk: Desk, position: Position, kept: Decimal, what: str) -> UserError:
    title, one = desk.brokers.profile(position.account_id).title, position.instrument
    return UserError(
        f"{title} keeps {units(kept, one)} of {one.symbol} for a trigger. Take it back first "
        f"(/gtt), then {what}."
    )


def exit_asked(desk: Desk, position: Position, percent: Decimal = WHOLE) -> Asked:
    """The opposite order at the market. Raises UserError when there is nothing left to close."""
    one = position.instrument
    side = Side.SELL if position.quantity > 0 else Side.BUY
    working = closing_orders(desk, position.account_id, one, position.product, side)
    closing = sum((order.may_fill for order in working), Decimal(0))
    share = abs(position.quantity) * percent / 100
    kept = kept_at_broker(desk, position)
    lots = min(share, abs(position.quantity) - closing - kept) // one.lot_size
    if lots <= 0 and kept:
        raise _is_kept(desk, position, kept, "exit")
    if lots <= 0 and working:
        names = ", ".join(short(order.key) for order in working[:5])
        raise UserError(
            f"{units(closing, one)} of {one.symbol} are being closed already by {names}. "
            f"Cancel first (/cancel {short(working[0].key)}), then exit."
        )
    if lots <= 0:
        held = units(abs(position.quantity), one)
        raise UserError(
            f"{percent.normalize():f} % of {held} {one.symbol} is less than the smallest lot. "
            f"/exit {one.symbol} closes all of it."
        )
    return Asked(
        instrument=one,
        side=side,
        quantity=lots * one.lot_size,
        order_type=OrderType.MARKET,
        product=position.product,
        account=position.account_id,
        closes=True,
    )
