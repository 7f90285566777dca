"""Presses on a ticket. Only Confirm can lead to an order, and `tickets` decides whether it does."""

from __future__ import annotations

from collections.abc import Callable

from tradegram.chat.baskets import exit_filled
from tradegram.chat.buttons import Press, TicketPress, short
from tradegram.chat.commands.change import cancel_many
from tradegram.chat.commands.command import Holder
from tradegram.chat.commands.orders import reopened
from tradegram.chat.ordering import shown_ticket
from tradegram.chat.outcome import orders_of, outcome_card
from tradegram.chat.pending import await_input
from tradegram.chat.reply import Answer, Pressed, Reply
from tradegram.chat.writing import toast
from tradegram.errors import NotFound, UserError
from tradegram.model import OrderType
from tradegram.ports import Desk
from tradegram.tickets.desk import (
    Confirmed,
    Edit,
    cancel_ticket,
    confirm_ticket,
    edit_ticket,
    requote,
)
from tradegram.tickets.errors import (
    AlreadyConfirmed,
    Cancelled,
    Expired,
    NoSuchTicket,
    NotYours,
    Outdated,
    TicketGone,
)
from tradegram.tickets.ticket import Draft, Ticket
from tradegram.tickets.versions import live_ticket, own_ticket

PROMPTS = {
    TicketPress.QUANTITY: "Type the new quantity for {name} (e.g. 20 or 2 lots).",
    TicketPress.PRICE: "Type the new price for {name} (e.g. 2955, or trg 2960 for a stop).",
    TicketPress.LEVELS: "Type stop and target for {name} (e.g. sl 2900 tgt 3050, sl 2%, sl off).",
}


def ticket_pressed(desk: Desk, pressed: Pressed, press: Press) -> Answer:
    """Raises UserError; a TicketGone is answered here, with the card that counts."""
    who = Holder(pressed.user_id, pressed.chat)
    try:
        action = TicketPress(press.action)
    except ValueError:
        raise UserError("That button is not known here. Send the order again.") from None
    try:
        return _act(desk, who, pressed, press, action)
    except TicketGone as gone:
        return gone_answer(desk, pressed.message, gone)


def _act(desk: Desk, who: Holder, pressed: Pressed, press: Press, action: TicketPress) -> Answer:
    if action is TicketPress.CONFIRM:
        return _confirm(desk, pressed, press)
    if action is TicketPress.NEW:
        old = own_ticket(desk, who.user_id, press.key)
        return Answer(edit=reopened(desk, who, old))
    if action is TicketPress.EXIT:
        return Answer(replies=(exit_filled(desk, who, own_ticket(desk, who.user_id, press.key)),))
    if action is TicketPress.CANCEL_ORDERS:
        orders = orders_of(desk, own_ticket(desk, who.user_id, press.key))
        return Answer(replies=(cancel_many(desk, who, orders),))
    if action in PROMPTS:
        return _ask(desk, who, press, action)
    if action is TicketPress.CANCEL:
        done = cancel_ticket(desk, user_id=who.user_id, ticket_id=press.key, version=press.version)
        return Answer(toast="Cancelled; nothing was sent.", edit=shown_ticket(desk, done))
    if action is TicketPress.REQUOTE:
        fresh = requote(desk, user_id=who.user_id, ticket_id=press.key, version=press.version)
        return Answer(edit=shown_ticket(desk, fresh))
    live = live_ticket(desk, who.user_id, press.key, press.version)
    changed = edit_ticket(
        desk,
        user_id=who.user_id,
        ticket_id=press.key,
        version=press.version,
        change=EDITS[action](live.draft),
    )
    return Answer(toast=_unchanged(live, changed), edit=shown_ticket(desk, changed))


def _unchanged(before: Ticket, after: Ticket) -> str:
    return "There is no other." if before.draft == after.draft else ""


def _confirm(desk: Desk, pressed: Pressed, press: Press) -> Answer:
    done = confirm_ticket(
        desk,
        user_id=pressed.user_id,
        ticket_id=press.key,
        version=press.version,
        message=pressed.message,
    )
    if isinstance(done, Confirmed):
        card = outcome_card(desk, done.ticket, done.orders)
        words = f"Confirmed; {done.note}." if done.note else "Confirmed."
        return Answer(toast=toast(words), edit=card)
    why = f"{done.why[:1].upper()}{done.why[1:]}"
    return Answer(toast=toast(why), alert=True, edit=shown_ticket(desk, done.ticket, why))


def _ask(desk: Desk, who: Holder, press: Press, action: TicketPress) -> Answer:
    ticket = live_ticket(desk, who.user_id, press.key, press.version)
    body = {"ticket_id": press.key, "version": press.version, "press": action.value}
    await_input(desk, who.user_id, "ticket", body)
    name = f"<code>{short(press.key)}</code>"
    if action is TicketPress.QUANTITY and ticket.shares:
        name += ", for all its accounts together"
    return Answer(replies=(Reply(PROMPTS[action].format(name=name)),))


def _next_type(draft: Draft) -> Edit:
    """LIMIT and MARKET take turns, and so do SL and SL-M; a trigger is typed, never guessed."""
    if draft.order_type is OrderType.STOP:
        return Edit(order_type=OrderType.STOP_LIMIT, price=draft.trigger)
    if draft.order_type is OrderType.STOP_LIMIT:
        return Edit(order_type=OrderType.STOP)
    if draft.order_type is OrderType.LIMIT:
        return Edit(order_type=OrderType.MARKET)
    return Edit(order_type=OrderType.LIMIT)


def _market(draft: Draft) -> Edit:
    return Edit(order_type=OrderType.MARKET)


EDITS: dict[TicketPress, Callable[[Draft], Edit]] = {
    TicketPress.LOT_MORE: lambda draft: Edit(lots=1),
    TicketPress.LOT_LESS: lambda draft: Edit(lots=-1),
    TicketPress.MARKET: _market,
    TicketPress.TYPE: _next_type,
    TicketPress.PRODUCT: lambda draft: Edit(next_product=True),
}


# -- a button that no longer stands for the ticket -----------------------------------------------


def gone_answer(desk: Desk, message: str, gone: TicketGone) -> Answer:
    """Say why, and show what counts where the pressed message still shows something else."""
    words = toast(str(gone))
    if isinstance(gone, NotYours | NoSuchTicket):
        return Answer(toast=words, alert=True)
    if isinstance(gone, AlreadyConfirmed):
        return Answer(toast=words, alert=True, edit=_order_of(desk, message, gone.ticket))
    if isinstance(gone, Expired | Cancelled | Outdated):
        return Answer(toast=words, alert=True, edit=shown_ticket(desk, gone.ticket))
    return Answer(toast=words, alert=True)


def _order_of(desk: Desk, message: str, ticket: Ticket) -> Reply:
    """What the ticket became. In another message than the order's own, only that it was sent."""
    if message != ticket.message:
        return shown_ticket(desk, ticket)
    try:
        return outcome_card(desk, ticket)
    except NotFound:
        return shown_ticket(desk, ticket)
