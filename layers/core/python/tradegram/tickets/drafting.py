"""From what was asked to a draft with nothing left to guess, and whether it can be an order."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from tradegram.brokers.contract import Profile
from tradegram.chat.asked import Asked
from tradegram.chat.money import IST
from tradegram.copies import replace
from tradegram.errors import UserError
from tradegram.model import Account, Instrument, Kind, Product, Quote, Side
from tradegram.ports import Desk
from tradegram.tickets.account import free_balance, held
from tradegram.tickets.levels import check_levels, entry_price, with_levels
from tradegram.tickets.size import bought_with, check_percent, check_quantity, part_of
from tradegram.tickets.terms import (
    WITH_PRICE,
    check_broker,
    check_prices,
    order_type_of,
    possible_products,
    usual_time_in_force,
)
from tradegram.tickets.ticket import Draft


def drafted(desk: Desk, account: Account, asked: Asked, quote: Quote, source_text: str) -> Draft:
    """Fill in what was not said. Raises UserError when it cannot be an order."""
    profile = desk.brokers.profile(account.account_id)
    draft, entry = outlined(asked, profile, quote, source_text)
    quantity = quantity_of(desk, account, asked, draft.product, entry)
    return check_draft(replace(draft, quantity=quantity), profile, quote)


def outlined(
    asked: Asked, profile: Profile, quote: Quote, source_text: str
) -> tuple[Draft, Decimal]:
    """All but the quantity, which is one lot as yet; and the price it would be entered at."""
    instrument, order_type = asked.instrument, order_type_of(asked)
    draft = Draft(
        instrument=instrument,
        side=asked.side,
        quantity=instrument.lot_size,
        order_type=order_type,
        product=asked.product or possible_products(instrument)[0],
        time_in_force=asked.time_in_force or usual_time_in_force(instrument, profile),
        price=asked.price,
        trigger=asked.trigger,
        trail=asked.trail,
        plain_market=asked.plain_market and order_type not in WITH_PRICE,
        note=asked.note,
        source_text=source_text,
        read_as=asked.read_as,
        confirm_twice=asked.needs_second_confirm,
        closes=asked.closes,
        strategy=asked.strategy,
        confidence=asked.confidence,
    )
    # First, so that a wrong price is not what money is divided by.
    check_prices(draft)
    entry = entry_price(draft, quote)
    return with_levels(draft, entry, asked.stop_loss, asked.target), entry


def quantity_of(
    desk: Desk, account: Account, asked: Asked, product: Product, entry: Decimal
) -> Decimal:
    """Units for one account. Raises UserError when nothing says how many."""
    instrument = asked.instrument
    if asked.quantity is not None:
        return asked.quantity
    if asked.money is not None:
        return bought_with(asked.money, entry, instrument)
    if asked.percent is None:
        raise UserError(f"How many {instrument.symbol}? Name a quantity, lots, or an amount.")
    check_percent(asked.percent)
    if asked.side is Side.BUY:
        free = free_balance(desk, account, instrument.currency)
        return bought_with(free * asked.percent / 100, entry, instrument)
    has = held(desk, account, instrument, product)
    if has is None:
        raise UserError(
            f"What #{account.name} holds of {instrument.symbol} cannot be read now. "
            "Name a quantity, or try again in a moment."
        )
    return part_of(has, asked.percent, instrument)


def check_instrument(instrument: Instrument, now: float) -> None:
    """Raises UserError for what nobody can buy."""
    if instrument.kind is Kind.INDEX:
        raise UserError(
            f"{instrument.symbol} is an index and cannot be bought. Choose a future, an option or "
            "an ETF on it."
        )
    today = datetime.fromtimestamp(now, IST).date()
    if instrument.expiry is not None and instrument.expiry < today:
        raise UserError(
            f"{instrument.symbol} expired on {instrument.expiry:%d %b %Y}. Choose a later expiry."
        )


def check_draft(draft: Draft, profile: Profile, quote: Quote) -> Draft:
    """The same draft. Raises UserError saying what is not possible, why, and what is."""
    check_quantity(draft.quantity, draft.instrument)
    check_broker(draft, profile)
    check_prices(draft)
    check_levels(draft, entry_price(draft, quote))
    return draft
