"""What orders block: asked once for all the legs of a ticket, and not again for some seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial

from tradegram.brokers.contract import Ability, Broker, margin_for_all
from tradegram.errors import BrokerError
from tradegram.model import Account, Funds, Kind, OrderIntent, Side
from tradegram.ports import Desk
from tradegram.tickets.account import ask
from tradegram.tickets.size import worth

PAID_IN_FULL = frozenset({Kind.SHARE, Kind.ETF, Kind.COIN})


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
    says_it = Ability.MARGIN in desk.brokers.profile(account.account_id).can
    question = margin_for_all if says_it else partial(_paid_in_full, desk)
    try:
        answer = ask(desk, account, lambda broker: question(broker, intents))
    except BrokerError:
        return None
    if answer is None:
        return None
    desk.margins.keep(key, answer, now)
    return answer


def _paid_in_full(desk: Desk, broker: Broker, intents: Sequence[OrderIntent]) -> Funds | None:
    """Of what is paid when it is bought, where the broker says nothing beforehand; else None."""
    currency, used = intents[0].instrument.currency, Decimal(0)
    for intent in intents:
        one = intent.instrument
        if one.kind not in PAID_IN_FULL or one.currency != currency:
            return None
        quote = desk.quotes.quote(one, intent.account_id) if intent.price is None else None
        price = intent.price if quote is None else quote.last
        if price is None:
            return None
        used += worth(intent.quantity, price, one) if intent.side is Side.BUY else Decimal(0)
    for funds in broker.funds():
        if funds.currency == currency:
            return replace(funds, used=used)
    return None


def forget_margins(desk: Desk, account_ids: Sequence[str]) -> None:
    """What was free there is not free any more."""
    desk.margins.forget(lambda key: key[0] in account_ids)
