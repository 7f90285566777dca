"""Which account a ticket is for, and what that account has: money, units, margin."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TypeVar

from tradegram.brokers.contract import Broker
from tradegram.chat.asked import Asked
from tradegram.chat.preferences import account_named, usual_account
from tradegram.errors import (
    BrokerError,
    NotSent,
    OutcomeUnknown,
    SessionExpired,
    Throttled,
    UserError,
)
from tradegram.model import Account, Instrument, Mode, Product
from tradegram.ports import Desk

T = TypeVar("T")

# Sold against whatever is there; a delivery takes only what was bought for delivery.
AGAINST_ANY = frozenset(Product) - {Product.DELIVERY}


def choose_account(desk: Desk, user_id: int, asked: Asked) -> Account:
    """The named one, else the holder's usual one that trades this currency. Raises UserError."""
    instrument = asked.instrument
    if not asked.account:
        if not any(fits(each, instrument) for each in desk.brokers.accounts()):
            raise UserError(
                f"No account here trades in {instrument.currency}, which {instrument.symbol} "
                "needs. /accounts lists those there are."
            )
        return usual_account(desk, user_id, lambda account: fits(account, instrument))
    found = account_named(desk, asked.account)
    if why := cannot_hold(found, instrument):
        raise UserError(f"Account #{found.name} {why}. Choose another account.")
    return found


def cannot_hold(account: Account, instrument: Instrument) -> str:
    """Why its money cannot pay for the instrument; "" when it can."""
    if fits(account, instrument):
        return ""
    return f"holds {account.currency}, and {instrument.symbol} trades in {instrument.currency}"


def fits(account: Account, instrument: Instrument) -> bool:
    # A paper account has a purse for each currency.
    return account.mode is Mode.PAPER or account.currency == instrument.currency


def ask(desk: Desk, account: Account, question: Callable[[Broker], T]) -> T:
    """
    Ask the account's broker something that changes nothing.

    Raises UserError for what is proven: not logged in, or refused. Raises NotSent, Throttled or
    OutcomeUnknown when nobody can say.
    """
    title = desk.brokers.profile(account.account_id).title
    try:
        return question(desk.brokers.broker(account.account_id))
    except Throttled:
        raise
    except SessionExpired as error:
        raise UserError(
            f"#{account.name} is not logged in at {title}; nothing was sent. Say "
            f"/login {account.name}, then send the order again."
        ) from error
    except (NotSent, OutcomeUnknown):
        raise
    except BrokerError as error:
        raise UserError(
            f"{title} does not take this order: {error.words}. Nothing was sent; change the order."
        ) from error


def free_balance(desk: Desk, account: Account, currency: str) -> Decimal:
    """Raises UserError when it cannot be known."""
    try:
        funds = ask(desk, account, lambda broker: broker.funds())
    except BrokerError as error:
        raise UserError(
            f"The free balance of #{account.name} cannot be read now ({error.words}). "
            "Name a quantity, or try again in a moment."
        ) from error
    return sum((each.available for each in funds if each.currency == currency), Decimal(0))


def held(desk: Desk, account: Account, instrument: Instrument, product: Product) -> Decimal | None:
    """
    Units of it in the account, negative when short; None when the broker did not say.

    Positions of today count beside what lies in the depository. What is held for the day cannot
    be delivered, so for DELIVERY it does not count.
    """
    try:
        return ask(desk, account, lambda broker: _held(broker, instrument.key, product))
    except (BrokerError, UserError):
        return None


def _held(broker: Broker, key: str, product: Product) -> Decimal:
    positions = [
        each.quantity
        for each in broker.positions()
        if each.instrument.key == key and (product in AGAINST_ANY or each.product is product)
    ]
    holdings = [each.quantity for each in broker.holdings() if each.instrument.key == key]
    return sum(positions, Decimal(0)) + sum(holdings, Decimal(0))
