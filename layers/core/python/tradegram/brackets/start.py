"""Begin, change and end brackets: what a holder asks for, written once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from tradegram.brackets.plan import KIND, Bracket, Phase, as_bracket, as_document, is_past
from tradegram.brackets.rules import end
from tradegram.chat.asked import Level
from tradegram.chat.money import bare_price
from tradegram.errors import Conflict, StoreUnavailable, UserError
from tradegram.model import Instrument, Position, Product, Side
from tradegram.orders.state import Order
from tradegram.ports import Change, Desk, Document, Event, Store
from tradegram.tickets.levels import check_tick
from tradegram.tickets.ticket import Draft, Leg, Ticket

ATTEMPTS = 5
# DynamoDB takes a hundred rows in a transaction; see tickets/legs.py.
ROWS_AN_ORDER, MOST_ROWS = 4, 96
YOU_ENDED = "you ended it"  # why a bracket ended that its holder gave up


@dataclass(frozen=True, slots=True)
class Levels:
    """What a bracket shall hold; None stays as it is, and `no_...` takes it off."""

    stop: Decimal | None = None
    target: Decimal | None = None
    trail: Level | None = None
    no_stop: bool = False
    no_target: bool = False
    no_trail: bool = False


# -- from a ticket -------------------------------------------------------------------------------


def brackets_of(desk: Desk, ticket: Ticket, orders: Iterable[Order]) -> tuple[Document, ...]:
    """
    The brackets that the orders of a ticket begin, to be written with them.

    orders: of the legs that are sent, in their order. One bracket for each account and contract,
    whatever number of slices.
    """
    legs = [leg for leg in ticket.all_legs if not leg.denied]
    groups: dict[tuple[str, str], list[tuple[Leg, Order]]] = {}
    for leg, order in zip(legs, orders, strict=True):
        if has_levels(leg.draft) and not leg.draft.closes:
            name = (leg.account_id, leg.draft.instrument.key)
            groups.setdefault(name, []).append((leg, order))
    if len(legs) * ROWS_AN_ORDER + len(groups) > MOST_ROWS:
        raise UserError(
            f"{len(legs)} orders and {len(groups)} brackets are too many for one ticket. "
            "Order for fewer accounts, or without stop and target."
        )
    found = [_of_legs(desk, ticket, number, legs) for number, legs in enumerate(groups.values())]
    return tuple(as_document(bracket, desk.clock.now()) for bracket in found)


def has_levels(draft: Draft) -> bool:
    return not (draft.stop_loss is None and draft.target is None and draft.trail is None)


def _of_legs(desk: Desk, ticket: Ticket, number: int, legs: Sequence[tuple[Leg, Order]]) -> Bracket:
    draft = legs[0][0].draft
    return replace(
        _plain(desk, legs[0][1]),
        bracket_id=f"{ticket.ticket_id}.{number}" if number else ticket.ticket_id,
        entries=tuple(order.key for _, order in legs),
        stop=draft.stop_loss,
        target=draft.target,
        trail=draft.trail,
    )


def _plain(desk: Desk, order: Order) -> Bracket:
    """A bracket for what this order fills, without levels yet."""
    intent = order.intent
    now = desk.clock.now()
    return Bracket(
        bracket_id=order.ticket_id or order.key,
        account_id=order.account_id,
        user_id=order.user_id,
        instrument=intent.instrument,
        product=intent.product,
        side=intent.side.opposite,
        entries=(order.key,),
        ends_at=_ends_at(desk, intent.instrument, intent.product, now),
        looked_at=now,
    )


def _ends_at(desk: Desk, instrument: Instrument, product: Product, now: float) -> float | None:
    """What is held for the day is closed with it, by the broker at the latest."""
    if product is not Product.INTRADAY:
        return None
    return desk.calendar.book_closed_after(instrument, now)


# -- from a position, or after a fill ------------------------------------------------------------


def protect_position(desk: Desk, user_id: int, position: Position, levels: Levels) -> Bracket:
    """
    A bracket on what is open now, wherever it was opened.

    Raises UserError when it has one already, or when a level lies on the wrong side.
    """
    for other in active(desk.store, position.account_id):
        if (other.instrument.key, other.product) == (position.instrument.key, position.product):
            name = position.instrument.symbol
            raise UserError(f"{name} has a bracket already. /brackets shows it and changes it.")
    bracket = leveled(desk, bracket_on(desk, user_id, position), levels)
    return _store(desk, bracket, "began", user_id)


def bracket_on(desk: Desk, user_id: int, position: Position) -> Bracket:
    """One for what is open now, without levels yet; nothing is written."""
    now = desk.clock.now()
    return Bracket(
        bracket_id=desk.ids.nonce(),
        account_id=position.account_id,
        user_id=user_id,
        instrument=position.instrument,
        product=position.product,
        side=Side.SELL if position.quantity > 0 else Side.BUY,
        held=abs(position.quantity),
        ends_at=_ends_at(desk, position.instrument, position.product, now),
        looked_at=now,
    )


def protect_order(desk: Desk, user_id: int, order: Order, levels: Levels) -> Bracket:
    """The bracket of this order with these levels, begun if it has none. Raises UserError."""
    found = bracket_with(desk.store, order)
    if found is not None and found.phase is not Phase.ENDED:
        return change(desk, found.key, user_id, levels)
    if not order.leaves_quantity and not order.cum_quantity:
        raise UserError("Nothing of it was filled, so there is nothing to protect.")
    bracket = replace(_plain(desk, order), bracket_id=desk.ids.nonce(), user_id=user_id)
    return _store(desk, leveled(desk, bracket, levels), "began", user_id)


# -- changes -------------------------------------------------------------------------------------


def change(desk: Desk, key: str, user_id: int, levels: Levels) -> Bracket:
    """Other levels. Raises UserError when it has ended, is closing, or a level is not possible."""
    return _changed(desk, key, user_id, "changed", lambda found: leveled(desk, found, levels))


def give_up(desk: Desk, key: str, user_id: int) -> Bracket:
    """No more bracket: its orders are cancelled, the position stays open and unprotected."""
    return _changed(desk, key, user_id, "given up", lambda found: end(found, YOU_ENDED))


def close_now(desk: Desk, key: str, user_id: int) -> Bracket:
    """Close what it keeps at the market. Asking twice closes once."""

    def closing(found: Bracket) -> Bracket:
        if found.phase is Phase.EXITING:
            return found
        return replace(found, phase=Phase.EXITING, why="exit", denials=0)

    return _changed(desk, key, user_id, "exit asked", closing)


def _changed(
    desk: Desk, key: str, user_id: int, what: str, after: Callable[[Bracket], Bracket]
) -> Bracket:
    for _ in range(ATTEMPTS):
        found = bracket_called(desk.store, key)
        if found.phase is Phase.ENDED:
            raise UserError(f"That bracket has ended: {found.why}. /brackets lists the others.")
        wanted = after(found)
        if wanted == found:
            return found
        try:
            return _store(desk, wanted, what, user_id)
        except Conflict:
            continue
    raise StoreUnavailable(f"bracket {key} could not be changed")


def leveled(desk: Desk, bracket: Bracket, levels: Levels) -> Bracket:
    """With these levels, each on its side of the market. Raises UserError."""
    if bracket.phase is Phase.STUCK:
        raise UserError("Its exit did not go through. Try the exit again, or end the bracket.")
    if bracket.phase is not Phase.WATCHING:
        raise UserError("It is closing already, so its levels do not change any more.")
    after = replace(
        bracket,
        stop=None if levels.no_stop else levels.stop or bracket.stop,
        target=None if levels.no_target else levels.target or bracket.target,
        trail=None if levels.no_trail else levels.trail or bracket.trail,
    )
    if after.stop is None and after.target is None and after.trail is None:
        raise UserError("A bracket needs a stop, a target or a trail, e.g. sl 1480 tgt 1550.")
    quote = desk.quotes.quote(bracket.instrument, bracket.account_id)
    for what, said, level, way in (
        ("stop", levels.stop, after.stop, -1),
        ("target", levels.target, after.target, 1),
    ):
        if said is None or level is None:
            continue
        check_tick(level, bracket.instrument, what)
        if quote is not None and is_past(bracket, quote.last, level, way):
            one, where = bracket.instrument, "above" if way * bracket.up > 0 else "below"
            raise UserError(
                f"The {what} {bare_price(level, one)} must lie {where} the last price "
                f"{bare_price(quote.last, one)}; otherwise it would close the position at once."
            )
    return after


def _store(desk: Desk, bracket: Bracket, what: str, user_id: int) -> Bracket:
    body = {
        "event": "bracket",
        "bracket": bracket.bracket_id,
        "by": f"user {user_id}",
        "what": what,
        "instrument": bracket.instrument.key,
        "stop": str(bracket.stop),
        "target": str(bracket.target),
        "trail": ""
        if bracket.trail is None
        else f"{bracket.trail.value} {bracket.trail.unit.value}",
    }
    change_ = Change((as_document(bracket, desk.clock.now()),), (Event(bracket.account_id, body),))
    return replace(bracket, version=desk.store.commit(change_)[0].version)


# -- finding -------------------------------------------------------------------------------------


def brackets(store: Store, account_id: str) -> Sequence[Bracket]:
    """All that are known of an account, ended ones of the last days too."""
    return [as_bracket(each) for each in store.documents(KIND, f"{account_id}|")]


def active(store: Store, account_id: str) -> Sequence[Bracket]:
    return [one for one in brackets(store, account_id) if one.phase is not Phase.ENDED]


def bracket_called(store: Store, key: str) -> Bracket:
    """Raises UserError."""
    document = store.document(KIND, key)
    if document is None:
        raise UserError("That bracket is not known here. /brackets lists them.")
    return as_bracket(document)


def bracket_with(store: Store, order: Order) -> Bracket | None:
    """The one that protects what this order fills, or that staged it; an active one first."""
    found = [
        one
        for one in brackets(store, order.account_id)
        if order.key in one.entries or any(order.key == each.client_order_id for each in one.exits)
    ]
    return min(found, key=lambda one: one.phase is Phase.ENDED, default=None)
