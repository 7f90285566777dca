"""Commands that change what is at the broker already: other terms, and cancel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tradegram.chat.buttons import OrderPress, order_button, pending_button, say_button, short
from tradegram.chat.cards.order import cancel_question, change_card, order_line
from tradegram.chat.commands.command import Holder, command
from tradegram.chat.commands.orders import PAGE_SIZE, shown_order, ticket_of
from tradegram.chat.finding import LEAST, find_orders, working_orders
from tradegram.chat.money import quantity, short_price
from tradegram.chat.ordering import offers_reply
from tradegram.chat.outcome import account_name
from tradegram.chat.pace_words import pace_line
from tradegram.chat.pending import CHOICE_TTL, keep, kept
from tradegram.chat.reply import Reply
from tradegram.chat.typed import read_change
from tradegram.chat.writing import label, safe
from tradegram.errors import UserError
from tradegram.model import Terms
from tradegram.orders.replace import check_terms
from tradegram.orders.state import Order
from tradegram.ports import Desk

MOST_CANCELS = 50  # asked for by one /cancel all
LONGEST_REASON = 100


@command(
    "/modify",
    usage="/modify ID [to limit | to sl] [qty N] [@ PRICE] [trg PRICE]",
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
    wanted, profile = read_change(order, text), desk.brokers.profile(order.account_id)
    check_terms(order, wanted, profile)
    key = keep(desk, who.user_id, "change", change_body(order, wanted), CHOICE_TTL)
    account = desk.brokers.account(order.account_id)
    return change_card(order, wanted, account, key, most=profile.modifications_per_order)


def change_body(order: Order, wanted: Terms) -> dict[str, str | None]:
    """What is kept of a change until it is confirmed."""
    return {
        "order": order.key,
        "quantity": str(wanted.quantity),
        "price": None if wanted.price is None else str(wanted.price),
        "trigger": None if wanted.trigger is None else str(wanted.trigger),
    }


def change_terms(body: Mapping[str, Any]) -> Terms:
    """The way back from `change_body`."""
    price, trigger = body["price"], body["trigger"]
    return Terms(
        Decimal(body["quantity"]),
        None if price is None else Decimal(price),
        None if trigger is None else Decimal(trigger),
    )


def kept_question(desk: Desk, user_id: int, key: str) -> Reply:
    """The question about a change that somebody else put. Raises UserError when it is gone."""
    body = kept(desk, user_id, key, "change").body
    order = desk.store.order(str(body["order"]))
    most = desk.brokers.profile(order.account_id).modifications_per_order
    account = desk.brokers.account(order.account_id)
    return change_card(order, change_terms(body), account, key, most=most)


# -- cancel --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Meant:
    """What a person wants cancelled. named: some of several by what they trade."""

    orders: Sequence[Order]
    why: str
    named: bool = False


@command(
    "/cancel",
    usage="/cancel [ID | SYMBOL | all] [#account] [reason]",
    about="Asks once, then asks the broker to cancel what can still fill.",
    example="/cancel K7Q2",
    reads_only=True,
)
def cancel(desk: Desk, who: Holder, words: str) -> Sequence[Reply]:
    if words:
        meant = orders_meant(desk, words)
        if meant.named or meant.why or len(meant.orders) > 1:
            return [cancel_many(desk, who, meant.orders, meant.why)]
        return [_cancel_one(desk, meant.orders[0])]
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


def orders_meant(desk: Desk, words: str) -> Meant:
    """`all`, a symbol or the beginning of an id; then an account, then why. Raises UserError."""
    first, *rest = words.split()
    names = {account.name: account.account_id for account in desk.brokers.accounts()}
    of_account = None
    if rest and rest[0].startswith("#") and rest[0][1:].casefold() in names:
        of_account = names[rest.pop(0)[1:].casefold()]
    why = " ".join(rest)[:LONGEST_REASON]
    working = [
        order
        for order in working_orders(desk)
        if of_account is None or order.account_id == of_account
    ]
    if first.casefold() == "all":
        return Meant(working, why, named=True)
    by_symbol = [order for order in working if _trades(order, first)]
    if by_symbol:
        return Meant(by_symbol, why, named=True)
    if len(first.removeprefix("#")) < LEAST:
        raise UserError(f"No order in {first[:20]} can still fill. /orders lists them all.")
    return Meant(find_orders(desk, first), why)


def _trades(order: Order, word: str) -> bool:
    one = order.intent.instrument
    return word.upper() in (one.symbol.upper(), one.key.upper(), one.underlying.upper())


def _in_brief(order: Order) -> str:
    one = order.intent.instrument
    size = quantity(order.leaves_quantity, one.currency)
    at = order.price or order.trigger
    limit = f" @ {short_price(at, one)}" if at else ""
    return f"{short(order.key)} {order.intent.side} {size} {one.symbol}{limit}"


def _cancel_one(desk: Desk, order: Order) -> Reply:
    if not order.leaves_quantity:
        raise UserError(
            f"{short(order.key)} has already ended: {order.state.lower()}. Nothing to cancel."
        )
    if order.cancel_wanted:
        return shown_order(desk, order)
    return cancel_question(order, ticket_of(desk, order), desk.brokers.account(order.account_id))


def _line(desk: Desk, order: Order, *, named: bool) -> str:
    name = safe(desk.brokers.account(order.account_id).name, 40) if named else ""
    return f"{order_line(order)} · #{name}" if named else order_line(order)


def cancel_many(desk: Desk, who: Holder, orders: Sequence[Order], why: str = "") -> Reply:
    """One question about all of these that can still fill. Raises UserError when none can."""
    working = [order for order in orders if order.leaves_quantity and not order.cancel_wanted]
    left_out, working = len(working[MOST_CANCELS:]), working[:MOST_CANCELS]
    if not working:
        raise UserError("Nothing to cancel: no order can still fill.")
    body = {"orders": [order.key for order in working], "why": why}
    key = keep(desk, who.user_id, "cancel all", body, CHOICE_TTL)
    several = len({order.account_id for order in working}) > 1
    shown = [_line(desk, order, named=several) for order in working[:PAGE_SIZE]]
    if len(working) > PAGE_SIZE:
        shown.append(f"… and {len(working) - PAGE_SIZE} more")
    if left_out:
        shown.append(f"{left_out} others are left for another /cancel.")
    if pace := pace_line(desk, (order.account_id for order in working)):
        shown.append(pace)
    if why:
        shown.append(f"Reason: {safe(why)}")
    rows = (
        (pending_button("a", key, "y", f"Yes, cancel {len(working)}"),),
        (pending_button("a", key, "x", "No, keep them"),),
    )
    what = "1 order" if len(working) == 1 else f"{len(working)} orders"
    return Reply("\n".join([f"<b>Cancel {what}?</b>", *shown]), rows)
