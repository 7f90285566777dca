"""Close several positions by one confirmation: an exit for each, and one failure stops no other."""

from __future__ import annotations

from dataclasses import replace

from tradegram.chat.asked import Asked
from tradegram.errors import UserError
from tradegram.orders.state import Order
from tradegram.ports import Desk
from tradegram.risk.kill import is_killed
from tradegram.tickets.confirm import stage_ticket
from tradegram.tickets.desk import open_ticket


def exit_now(desk: Desk, user_id: int, asked: Asked, source_text: str) -> tuple[Order, ...]:
    """
    Confirm an exit that its holder has just confirmed with others.

    asked: with `closes`, so that it is held once more against what is open when it is written;
    pressing twice makes one exit. Raises UserError when the kill switch, a limit or the position
    says no.
    """
    if not asked.closes:
        raise ValueError("only an exit may be confirmed unseen")
    if is_killed(desk.store):
        raise UserError("Trading is stopped by the kill switch, so nothing was sent.")
    ticket = open_ticket(desk, user_id=user_id, asked=asked, source_text=source_text)
    return stage_ticket(desk, replace(ticket, armed=True), "").orders
