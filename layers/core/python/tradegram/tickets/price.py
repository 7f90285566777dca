"""What a draft would cost now, at worst, and what speaks against it."""

from __future__ import annotations

from decimal import Decimal

from tradegram.brokers.protection import PROTECTED, protect
from tradegram.copies import replace
from tradegram.errors import Denied, SessionExpired, UserError
from tradegram.market.charges import estimate
from tradegram.model import Account, Funds, Instrument, OrderIntent, Quote
from tradegram.ports import Desk
from tradegram.risk.assess import assess
from tradegram.risk.exposure import Checked, Exposure
from tradegram.tickets.levels import entry_price
from tradegram.tickets.margin import margin_for
from tradegram.tickets.size import check_least, worth
from tradegram.tickets.ticket import Draft, Pricing


def quote_of(desk: Desk, instrument: Instrument, account_id: str) -> Quote:
    """Raises UserError when nobody can say what it trades at for that account."""
    quote = desk.quotes.quote(instrument, account_id)
    if quote is None or quote.last <= 0:
        _check_session(desk, account_id)
        raise UserError(
            f"There is no price for {instrument.symbol} now; nothing was sent. "
            "Try again in a moment."
        )
    return quote


def _check_session(desk: Desk, account_id: str) -> None:
    """Whether that is why there is no price: a live account's come from its broker."""
    try:
        desk.brokers.broker(account_id)
    except SessionExpired as error:
        name = desk.brokers.account(account_id).name
        title = desk.brokers.profile(account_id).title
        raise UserError(
            f"#{name} is not logged in at {title}; nothing was sent. Say /login {name}, then send "
            "the order again."
        ) from error


def intended(draft: Draft, account_id: str, worst_price: Decimal | None) -> OrderIntent:
    """
    The order that stands on the ticket, bound by the worst price it shows.

    worst_price: what `priced` found; None for a plain market order.
    """
    bound = worst_price is not None and draft.order_type in PROTECTED
    return OrderIntent(
        client_order_id="",
        account_id=account_id,
        instrument=draft.instrument,
        side=draft.side,
        order_type=PROTECTED[draft.order_type] if bound else draft.order_type,
        quantity=draft.quantity,
        product=draft.product,
        time_in_force=draft.time_in_force,
        price=worst_price if bound else draft.price,
        trigger=draft.trigger,
        asked_type=draft.order_type,
    )


def priced(
    desk: Desk,
    account: Account,
    draft: Draft,
    quote: Quote,
    *,
    user_id: int,
    alone: bool = True,
) -> Pricing:
    """
    Charges, margin, worst price and checks of a draft at this quote.

    user_id: whose limits count beside the account's.
    alone: False for a leg of a basket, whose money is asked for and checked with the others'.
    Raises UserError when a limit of the holder, or the broker, says no.
    """
    asked = intended(draft, account.account_id, None)
    sent = asked if draft.plain_market else protect(asked, quote)
    entry = entry_price(draft, quote)
    value = worth(draft.quantity, entry, draft.instrument)
    check_least(value, draft.instrument)
    charges = estimate(draft.instrument, draft.side, draft.product, draft.quantity, entry)
    margin = margin_for(desk, account, sent) if alone else _nothing(account, draft)
    pricing = Pricing(
        last=quote.last,
        bid=quote.bid,
        ask=quote.ask,
        source=quote.source,
        at=quote.at,
        worst_price=sent.price,
        value=value,
        margin=margin.used if margin else Decimal(0),
        available=margin.available if margin else Decimal(0),
        charges=dict(charges.parts),
        priced_at=desk.clock.now(),
    )
    exposure = _exposure(desk, account, draft, pricing, entry, charges.total, margin)
    checked = assess(desk, account, exposure, user_id)
    return replace(
        pricing, checks=_allowed(checked), needs_second_confirm=checked.needs_second_confirm
    )


def _exposure(
    desk: Desk,
    account: Account,
    draft: Draft,
    pricing: Pricing,
    entry: Decimal,
    charges: Decimal,
    margin: Funds | None,
) -> Exposure:
    now = pricing.priced_at
    is_open = desk.calendar.is_open(draft.instrument, now)
    return Exposure(
        draft=draft,
        last=pricing.last,
        entry=entry,
        value=pricing.value,
        charges=charges,
        margin=margin.used if margin else None,
        available=margin.available if margin else None,
        held=None,
        quote_age=now - pricing.at,
        is_open=is_open,
        opens_at=None if is_open else desk.calendar.next_open(draft.instrument, now),
        squares_off=desk.brokers.profile(account.account_id).squares_off,
        confidence=draft.confidence,
    )


def _nothing(account: Account, draft: Draft) -> Funds:
    zero = Decimal(0)
    return Funds(account.account_id, draft.instrument.currency, zero, zero, zero)


def _allowed(checked: Checked) -> tuple[str, ...]:
    if checked.denials:
        raise Denied("\n".join(each.text for each in checked.denials))
    return checked.lines
