"""
Good-till-triggered entries: an order that is stored, and staged when the price gets there.

It becomes an order through a ticket of its own, priced and checked against the limits of that
moment. Ticket, order and the end of the wait are one transaction, so it is sent once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

from tradegram.chat.asked import Asked
from tradegram.chat.money import bare_price
from tradegram.errors import Conflict, NotFound, StoreUnavailable, UserError
from tradegram.model import Quote
from tradegram.orders.stage import client_order_id
from tradegram.ports import Change, Desk, Document, Event, Notice, Record
from tradegram.risk.kill import is_killed
from tradegram.tickets.account import choose_account
from tradegram.tickets.confirm import stage_ticket
from tradegram.tickets.drafting import check_instrument, drafted
from tradegram.tickets.errors import TicketGone
from tradegram.tickets.legs import repriced
from tradegram.tickets.levels import check_tick
from tradegram.tickets.price import quote_of
from tradegram.tickets.ticket import Draft, Pricing, Ticket, TicketState
from tradegram.tickets.versions import save

if TYPE_CHECKING:
    from pydantic import TypeAdapter

KIND = "gtt"
GOOD_FOR = 365 * 86_400.0  # seconds it waits at most
KEPT = 5 * 86_400.0
OLDEST = 30.0  # seconds a price may be old and still trigger
OFTEN, OFTEN_HERE, SELDOM = 1.0, 0.5, 30.0
MOST = 100  # of one account
ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Gtt:
    """
    when: the price at which it is sent; rises: it is reached from below. ended: why it does not
    wait any more, "" while it does. told: it was said that the kill switch holds it back.
    good_until: seconds since the epoch.
    """

    gtt_id: str
    account_id: str
    user_id: int
    draft: Draft
    when: Decimal
    rises: bool
    good_until: float
    ended: str = ""
    told: bool = False
    version: int = 0

    @property
    def key(self) -> str:
        return f"{self.account_id}|{self.gtt_id}"


@cache
def gtts() -> TypeAdapter[Gtt]:
    from pydantic import TypeAdapter  # slow to load, and most functions on AWS read none

    return TypeAdapter(Gtt)


def drafted_gtt(desk: Desk, user_id: int, asked: Asked, when: Decimal, source_text: str) -> Gtt:
    """
    What would be stored; nothing is written. Its levels and its size are reckoned from `when`.

    Raises UserError when it could not be an order at that price.
    """
    check_instrument(asked.instrument, desk.clock.now())
    check_tick(when, asked.instrument, "trigger")
    if asked.trigger is not None:
        raise UserError("A stored order has one trigger: the price after “when”.")
    account = choose_account(desk, user_id, asked)
    quote = quote_of(desk, asked.instrument, account.account_id)
    if quote.last == when:
        raise UserError("The price is there now. Send it as an ordinary order.")
    draft = drafted(desk, account, asked, at_price(quote, when), source_text)
    return Gtt(
        gtt_id=desk.ids.nonce(),
        account_id=account.account_id,
        user_id=user_id,
        draft=draft,
        when=when,
        rises=when > quote.last,
        good_until=desk.clock.now() + GOOD_FOR,
    )


def at_price(quote: Quote, last: Decimal) -> Quote:
    """The market as it will be when the price is there."""
    return replace(quote, last=last, bid=last, ask=last)


def store(desk: Desk, gtt: Gtt) -> Gtt:
    """Let it wait. Storing the same twice stores it once. Raises UserError."""
    if len(waiting(desk, gtt.account_id)) >= MOST:
        raise UserError(f"{MOST} stored orders wait already. /gtt lists them.")
    body = {
        "event": "gtt stored",
        "gtt": gtt.gtt_id,
        "by": f"user {gtt.user_id}",
        "instrument": gtt.draft.instrument.key,
        "side": gtt.draft.side,
        "quantity": str(gtt.draft.quantity),
        "when": str(gtt.when),
    }
    with suppress(Conflict):  # this press was answered before
        desk.store.commit(Change((as_document(gtt),), (Event(gtt.account_id, body),)))
    return gtt_called(desk, gtt.key)


def end(desk: Desk, gtt: Gtt, why: str, *notices: Notice) -> Gtt:
    """It waits no more. Ending twice ends it once."""
    for _ in range(ATTEMPTS):
        found = gtt_called(desk, gtt.key)
        if found.ended:
            return found
        after = replace(found, ended=why)
        body = {"event": "gtt ended", "gtt": gtt.gtt_id, "by": f"user {gtt.user_id}", "why": why}
        records: tuple[Record, ...] = (as_document(after, desk.clock.now()),)
        try:
            desk.store.commit(Change(records, (Event(gtt.account_id, body),), notices))
        except Conflict:
            continue
        return after
    raise StoreUnavailable(f"gtt {gtt.key} could not be ended")


def waiting(desk: Desk, account_id: str) -> Sequence[Gtt]:
    found = (as_gtt(each) for each in desk.store.documents(KIND, f"{account_id}|"))
    return [gtt for gtt in found if not gtt.ended]


def gtt_called(desk: Desk, key: str) -> Gtt:
    """Raises UserError."""
    document = desk.store.document(KIND, key)
    if document is None:
        raise UserError("That stored order is not known here. /gtt lists them.")
    return as_gtt(document)


def as_document(gtt: Gtt, now: float = 0.0) -> Document:
    body = gtts().dump_python(gtt, mode="json")
    return Document(KIND, gtt.key, body, gtt.version, now + KEPT if gtt.ended else None)


def as_gtt(document: Document) -> Gtt:
    return replace(gtts().validate_python(document.body), version=document.version)


# -- watching ------------------------------------------------------------------------------------


def watch(desk: Desk, gtt: Gtt) -> float:
    """One look at one; seconds until the next. Safe from two workers. Raises StoreError."""
    now, one = desk.clock.now(), gtt.draft.instrument
    if now > gtt.good_until or (one.expiry is not None and _is_over(one.expiry.toordinal(), now)):
        end(desk, gtt, "it was not reached in time", _notice(gtt, "was not reached in time"))
        return math.inf
    if not desk.calendar.is_open(one, now):
        return SELDOM
    quote = desk.quotes.quote(one, gtt.account_id)
    if quote is not None and now - quote.at <= OLDEST and _is_reached(gtt, quote):
        return _send(desk, gtt, quote)
    is_here = desk.brokers.profile(gtt.account_id).book_is_local
    return OFTEN_HERE if is_here else OFTEN


def _is_over(expires_on: int, now: float) -> bool:
    return datetime.fromtimestamp(now, UTC).date().toordinal() > expires_on


def _is_reached(gtt: Gtt, quote: Quote) -> bool:
    return quote.last >= gtt.when if gtt.rises else quote.last <= gtt.when


def _send(desk: Desk, gtt: Gtt, quote: Quote) -> float:
    if is_killed(desk.store):
        return _held_back(desk, gtt, quote)
    found = _ticket(desk, gtt, quote)
    if found.state is not TicketState.OPEN:
        return math.inf  # the next look finds what ended it
    try:
        ticket = repriced(desk, found)
        saved = save(desk, replace(ticket, armed=True))  # it was confirmed when it was stored
        sent = as_document(replace(gtt, ended="sent"), desk.clock.now())
        stage_ticket(desk, saved, "", also=lambda orders: Change((sent,)))
    except TicketGone:
        return math.inf  # another worker sent it
    except UserError as error:
        end(desk, gtt, "it was not sent", _notice(gtt, f"was reached and NOT sent: {error}"))
    return math.inf


def _held_back(desk: Desk, gtt: Gtt, quote: Quote) -> float:
    if not gtt.told:
        words = f"was reached, last {bare_price(quote.last, gtt.draft.instrument)}. The kill switch"
        told = _notice(gtt, f"{words} is on, so NOTHING was sent.")
        try:
            desk.store.commit(Change((as_document(replace(gtt, told=True)),), (), (told,)))
        except Conflict:
            return OFTEN
    return OFTEN


def _ticket(desk: Desk, gtt: Gtt, quote: Quote) -> Ticket:
    """Its ticket as it stands; the same name each time, so that a second worker meets it."""
    ticket_id = client_order_id(f"gtt {gtt.key}", 0)
    try:
        return desk.store.ticket(ticket_id)
    except NotFound:
        nothing = Decimal(0)
        pricing = Pricing(
            quote.last, quote.bid, quote.ask, quote.source, quote.at, None, nothing, nothing,
            nothing, {},
        )  # fmt: skip
        return Ticket(ticket_id, gtt.user_id, gtt.account_id, gtt.draft, pricing, expires_at=0.0)


def _notice(gtt: Gtt, what: str) -> Notice:
    one, draft = gtt.draft.instrument, gtt.draft
    when = bare_price(gtt.when, one)
    words = f"Stored {draft.side} of {one.symbol} at {when} {what}"
    return Notice(gtt.account_id, "", "bracket", words, gtt.user_id)
