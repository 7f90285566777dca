"""The command for what only a person can know: which row of a broker's book an order is."""

from __future__ import annotations

from collections.abc import Sequence

from tradegram.chat.buttons import short
from tradegram.chat.commands.command import Holder, command
from tradegram.chat.finding import find_order
from tradegram.chat.money import bare_price, clock_time, quantity
from tradegram.chat.ordering import offers_reply
from tradegram.chat.reply import Reply
from tradegram.chat.writing import safe
from tradegram.errors import BrokerError, UserError
from tradegram.model import ExecutionReport
from tradegram.orders.decide import decide, rows_of_doubt
from tradegram.orders.state import Order, State
from tradegram.ports import Desk

NONE, MOST = "none", 8


@command(
    "/decide",
    usage="/decide ID [BROKER_ID | none]",
    about="Says which row of the broker's book an unknown order is.",
    example="/decide K7Q2",
)
def decide_(desk: Desk, who: Holder, words: str) -> Sequence[Reply]:
    called, _, named = words.partition(" ")
    if not called:
        raise UserError("Which order? Example: /decide K7Q2")
    order = find_order(desk, called)
    try:
        if not named.strip():
            return [_question(desk, who, order, rows_of_doubt(desk, order))]
        row = "" if named.strip().casefold() == NONE else named.strip()
        after = decide(desk, order, row, user_id=who.user_id)
    except BrokerError as error:
        raise UserError(
            f"The broker's book cannot be read now ({error.words}); nothing was decided. Try "
            "again soon."
        ) from error
    return [Reply(_done(after))]


def _question(desk: Desk, who: Holder, order: Order, rows: Sequence[ExecutionReport]) -> Reply:
    head = (
        f"Which of these is <code>{short(order.key)}</code>, {order.intent.side} "
        f"{quantity(order.intent.quantity)} {safe(order.intent.instrument.symbol, 60)}, sent at "
        f"{clock_time(order.sent_at)}? Compare with the broker's own app."
    )
    lines = [_line(order, row) for row in rows[:MOST]] or ["The book has no row that may be it."]
    offers = [
        (f"It is {row.broker_order_id}", f"/decide {order.key} {row.broker_order_id}")
        for row in rows[:MOST]
    ]
    offers.append(("None of them: it was never taken", f"/decide {order.key} {NONE}"))
    return offers_reply(desk, who, "", offers, html="\n".join([head, *lines]))


def _line(order: Order, row: ExecutionReport) -> str:
    price = row.terms.price if row.terms else None
    at = f" @ {bare_price(price, order.intent.instrument)}" if price is not None else ""
    return (
        f"<code>{safe(row.broker_order_id, 40)}</code> · {clock_time(row.reported_at)} · "
        f"{quantity(row.quantity)}{at} · {row.status.lower().replace('_', ' ')}, "
        f"{quantity(row.cum_quantity)} filled"
    )


def _done(order: Order) -> str:
    name = short(order.key)
    if order.state is State.VOID:
        return f"✖ <code>{name}</code> was never taken, you say. It is not looked for any more."
    theirs = safe(order.broker_order_id, 40)
    return f"✔ <code>{name}</code> is <code>{theirs}</code> at the broker. /order {name} shows it."
