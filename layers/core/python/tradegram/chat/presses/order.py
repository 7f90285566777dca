"""Presses on an order and on the questions about it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from tradegram.chat.buttons import OrderPress, Press, short
from tradegram.chat.cards.order import cancel_question, change_asked
from tradegram.chat.commands.bracket import protect_filled
from tradegram.chat.commands.change import change_terms
from tradegram.chat.commands.command import Holder
from tradegram.chat.commands.orders import (
    exit_ticket,
    orders_page,
    reopened,
    shown_order,
    ticket_of,
)
from tradegram.chat.exits import WHOLE, position_of
from tradegram.chat.money import quantity
from tradegram.chat.pending import await_input, kept
from tradegram.chat.reply import Answer, Pressed, Reply
from tradegram.chat.writing import safe
from tradegram.errors import BrokerError, NotFound, UserError
from tradegram.orders.attend import ring_for_wish
from tradegram.orders.cancel import want_cancel
from tradegram.orders.reconcile import reconcile
from tradegram.orders.replace import want_replace
from tradegram.orders.state import Order
from tradegram.ports import Desk
from tradegram.risk.changing import check_change
from tradegram.tickets.ticket import Ticket

HALF = Decimal(50)

Act = Callable[[Desk, Holder, Order, int], Answer]


def order_pressed(desk: Desk, pressed: Pressed, press: Press) -> Answer:
    """Raises UserError."""
    who = Holder(pressed.user_id, pressed.chat)
    try:
        action = OrderPress(press.action)
        order = desk.store.order(press.key)
    except (ValueError, NotFound):
        raise UserError("That order is not known here. /orders lists them.") from None
    return ACTIONS[action](desk, who, order, press.version)


def _show(desk: Desk, who: Holder, order: Order, version: int) -> Answer:
    """Asks the broker's book when something can still happen; else our record is the answer."""
    words = ""
    if order.leaves_quantity:
        try:
            reconcile(desk, order.account_id, do=ring_for_wish)
            words = "Compared with the broker's order book."
        except BrokerError:
            words = "The broker does not answer now. I keep checking."
        order = desk.store.order(order.key)
    return Answer(toast=words, edit=shown_order(desk, order))


def _open(desk: Desk, who: Holder, order: Order, version: int) -> Answer:
    """From a list: the list stays."""
    return Answer(replies=(_card(desk, order),))


def _modify(desk: Desk, who: Holder, order: Order, version: int) -> Answer:
    if not order.leaves_quantity or order.cancel_wanted:
        raise UserError(f"{short(order.key)} can no longer be changed.")
    await_input(desk, who.user_id, "modify", {"order": order.key})
    words = "Type the new terms for {name} (e.g. 2955, qty 5, or trg 2960)."
    return Answer(replies=(Reply(words.format(name=f"<code>{short(order.key)}</code>")),))


def _ask_cancel(desk: Desk, who: Holder, order: Order, version: int, why: str = "") -> Answer:
    if not order.leaves_quantity or order.cancel_wanted:
        ended = f"{short(order.key)} has already ended." if not order.leaves_quantity else ""
        return Answer(toast=ended or "Its cancel is asked for already.", edit=_card(desk, order))
    account = desk.brokers.account(order.account_id)
    return Answer(edit=cancel_question(order, ticket_of(desk, order), account, why))


def _cancel(desk: Desk, who: Holder, order: Order, version: int) -> Answer:
    if order.version != version and order.leaves_quantity and not order.cancel_wanted:
        filled = quantity(order.cum_quantity, order.intent.instrument.currency)
        return _ask_cancel(
            desk, who, order, version, f"It moved on meanwhile: {filled} filled by now."
        )
    if not order.leaves_quantity:
        return _ask_cancel(desk, who, order, version)
    after = want_cancel(desk, order.key, user_id=who.user_id, why="asked in chat")
    return Answer(
        toast="Cancel asked for. I will say when the broker confirms it.", edit=_card(desk, after)
    )


def _exit(percent: Decimal) -> Act:
    def act(desk: Desk, who: Holder, order: Order, version: int) -> Answer:
        words = f"exit {percent.normalize():f} % of {order.intent.instrument.symbol}"
        position = position_of(desk, order)
        return Answer(replies=(exit_ticket(desk, who, position, percent, words),))

    return act


def _protect(kind: str) -> Act:
    """A stop, a target or a trail that this desk keeps from now on."""

    def act(desk: Desk, who: Holder, order: Order, version: int) -> Answer:
        ticket = ticket_of(desk, order)
        if ticket is not None and ticket.draft.closes:
            raise UserError("That order closes a position, so there is nothing to protect.")
        if said := _level_said(ticket, kind):
            return Answer(replies=(protect_filled(desk, who, order, said),))
        await_input(desk, who.user_id, kind, {"order": order.key})
        name, words = f"<code>{short(order.key)}</code>", f"Type the {kind} for"
        example = "10 points, or 1%" if kind == "trail" else "2955, or 2%"
        return Answer(replies=(Reply(f"{words} {name} (e.g. {example})."),))

    return act


def _level_said(ticket: Ticket | None, kind: str) -> str:
    """The level that stood on the ticket, in words; "" when none did."""
    if ticket is None or kind == "trail":
        return ""
    level = ticket.draft.stop_loss if kind == "stop" else ticket.draft.target
    return "" if level is None else f"{'sl' if kind == 'stop' else 'tgt'} {level:f}"


def _new(desk: Desk, who: Holder, order: Order, version: int) -> Answer:
    ticket = ticket_of(desk, order)
    if ticket is None:
        raise UserError("Its ticket is not kept any more. Send the order again.")
    return Answer(replies=(reopened(desk, who, ticket),))


def _card(desk: Desk, order: Order) -> Reply:
    return shown_order(desk, order)


ACTIONS: dict[OrderPress, Act] = {
    OrderPress.SHOW: _show,
    OrderPress.OPEN: _open,
    OrderPress.MODIFY: _modify,
    OrderPress.ASK_CANCEL: _ask_cancel,
    OrderPress.CANCEL: _cancel,
    OrderPress.EXIT_HALF: _exit(HALF),
    OrderPress.EXIT_ALL: _exit(WHOLE),
    OrderPress.STOP: _protect("stop"),
    OrderPress.TARGET: _protect("target"),
    OrderPress.TRAIL: _protect("trail"),
    OrderPress.NEW: _new,
}


# -- questions about orders ----------------------------------------------------------------------


def change_pressed(desk: Desk, pressed: Pressed, press: Press) -> Answer:
    """Yes or no to a change that was shown. Raises UserError."""
    document = kept(desk, pressed.user_id, press.key, "change")
    order = desk.store.order(str(document.body["order"]))
    if press.action == "y":
        wanted = change_terms(document.body)
        check_change(desk, order, wanted, pressed.user_id)
        order = want_replace(desk, order.key, wanted, user_id=pressed.user_id)
        desk.store.remove(document)
        toast = "Change asked for; not confirmed by the broker yet."
        return Answer(toast=toast, edit=change_asked(order, wanted))
    desk.store.remove(document)
    return Answer(toast="Left as it is.", edit=_card(desk, order))


def cancel_all_pressed(desk: Desk, pressed: Pressed, press: Press) -> Answer:
    """Yes or no to the cancel of many. Raises UserError."""
    document = kept(desk, pressed.user_id, press.key, "cancel all")
    if press.action != "y":
        desk.store.remove(document)
        return Answer(edit=Reply("Nothing was cancelled."))
    lines = ["<b>Cancel asked for</b>; I will say when the broker confirms each."]
    why = str(document.body.get("why") or "") or "several, asked in chat"
    for key in document.body["orders"]:
        try:
            want_cancel(desk, key, user_id=pressed.user_id, why=why)
            lines.append(f"<code>{short(key)}</code> asked for")
        except UserError as error:
            lines.append(f"<code>{short(key)}</code> {safe(error)}")
    desk.store.remove(document)
    return Answer(edit=Reply("\n".join(lines)))


def page_pressed(desk: Desk, pressed: Pressed, press: Press) -> Answer:
    """The next page of orders. Raises UserError."""
    document = kept(desk, pressed.user_id, press.key, "page")
    who = Holder(pressed.user_id, pressed.chat)
    account = desk.brokers.account(str(document.body["account_id"]))
    return Answer(edit=orders_page(desk, who, account, str(document.body["after"])))
