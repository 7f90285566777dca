"""
What a broker says only when it is told where to look: orders that ended, and trades.

Some list what works and no more, and trades of one instrument at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Protocol, runtime_checkable

from tradegram.brokers.contract import Ability, Book, Broker, together
from tradegram.model import Fill, Instrument, OrderIntent


@runtime_checkable
class LooksUp(Protocol):
    """A broker that finds orders by our name of them (Ability.LOOK_UP)."""

    def look_up(self, intents: Sequence[OrderIntent]) -> Book:
        """
        What became of these, each asked for by its wire id; what the broker has not is absent.

        Of many only some are asked for, and the others first when it is called again: `unasked`.
        Raises as a read does; then it says nothing of any of them.
        """
        ...


def book_about(broker: Broker, intents: Sequence[OrderIntent]) -> Book:
    """
    The order book, and what the broker says of those of `intents` that it does not list.

    The book comes first: an order that ends in between is found by its name.
    """
    book = broker.order_book()
    if Ability.LOOK_UP not in broker.profile.can or not isinstance(broker, LooksUp):
        return book
    listed = {report.client_order_id for report in book.reports}
    missing = [one for one in intents if one.wire_id and one.wire_id not in listed]
    if not missing:
        return book
    found = broker.look_up(missing)
    known = {report.broker_order_id for report in found.reports}
    rows = [one for one in book.reports if one.broker_order_id not in known]
    return together(replace(book, reports=rows), found)


@runtime_checkable
class TradesIn(Protocol):
    """A broker that is told in which instruments trades are looked for (BY_INSTRUMENT)."""

    def trades_in(self, instruments: Sequence[Instrument]) -> Sequence[Fill]:
        """As `contract.Broker.trades`, in these alone."""
        ...


def trades_about(broker: Broker, instruments: Iterable[Instrument]) -> Sequence[Fill]:
    """
    Today's fills, oldest first, with those in `instruments` wherever the broker must be told.

    Without, it thinks only of what is held and what is ordered: what was bought and sold again
    would be missing.
    """
    fills = {(one.broker_order_id, one.trade_id): one for one in broker.trades()}
    if Ability.BY_INSTRUMENT in broker.profile.can and isinstance(broker, TradesIn):
        named = list({one.key: one for one in instruments}.values())
        found = broker.trades_in(named) if named else ()
        fills |= {(one.broker_order_id, one.trade_id): one for one in found}
    return sorted(fills.values(), key=lambda one: one.at)
