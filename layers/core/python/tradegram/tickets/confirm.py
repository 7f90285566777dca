"""
Confirm: the one moment at which a ticket becomes an order.

One conditional write turns the ticket CONFIRMED and stages its order, so that a ticket is
confirmed once and never without its order, whatever is tapped, repeated or lost.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice

from tradegram.brackets.start import brackets_of
from tradegram.chat.money import ago, bare_price
from tradegram.copies import replace
from tradegram.errors import (
    Conflict,
    Denied,
    NotFound,
    StoreUnavailable,
    TradegramError,
    UserError,
)
from tradegram.model import OrderIntent, OrderType, Quote
from tradegram.orders.stage import order_ids, staged
from tradegram.orders.state import Order
from tradegram.ports import Change, Desk, Document, Event, nothing_else
from tradegram.risk.confirming import SameAgain, entries
from tradegram.risk.guard import CAUTION
from tradegram.risk.kill import is_killed
from tradegram.tickets.basket import parts
from tradegram.tickets.closing import closed_by
from tradegram.tickets.errors import Expired
from tradegram.tickets.legs import repriced
from tradegram.tickets.margin import forget_margins
from tradegram.tickets.money_now import check_money_now
from tradegram.tickets.price import intended, quote_of
from tradegram.tickets.slices import by_contract
from tradegram.tickets.ticket import Draft, Leg, Pricing, Ticket, TicketState
from tradegram.tickets.versions import ATTEMPTS, check_open, live_ticket, save

MOST_ROWS = 100  # of one transaction, by DynamoDB; the same in both homes

# What is written with the orders, given what they will be.
Also = Callable[[Sequence[Order]], Change]


@dataclass(frozen=True, slots=True)
class Confirmed:
    """
    The ticket and its orders as written. note: what changed since it was priced, if anything
    worth saying did; a limit order goes out all the same.
    """

    ticket: Ticket
    orders: tuple[Order, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class LookAgain:
    """Nothing was sent. `ticket` is the new version to confirm, why: a few words for people."""

    ticket: Ticket
    why: str


def confirm_ticket(
    desk: Desk,
    *,
    user_id: int,
    ticket_id: str,
    version: int,
    message: str,
    by: str = "",
    along: Callable[[Confirmed | LookAgain], Change] = nothing_else,
) -> Confirmed | LookAgain:
    """
    Stage the orders of this version of the ticket, once; or show what must be looked at again.

    message: where the ticket is shown, as the messenger names it; the order lives on there.
    by: as `stage_ticket` takes it. along: what is written in the same transaction, given what
    will be answered.

    Raises a TicketGone when this button no longer stands for the ticket, UserError when the kill
    switch is on or a limit says no, StoreUnavailable when nobody can say whether it was
    confirmed: pressing the same button again is then safe, and says.
    """
    ticket = live_ticket(desk, user_id, ticket_id, version)
    if is_killed(desk.store):
        raise Denied(
            "Trading is stopped by the kill switch, so nothing was sent. /resume, or `tradegram "
            "resume` in the terminal, starts it again."
        )
    moved, again = _market_since(desk, ticket)
    if again:
        return _show_again(desk, ticket, again, along)
    if ticket.pricing.needs_second_confirm and not ticket.armed:
        again = f"{_cautions(ticket.pricing)}: confirm once more"
        return _show_again(desk, ticket, again, along)
    check_money_now(desk, ticket)
    after = replace(ticket, state=TicketState.CONFIRMED, version=ticket.version + 1)

    def also(orders: Sequence[Order]) -> Change:
        return along(Confirmed(after, tuple(orders), moved))

    try:
        return replace(stage_ticket(desk, ticket, message, also=also, by=by), note=moved)
    except SameAgain as same:
        first = replace(ticket, armed=True)  # this press was the first of two
        return _show_again(desk, first, str(same), along)


def _market_since(desk: Desk, ticket: Ticket) -> tuple[str, str]:
    """What has moved since it was priced, and what of it must be looked at again."""
    moved: list[str] = []
    again: list[str] = []
    for part in parts(ticket):
        name = f"{part.draft.instrument.symbol} " if ticket.basket else ""
        quote = _current(desk, part.draft, ticket.account_id)
        why = _moved(desk, part, quote)
        at_market = part.draft.order_type is OrderType.MARKET
        moved += [f"{name}{why}"] if why else []
        if at_market and (why := why or _stale(desk, part, quote)):
            again.append(f"{name}{why}")
    return ", ".join(moved), ", ".join(again)


def _current(desk: Desk, draft: Draft, account_id: str) -> Quote | None:
    # A limit stands on the ticket and needs no market; an order at the market's price does.
    if draft.order_type is OrderType.MARKET:
        return quote_of(desk, draft.instrument, account_id)
    return desk.quotes.quote(draft.instrument, account_id)


def _moved(desk: Desk, ticket: Ticket, quote: Quote | None) -> str:
    then, instrument = ticket.pricing.last, ticket.draft.instrument
    if quote is None or abs(quote.last - then) <= _play(ticket, desk.limits.price_moved):
        return ""
    return f"price moved {bare_price(then, instrument)} → {bare_price(quote.last, instrument)}"


def _play(ticket: Ticket, share: Decimal) -> Decimal:
    """
    How far the price may move without being shown again, either way.

    An option's price moves half a percent with every tick or two. Its ticket shows a worst price
    that is so much farther away, and the order cannot fill beyond that: half of the way there is
    no news. Elsewhere only the smallest step of a price is less than the holder's share.
    """
    instrument, worst = ticket.draft.instrument, ticket.pricing.worst_price
    least = max(ticket.pricing.last * share, instrument.tick_size)
    at_market = ticket.draft.order_type is OrderType.MARKET
    if worst is None or not at_market or not instrument.kind.is_option:
        return least
    return max(least, abs(worst - ticket.pricing.last) / 2)


def _stale(desk: Desk, ticket: Ticket, quote: Quote | None) -> str:
    now, bound = desk.clock.now(), desk.limits.quote_age
    if quote is None or now - quote.at <= bound:
        return ""
    # The ticket said so, and the holder confirms all the same: asking again shows nothing new.
    if ticket.pricing.priced_at - ticket.pricing.at > bound:
        return ""
    # While the market is closed its last price is the price.
    if not desk.calendar.is_open(ticket.draft.instrument, now):
        return ""
    return f"the last price is from {ago(now - quote.at)}"


def _show_again(
    desk: Desk, ticket: Ticket, why: str, along: Callable[[Confirmed | LookAgain], Change]
) -> LookAgain:
    # This press is the first of two when the ticket asked for two, whatever else has changed.
    armed = ticket.armed or ticket.pricing.needs_second_confirm
    after = replace(repriced(desk, ticket), armed=armed)
    return LookAgain(save(desk, after, lambda shown: along(LookAgain(shown, why))), why)


def _cautions(pricing: Pricing) -> str:
    words = [each.removeprefix(CAUTION).strip() for each in pricing.checks if CAUTION in each]
    return ", ".join(words) or "this order is asked about twice"


def stage_ticket(
    desk: Desk, ticket: Ticket, message: str, also: Also = nothing_else, by: str = ""
) -> Confirmed:
    """
    Confirm it now, whatever it shows. The ticket may be one that was never written before.

    also: what else is written in the same transaction, asked for anew at each try; what it raises
    stops it. by: who does it, for the audit, where that is not the ticket's holder in person.

    Raises what `confirm_ticket` raises of limits, and of a ticket that is not open any more.
    """
    token = desk.ids.nonce()
    confirmed = replace(ticket, state=TicketState.CONFIRMED, token=token, message=message)
    orders = tuple(
        staged(desk, ticket=confirmed, leg=number, intent=_intent(leg))
        for number, leg in enumerate(confirmed.all_legs)
        if not leg.denied
    )
    if orders[0].staged_at > ticket.expires_at:  # while we asked the market what it says now
        raise Expired(ticket, orders[0].staged_at)
    brackets = brackets_of(desk, confirmed, orders)
    keys = [order.key for order in orders]

    def notes() -> Change:
        more = also(orders)
        own = [*_closing(desk, ticket, keys), *entries(desk, ticket), *brackets]
        return Change((*own, *more.records), more.events, more.notices)

    done = _commit(desk, confirmed, orders, notes, by or f"user {ticket.user_id}")
    forget_margins(desk, [order.account_id for order in orders])
    for order in orders:
        # They are written: whatever goes wrong with the bell costs time only, the sweeper rings.
        with suppress(TradegramError):
            desk.doorbell.ring(desk.brokers.account(order.account_id), order.key)
    return done


def _closing(desk: Desk, ticket: Ticket, keys: Sequence[str]) -> Sequence[Document]:
    """The legs of a basket close positions of their own; any other ticket closes one."""
    if not ticket.basket:
        return (closed_by(desk, ticket, keys),) if ticket.draft.closes else ()
    slices = iter(keys)  # in the order of the legs they are of
    counts = [len(legs) for legs in by_contract(ticket.legs)]
    of_each = [list(islice(slices, count)) for count in counts]
    return [
        closed_by(desk, part, own)
        for part, own in zip(parts(ticket), of_each, strict=True)
        if part.draft.closes
    ]


def _intent(leg: Leg) -> OrderIntent:
    return intended(leg.draft, leg.account_id, leg.pricing.worst_price)


def _commit(
    desk: Desk,
    confirmed: Ticket,
    orders: tuple[Order, ...],
    notes: Callable[[], Change],
    by: str,
) -> Confirmed:
    """notes: what else is written, read afresh for each try: others may be writing it too."""
    events = tuple(_event(confirmed, order, by) for order in orders)
    for _ in range(ATTEMPTS):
        more = notes()
        records = (confirmed, *orders, *more.records)
        change = Change(records, (*events, *more.events), more.notices)
        _check_rows(change)
        try:
            ticket, *stored = desk.store.commit(change)
        except Conflict:
            if found := _won(desk, confirmed):
                return found
            # The version is unchanged, so it was another record of the transaction: again.
            continue
        except StoreUnavailable:
            if found := _won(desk, confirmed):
                return found
            raise
        assert isinstance(ticket, Ticket)  # noqa: S101 - narrows the union
        return Confirmed(ticket, tuple(one for one in stored if isinstance(one, Order)))
    raise StoreUnavailable(f"ticket {confirmed.ticket_id} could not be confirmed")


def _check_rows(change: Change) -> None:
    """A record is a row, a new order one more in its history, and an audit event one."""
    orders = sum(isinstance(record, Order) for record in change.records)
    rows = len(change.records) + orders + len(change.events)
    if rows > MOST_ROWS:
        raise UserError(
            f"{orders} orders with their limits and brackets are more than is written at once: "
            "nothing was sent. Order for fewer accounts at a time."
        )


def _won(desk: Desk, confirmed: Ticket) -> Confirmed | None:
    """
    What the record says after a commit whose answer was lost, or that met somebody else's.

    Confirmed when it was ours; None when the ticket is still as we read it. Raises a TicketGone
    when somebody else was faster, StoreUnavailable.
    """
    try:
        found = desk.store.ticket(confirmed.ticket_id)
    except NotFound:
        return None  # it is a new one, and so it was not written
    if found.token == confirmed.token:
        return Confirmed(found, tuple(desk.store.order(key) for key in order_ids(found)))
    check_open(found, confirmed.version)
    return None


def _event(ticket: Ticket, order: Order, by: str) -> Event:
    intent = order.intent
    terms: dict[str, Decimal | str | None] = {
        "instrument": intent.instrument.key,
        "side": intent.side,
        "quantity": intent.quantity,
        "asked": intent.asked_type,
        "type": intent.order_type,
        "price": intent.price,
        "trigger": intent.trigger,
        "product": intent.product,
        "validity": intent.time_in_force,
    }
    body = {
        "event": "confirmed",
        "order": order.key,
        "ticket": ticket.ticket_id,
        "by": by,
        "terms": {name: None if value is None else str(value) for name, value in terms.items()},
    }
    return Event(order.account_id, body)
