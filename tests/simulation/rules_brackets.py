"""What must hold of the brackets of a simulated day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from simulation.exchange import BRACKETED
from simulation.world import CLOSE

from tradegram.brackets.plan import KIND, Bracket, Phase, as_bracket, may_come_back
from tradegram.orders.state import Order

if TYPE_CHECKING:
    from simulation.history import Day

Orders = dict[str, Order]

A_STEP = 140.0  # seconds a frozen worker may take from its look at the position to its write
A_LOOK = 120.0  # seconds in which an undisturbed desk has seen a position twice


def brackets_of(day: Day) -> Sequence[Bracket]:
    return [as_bracket(each) for each in day.inner.documents(KIND)]


def exits_of(day: Day) -> set[str]:
    """Their client order ids."""
    return {one.client_order_id for bracket in brackets_of(day) for one in bracket.exits}


def exits_never_exceed_the_position(day: Day, orders: Orders) -> object:
    """Whatever fills: not one unit more can be sold than was bought, unless the broker lies."""
    if day.world.faults.liar:
        return None  # an exit that it refused and then placed was sent anew
    for exchange in day.exchanges.values():
        if exchange.too_much:
            return exchange.too_much[0]
    return None


def too_much_sold_is_told(day: Day, orders: Orders) -> object:
    """What nobody could hold, fills after a broker had called an exit ended, is said."""
    told = [each.text for each in day.store.told if each.kind == "bracket"]
    corrected = {each.client_order_id for each in day.store.told if each.kind == "corrected"}
    kept = {one.instrument.symbol for one in brackets_of(day) if _is_kept(one)}
    for exchange in day.exchanges.values():
        for symbol in {row.symbol for row in exchange.rows if row.symbol.startswith(BRACKETED)}:
            rows = [row for row in exchange.rows if row.symbol == symbol]
            more = sum(-row.filled if row.is_buy else row.filled for row in rows)
            said = any(text.startswith(f"{symbol}: ") and "more sold" in text for text in told)
            if symbol not in kept:  # its holder or its day ended it: the order itself says so
                said = said or any(row.tag in corrected for row in rows)
            if not exchange.keeps_names:  # nobody can say which order the row is
                said = said or any(row.tag in text for row in rows for text in day.world.alerts)
            readable = all(row.status in _READ for row in rows)
            if more > 0 and readable and exchange.token_good and not said:
                return f"{symbol}: {more} sold too much, and nobody was told"
    return None


def _is_kept(bracket: Bracket) -> bool:
    return bracket.phase is not Phase.ENDED or may_come_back(bracket)


def every_entry_has_its_bracket(day: Day, orders: Orders) -> object:
    """Entry and bracket are written together, or neither."""
    kept = {key for bracket in brackets_of(day) for key in bracket.entries}
    for key, leg in day.holder.legs.items():
        if leg.draft.stop_loss is not None and (key in orders) != (key in kept):
            return f"{key}: an entry without its bracket, or a bracket without it"
    return None


def a_reached_stop_closes(day: Day, orders: Orders) -> object:
    """
    Once the market is past the stop nothing stays open, unless its exit works, or a person was
    told that it cannot be closed.
    """
    stopped = day.store.switches and day.store.switches[-1][1]
    if not day.world.never_closes or stopped:
        return None
    for bracket in brackets_of(day):
        exchange = day.exchanges[bracket.account_id]
        stop, symbol = bracket.stop, bracket.instrument.symbol
        reached = stop is not None and day.world.price() <= stop
        told = bracket.phase is Phase.STUCK or not exchange.token_good
        if not reached or told or _unclear(day, orders, bracket):
            continue
        sells = [r for r in exchange.rows if r.symbol == symbol and not r.is_buy]
        for_sale = sum(row.quantity - row.filled for row in sells if row.live)
        left = exchange.positions().get(symbol, 0)
        if left > for_sale:
            return f"{symbol}: {left} open, {for_sale} for sale: {bracket}"
    return None


def nothing_is_sold_that_is_not_there(day: Day, orders: Orders) -> object:
    """After the holder closed it elsewhere no exit is begun, and those that work are taken back."""
    for bracket in brackets_of(day):
        exchange, symbol = day.exchanges[bracket.account_id], bracket.instrument.symbol
        at = exchange.elsewhere_at.get(symbol)
        entries = [row for row in exchange.rows if row.symbol == symbol and row.is_buy]
        if at is None or any(row.live or row.changed_at > at for row in entries):
            continue
        for one in bracket.exits:
            if day.store.history[one.client_order_id][0][0] > at + A_STEP:
                return f"{one} was begun, but {symbol} was closed elsewhere at {at}"
        rows = [
            row for row in exchange.rows if row.symbol == symbol and row.live and not row.is_buy
        ]
        lasts = day.world.never_closes and at < CLOSE - A_LOOK and exchange.token_good
        if rows and lasts and not _unclear(day, orders, bracket):
            return f"{symbol} was closed elsewhere at {at}, and is for sale: {rows}"
    return None


def _unclear(day: Day, orders: Orders, bracket: Bracket) -> bool:
    """
    One of its orders has a fate that nobody knows yet, or turned out otherwise than was said, and
    the holder was told of it: an entry may fill after the broker called it cancelled.
    """
    keys = [*bracket.entries, *(one.client_order_id for one in bracket.exits)]
    told = {each.client_order_id for each in day.store.told if each.kind == "corrected"}
    return (
        bool(told.intersection(keys))
        or any(orders[key].alerted or _paged(day, bracket, key) for key in keys)
        or any(row.tag in keys and row.status not in _READ for row in day.rows)
    )


def _paged(day: Day, bracket: Bracket, key: str) -> bool:
    """Told that a row may be this order, refused though it was: its broker keeps no names."""
    keeps_names = day.exchanges[bracket.account_id].keeps_names
    return not keeps_names and any(key in text for text in day.world.alerts)


_READ = ("PUT ORDER REQ RECEIVED", "OPEN", "CANCEL PENDING", "COMPLETE", "CANCELLED", "REJECTED")

BRACKETS = (
    exits_never_exceed_the_position,
    too_much_sold_is_told,
    every_entry_has_its_bracket,
    a_reached_stop_closes,
    nothing_is_sold_that_is_not_there,
)
