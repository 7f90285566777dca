"""Commands about orders: make, list, show, change, cancel, close, repeat."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tradegram.brackets.start import bracket_with
from tradegram.chat.baskets import reopened_basket
from tradegram.chat.buttons import say_button
from tradegram.chat.cards.bracket import exit_question
from tradegram.chat.cards.history import external_lines
from tradegram.chat.cards.order import (
    order_card,
    order_line,
    show_button,
)
from tradegram.chat.cards.ticket import account_label
from tradegram.chat.commands.bracket import bracket_over, has_working_exit
from tradegram.chat.commands.command import Holder, command
from tradegram.chat.exit_all import exit_all_question
from tradegram.chat.exits import WHOLE, exit_asked, open_positions, read_exit
from tradegram.chat.finding import find_orders, known_orders
from tradegram.chat.money import units
from tradegram.chat.ordering import asked_again, offers_reply, order_replies, ticket_reply
from tradegram.chat.outcome import bracket_shown, outcome_card
from tradegram.chat.outcome import ticket_of as whole_ticket
from tradegram.chat.pending import PAGE_TTL, keep
from tradegram.chat.preferences import account_named, usual_account
from tradegram.chat.reply import Button, Reply
from tradegram.chat.writing import DATA_LIMIT, in_rows, safe_lines
from tradegram.errors import UserError
from tradegram.model import Account, Position
from tradegram.orders.state import Order
from tradegram.ports import Desk
from tradegram.tickets.closing import closed_by
from tradegram.tickets.parts import part_of
from tradegram.tickets.ticket import Ticket

PAGE_SIZE = 8


@command(
    "/buy",
    usage="/buy INSTRUMENT QUANTITY [@ PRICE] [trg PRICE] [sl PRICE] [tgt PRICE] "
    "[mis|cnc|nrml] [each] [#account...]",
    about="Opens a ticket to buy; nothing is sent before you confirm it.",
    example="/buy RELIANCE 10 @ 2950",
)
def buy(desk: Desk, who: Holder, words: str) -> Sequence[Reply]:
    return order_replies(desk, who, f"/buy {words}".strip())


@command(
    "/sell",
    usage="/sell INSTRUMENT QUANTITY [@ PRICE] [trg PRICE] [sl PRICE] [tgt PRICE] "
    "[mis|cnc|nrml] [each] [#account...]",
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
    rows = in_rows(shows)
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
    "/exit",
    usage="/exit SYMBOL | all [50%] [#account | #all | #group]",
    about="Closes a position at the market, or all of them; asks first.",
    example="/exit RELIANCE 50%",
)
def exit_(desk: Desk, who: Holder, words: str) -> Sequence[Reply]:
    meant = read_exit(desk, words, who.user_id)
    if not meant.name and not meant.everything:
        raise UserError("Exit what? Example: /exit RELIANCE, /exit RELIANCE 50% or /exit all")
    found = open_positions(desk, meant)
    if not found:
        what = f" in {meant.name[:60]}" if meant.name else ""
        raise UserError(f"No open position{what}. /pos shows what is open.")
    if len(found) > 1 and not (meant.everything or meant.among):
        offers = [_exit_offer(desk, one, words) for one in found]
        return [offers_reply(desk, who, "Exit which position?", offers)]
    if len(found) > 1:
        return [exit_all_question(desk, who, found, meant.percent)]
    return [_exit_reply(desk, who, found[0], words)]


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
        percent = read_exit(desk, words, who.user_id).percent
        return exit_ticket(desk, who, position, percent, f"/exit {words}")
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
    if ticket.draft.closes and not ticket.shares:
        closed_by(desk, ticket, ())  # says what is left, if it is less
    asked = asked_again(ticket.draft, desk.brokers.account(ticket.account_id), ticket.shares)
    return ticket_reply(desk, who, asked, ticket.draft.source_text)
