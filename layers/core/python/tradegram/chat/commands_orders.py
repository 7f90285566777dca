"""Commands about orders: make, list, show, change, cancel, close, repeat."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tradegram.brackets.start import bracket_with
from tradegram.chat.baskets import reopened_basket
from tradegram.chat.buttons import OrderPress, order_button, pending_button, say_button, short
from tradegram.chat.cards_bracket import exit_question
from tradegram.chat.cards_history import external_lines
from tradegram.chat.cards_order import (
    cancel_question,
    change_card,
    order_card,
    order_line,
    show_button,
)
from tradegram.chat.cards_ticket import account_label
from tradegram.chat.command import Holder, command
from tradegram.chat.commands_bracket import bracket_over, has_working_exit
from tradegram.chat.exits import WHOLE, exit_asked, open_positions, read_exit
from tradegram.chat.finding import find_orders, known_orders, working_orders
from tradegram.chat.money import quantity, units
from tradegram.chat.ordering import asked_again, offers_reply, order_replies, ticket_reply
from tradegram.chat.outcome import account_name, bracket_shown, outcome_card
from tradegram.chat.outcome import ticket_of as whole_ticket
from tradegram.chat.pending import CHOICE_TTL, PAGE_TTL, keep
from tradegram.chat.preferences import account_named, usual_account
from tradegram.chat.reply import Button, Reply
from tradegram.chat.typed import read_change
from tradegram.chat.writing import DATA_LIMIT, label, safe_lines
from tradegram.errors import UserError
from tradegram.model import Account, Position
from tradegram.orders.state import Order
from tradegram.ports import Desk
from tradegram.tickets.parts import part_of
from tradegram.tickets.ticket import Ticket

PAGE_SIZE = 8
PER_ROW = 2
MOST_TICKETS = 8  # opened by one /exit all
MOST_CANCELS = 50  # asked for by one /cancel all


@command(
    "/buy",
    usage="/buy INSTRUMENT QUANTITY [@ PRICE] [trg PRICE] [sl PRICE] [tgt PRICE] "
    "[mis|cnc|nrml] [#account]",
    about="Opens a ticket to buy; nothing is sent before you confirm it.",
    example="/buy RELIANCE 10 @ 2950",
)
def buy(desk: Desk, who: Holder, words: str) -> Sequence[Reply]:
    return order_replies(desk, who, f"/buy {words}".strip())


@command(
    "/sell",
    usage="/sell INSTRUMENT QUANTITY [@ PRICE] [trg PRICE] [sl PRICE] [tgt PRICE] "
    "[mis|cnc|nrml] [#account]",
    about="Opens a ticket to sell; nothing is sent before you confirm it.",
    example="/sell INFY 5 limit 1510 mis",
)
def sell(desk: Desk, who: Holder, words: str) -> Sequence[Reply]:
    return order_replies(desk, who, f"/sell {words}".strip())


@command(
    "/orders",
    usage="/orders [#account]",
    about="Orders, newest first, eight to a page.",
    example="/orders",
    reads_only=True,
)
def orders(desk: Desk, who: Holder, words: str) -> Sequence[Reply]:
    account = account_named(desk, words) if words else usual_account(desk, who.user_id)
    return [orders_page(desk, who, account, "")]


def orders_page(desk: Desk, who: Holder, account: Account, after: str) -> Reply:
    page = desk.store.orders(account.account_id, limit=PAGE_SIZE, after=after)
    title = f"<b>Orders</b> · a/c {account_label(account)}  [{account.mode}]"
    elsewhere = [] if after else external_lines(desk, account)
    if not page.orders and elsewhere:
        return Reply("\n".join([title, *elsewhere]))
    if not page.orders:
        none = "No older orders." if after else "No orders yet. Example: /buy RELIANCE 10 @ 2950"
        return Reply(f"{title}\n{none}")
    lines = [title, *(order_line(order) for order in page.orders), *elsewhere]
    shows = [show_button(order) for order in page.orders]
    rows = [tuple(shows[at : at + PER_ROW]) for at in range(0, len(shows), PER_ROW)]
    turns: list[Button] = []
    newest = say_button("Newest", f"/orders #{account.name}")
    if after and len(newest.data.encode()) <= DATA_LIMIT:
        turns.append(newest)
    if page.after:
        body = {"account_id": account.account_id, "after": page.after}
        turns.append(Button("Older", f"p:{keep(desk, who.user_id, 'page', body, PAGE_TTL)}"))
    return Reply("\n".join(lines), (*rows, tuple(turns)) if turns else tuple(rows))


@command(
    "/order",
    usage="/order ID",
    about="One order: its state, fills and buttons.",
    example="/order K7Q2",
)
def order(desk: Desk, who: Holder, words: str) -> Sequence[Reply]:
    found = find_orders(desk, words)
    ticket = whole_ticket(desk, found[0]) if len(found) > 1 else None
    return [outcome_card(desk, ticket) if ticket else shown_order(desk, found[0])]


def shown_order(desk: Desk, order: Order) -> Reply:
    ticket, account = ticket_of(desk, order), desk.brokers.account(order.account_id)
    found = bracket_with(desk.store, order) if order.cum_quantity else None
    return order_card(order, ticket, account, found or bracket_shown(desk, order, ticket))


def ticket_of(desk: Desk, order: Order) -> Ticket | None:
    """The part of its ticket that became this order."""
    ticket = whole_ticket(desk, order)
    return part_of(ticket, order.key) if ticket else None


@command(
    "/modify",
    usage="/modify ID [qty N] [@ PRICE] [trg PRICE]",
    about="Changes a working order, after you confirm the change.",
    example="/modify K7Q2 2955",
)
def modify(desk: Desk, who: Holder, words: str) -> Sequence[Reply]:
    called, _, terms = words.partition(" ")
    if not called:
        raise UserError("Which order, and what should it be? Example: /modify K7Q2 2955")
    found = find_orders(desk, called)
    if len(found) > 1:
        return [_modify_which(desk, who, found, terms.strip())]
    return [change_question(desk, who, found[0], terms.strip())]


def _modify_which(desk: Desk, who: Holder, orders: Sequence[Order], terms: str) -> Reply:
    """Of the orders of one ticket: each account's is changed by itself."""
    able = [order for order in orders if order.leaves_quantity and not order.cancel_wanted]
    if not able:
        raise UserError("None of its orders can be changed any more. /order shows their states.")
    offers = [
        (f"{_in_brief(order)} · #{account_name(desk, order.account_id)}",
         f"/modify {order.key} {terms}".strip())
        for order in able
    ]  # fmt: skip
    return offers_reply(desk, who, "Change which of its orders?", offers)


def change_question(desk: Desk, who: Holder, order: Order, text: str) -> Reply:
    """Before and after of a change, with its Confirm. Raises UserError."""
    if not order.leaves_quantity or order.cancel_wanted:
        raise UserError(f"{short(order.key)} can no longer be changed. /order shows its state.")
    wanted = read_change(order, text)
    body = {
        "order": order.key,
        "quantity": str(wanted.quantity),
        "price": None if wanted.price is None else str(wanted.price),
        "trigger": None if wanted.trigger is None else str(wanted.trigger),
    }
    key = keep(desk, who.user_id, "change", body, CHOICE_TTL)
    return change_card(order, wanted, desk.brokers.account(order.account_id), key)


@command(
    "/cancel",
    usage="/cancel [ID | all]",
    about="Asks once, then asks the broker to cancel what can still fill.",
    example="/cancel K7Q2",
    reads_only=True,
)
def cancel(desk: Desk, who: Holder, words: str) -> Sequence[Reply]:
    if words.casefold() == "all":
        return [_cancel_all(desk, who)]
    if words:
        found = find_orders(desk, words)
        several = len(found) > 1
        return [cancel_many(desk, who, found) if several else _cancel_one(desk, found[0])]
    working = [order for order in working_orders(desk) if not order.cancel_wanted]
    if not working:
        raise UserError("Nothing to cancel: no order can still fill.")
    rows = [
        (order_button(order, OrderPress.ASK_CANCEL, label(f"✖ {_in_brief(order)}")),)
        for order in working[:PAGE_SIZE]
    ]
    if len(working) > 1:
        rows.append((say_button(f"All {len(working)}", "/cancel all"),))
    return [Reply("Cancel which order?", tuple(rows))]


def _in_brief(order: Order) -> str:
    one = order.intent.instrument
    size = quantity(order.leaves_quantity, one.currency)
    return f"{short(order.key)} {order.intent.side} {size} {one.symbol}"


def _cancel_one(desk: Desk, order: Order) -> Reply:
    if not order.leaves_quantity:
        raise UserError(
            f"{short(order.key)} has already ended: {order.state.lower()}. Nothing to cancel."
        )
    if order.cancel_wanted:
        return shown_order(desk, order)
    return cancel_question(order, ticket_of(desk, order), desk.brokers.account(order.account_id))


def _cancel_all(desk: Desk, who: Holder) -> Reply:
    return cancel_many(desk, who, working_orders(desk))


def cancel_many(desk: Desk, who: Holder, orders: Sequence[Order]) -> Reply:
    """One question about all of these that can still fill. Raises UserError when none can."""
    working = [order for order in orders if order.leaves_quantity and not order.cancel_wanted]
    working = working[:MOST_CANCELS]
    if not working:
        raise UserError("Nothing to cancel: no order can still fill.")
    body = {"orders": [order.key for order in working]}
    key = keep(desk, who.user_id, "cancel all", body, CHOICE_TTL)
    shown = [order_line(order) for order in working[:PAGE_SIZE]]
    if len(working) > PAGE_SIZE:
        shown.append(f"… and {len(working) - PAGE_SIZE} more")
    rows = (
        (pending_button("a", key, "y", f"Yes, cancel {len(working)}"),),
        (pending_button("a", key, "x", "No, keep them"),),
    )
    return Reply("\n".join([f"<b>Cancel {len(working)} orders?</b>", *shown]), rows)


@command(
    "/exit",
    usage="/exit SYMBOL | all [50%] [#account]",
    about="Opens a ticket that closes a position at the market; you confirm it.",
    example="/exit RELIANCE 50%",
)
def exit_(desk: Desk, who: Holder, words: str) -> Sequence[Reply]:
    meant = read_exit(desk, words)
    if not meant.name and not meant.everything:
        raise UserError("Exit what? Example: /exit RELIANCE, /exit RELIANCE 50% or /exit all")
    found = open_positions(desk, meant)
    if not found:
        what = meant.name or "anything"
        raise UserError(f"No open position in {what[:60]}. /pos shows what is open.")
    if len(found) > 1 and not meant.everything:
        offers = [_exit_offer(desk, one, words) for one in found]
        return [offers_reply(desk, who, "Exit which position?", offers)]
    return [_exit_reply(desk, who, one, words) for one in found[:MOST_TICKETS]]


def _exit_offer(desk: Desk, position: Position, words: str) -> tuple[str, str]:
    one, account = position.instrument, desk.brokers.account(position.account_id)
    share = next((word for word in words.split() if word.endswith("%")), "")
    side = "long" if position.quantity > 0 else "short"
    size = units(abs(position.quantity), one)
    name = f"{one.symbol} · {position.product} · {side} {size} · #{account.name}"
    text = f"/exit {one.key} {position.product} #{position.account_id} {share}"
    return name, text.strip()


def _exit_reply(desk: Desk, who: Holder, position: Position, words: str) -> Reply:
    """A ticket, or why there is none: one position must not keep the others from closing."""
    try:
        return exit_ticket(desk, who, position, read_exit(desk, words).percent, f"/exit {words}")
    except UserError as error:
        return Reply(safe_lines(str(error)))


def exit_ticket(
    desk: Desk, who: Holder, position: Position, percent: Decimal, source_text: str
) -> Reply:
    """
    A ticket that closes; or the bracket's own question where its target works already.

    Raises UserError when there is nothing left to close.
    """
    bracket = bracket_over(desk, position)
    if bracket is not None and percent == WHOLE and has_working_exit(desk, bracket):
        account = desk.brokers.account(bracket.account_id)
        return exit_question(bracket, account, abs(position.quantity))
    return ticket_reply(desk, who, exit_asked(desk, position, percent), source_text)


@command(
    "/repeat",
    usage="/repeat",
    about="Opens a new ticket like your last confirmed one, at today's price.",
    example="/repeat",
)
def repeat(desk: Desk, who: Holder, words: str) -> Sequence[Reply]:
    mine = [each for each in known_orders(desk) if each.user_id == who.user_id and each.ticket_id]
    for last in sorted(mine, key=lambda each: each.staged_at, reverse=True)[:PAGE_SIZE]:
        ticket = whole_ticket(desk, last)
        if ticket is not None:
            return [reopened(desk, who, ticket)]
    raise UserError("You confirmed no ticket yet. Example: /buy RELIANCE 10 @ 2950")


def reopened(desk: Desk, who: Holder, ticket: Ticket) -> Reply:
    """A fresh ticket with the same draft, or the same legs."""
    if ticket.basket:
        return reopened_basket(desk, who, ticket)
    asked = asked_again(ticket.draft, desk.brokers.account(ticket.account_id), ticket.shares)
    return ticket_reply(desk, who, asked, ticket.draft.source_text)
