"""What orders block, asked once for all the legs of a ticket."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from tradegram.brokers.contract import Broker, WholeMargin
from tradegram.errors import BrokerError
from tradegram.model import Account, Funds, OrderIntent
from tradegram.ports import Desk
from tradegram.tickets.account import ask


def whole_margin(desk: Desk, account: Account, intents: Sequence[OrderIntent]) -> Funds | None:
    """
    What all the orders would block together, and what is free; None when the broker did not say.

    Raises UserError when the broker proves that it takes none of them.
    """
    try:
        return ask(desk, account, lambda broker: margin_for_all(broker, intents))
    except BrokerError:
        return None


def margin_for_all(broker: Broker, intents: Sequence[OrderIntent]) -> Funds:
    """The broker's own figure for all of them, else their sum, which no hedge makes smaller."""
    if isinstance(broker, WholeMargin):
        return broker.margin_for_all(intents)
    each = [broker.margin_for(intent) for intent in intents]
    return replace(each[0], used=sum((one.used for one in each), Decimal(0)))
