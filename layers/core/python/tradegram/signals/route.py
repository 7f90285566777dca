"""From a signal to what is asked of the desk: which instrument, which account, how much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from tradegram.brokers.registry import PAPER
from tradegram.chat.asked import Asked, Level, Unit
from tradegram.chat.preferences import account_named
from tradegram.errors import UserError
from tradegram.model import Account, Instrument, Kind, Mode, OrderType, Side
from tradegram.ports import Desk
from tradegram.signals.signal import Signal
from tradegram.signals.strategy import Rule, Strategy, Way

# Where an instrument is traded when the strategy names no account, by its money.
REGIONS = {"INR": "India", "USD": "the US", "USDT": "coins"}


def routed(desk: Desk, strategy: Strategy, signal: Signal) -> Asked:
    """Raises UserError with what is missing and where to say it."""
    one = instrument_of(desk, signal.symbol)
    side = signal.side or (Side(strategy.side) if strategy.side else None)
    if side is None:
        raise UserError(
            f"The signal says no side. Say it once for all: /strategy {strategy.name} side buy"
        )
    quantity, money, percent = _size(strategy, signal.quantity, one)
    return Asked(
        instrument=one,
        side=side,
        quantity=quantity,
        money=money,
        percent=percent,
        order_type=OrderType.MARKET if signal.price is None else OrderType.LIMIT,
        price=signal.price,
        stop_loss=_level(signal.stop),
        target=_level(signal.target),
        account=_account(desk, strategy, one).account_id,
        note=f"strategy {strategy.name}",
        strategy=strategy.name,
        confidence=signal.confidence,
    )


def by_rule(desk: Desk, strategy: Strategy, asked: Asked) -> Asked:
    """
    What a person reads out of a signal, with the strategy's account and size before the words'.

    Without an account of its own it is the person's usual one. Raises UserError.
    """
    one, named = asked.instrument, strategy.account or strategy.way is Way.PAPER
    account = _account(desk, strategy, one).account_id if named else asked.account
    found = replace(asked, account=account, note=f"strategy {strategy.name}",
                    strategy=strategy.name)  # fmt: skip
    if strategy.rule is Rule.SIGNAL:
        return found
    quantity, money, percent = _size(strategy, None, one)
    return replace(found, quantity=quantity, money=money, percent=percent)


def instrument_of(desk: Desk, symbol: str) -> Instrument:
    """By `NSE:RELIANCE`, or by a symbol that only one instrument has. Raises UserError."""
    if found := desk.instruments.find(symbol):
        return found
    known = [each for each in desk.instruments.named(symbol) if each.kind is not Kind.INDEX]
    shares: Sequence[Instrument] = [each for each in known if each.exchange == "NSE"] or known
    if len(shares) == 1:
        return shares[0]
    which = "Several instruments are" if shares else "No instrument is"
    raise UserError(f"{which} called {symbol[:40]}; name its exchange too, e.g. NSE:RELIANCE.")


def _size(
    strategy: Strategy, said: Decimal | None, one: Instrument
) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    """Units, money or percent."""
    match strategy.rule:
        case Rule.QUANTITY:
            return strategy.size, None, None
        case Rule.LOTS:
            return strategy.size * one.lot_size, None, None
        case Rule.MONEY:
            return None, strategy.size, None
        case Rule.PERCENT:
            return None, None, strategy.size
    if said is None:
        raise UserError(
            "The signal says no quantity. Say it once for all: "
            f"/strategy {strategy.name} size 1 lot"
        )
    return said, None, None


def _account(desk: Desk, strategy: Strategy, one: Instrument) -> Account:
    if strategy.account:
        account = account_named(desk, strategy.account)
        if strategy.way is Way.PAPER and account.mode is not Mode.PAPER:
            raise UserError(f"#{account.name} is a live account, and the strategy is on paper.")
        return account
    if strategy.way is Way.PAPER:
        return desk.brokers.account(PAPER.account_id)
    found = [
        each
        for each in desk.brokers.accounts()
        if each.mode is Mode.LIVE and each.currency == one.currency
    ]
    if len(found) == 1:
        return found[0]
    if not found and strategy.way is Way.ASK:
        return desk.brokers.account(PAPER.account_id)
    region = REGIONS.get(one.currency, one.currency)
    which = "several accounts trade" if found else "no live account trades"
    raise UserError(
        f"{which.capitalize()} {region}. Name one: /strategy {strategy.name} account NAME"
    )


def _level(price: Decimal | None) -> Level | None:
    return None if price is None else Level(price, Unit.PRICE)
