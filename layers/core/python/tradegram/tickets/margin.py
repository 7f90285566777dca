"""What orders block: asked once for all the legs of a ticket, and not again for some seconds."""

from __future__ import annotations

from collections.abc import Sequence

from tradegram.brokers.contract import margin_for_all
from tradegram.errors import BrokerError
from tradegram.model import Account, Funds, OrderIntent
from tradegram.ports import Desk
from tradegram.tickets.account import ask


def margin_for(desk: Desk, account: Account, intent: OrderIntent) -> Funds | None:
    """What the order would block and what is free; None when the broker did not say."""
    return whole_margin(desk, account, (intent,))


def whole_margin(desk: Desk, account: Account, intents: Sequence[OrderIntent]) -> Funds | None:
    """
    What all the orders would block together, and what is free; None when the broker did not say.

    Raises UserError when the broker proves that it takes none of them.
    """
    key, now = (account.account_id, tuple(intents)), desk.clock.monotonic()
    if found := desk.margins.get(key, now):
        return found
    try:
        answer = ask(desk, account, lambda broker: margin_for_all(broker, intents))
    except BrokerError:
        return None
    desk.margins.keep(key, answer, now)
    return answer


def forget_margins(desk: Desk, account_ids: Sequence[str]) -> None:
    """What was free there is not free any more."""
    desk.margins.forget(lambda key: key[0] in account_ids)
