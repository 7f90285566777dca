"""Orders of both markets, with the filters and refusals that traders meet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from tradegram.model import Instrument, OrderType, Side
from tradegram.sims.binance.rows import (
    ALGO_TYPES,
    SPOT_TYPES,
    algo_row,
    child_row,
    is_algo,
    order_row,
    stored_row,
    trade_row,
    triggered,
)
from tradegram.sims.binance.state import Exchange, No, number
from tradegram.sims.floor import Entry, Standing

TYPES = {word: kind for kind, word in SPOT_TYPES.items()}
STOPS = {word: kind for kind, word in ALGO_TYPES.items()}
# Types that traders use and this desk does not, and those of the endpoint for stops.
MOVED = frozenset({*STOPS, "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET"})
VALIDITIES = ("GTC", "IOC", "FOK")
AT_ONCE = ("IOC", "FOK")
CLIENT_ID = re.compile(r"[.A-Z:/a-z0-9_-]{1,36}")
NOT_SENT = "Mandatory parameter '{}' was not sent, was empty/null, or malformed."
NO_ORDER = "Order does not exist."
UNKNOWN = "Unknown order sent."


def place(sim: Exchange, asked: Mapping[str, str]) -> Any:
    """Spot, and whatever of futures is no stop."""
    if not sim.is_spot and asked.get("type") in MOVED:
        raise No(-4120, "Order type not supported for this endpoint. Please use the Algo Order.")
    kind = TYPES.get(asked.get("type", ""))
    if kind is None:
        raise No(-1116, "Invalid orderType.")
    entry = _taken(sim, asked, kind, asked.get("newClientOrderId", ""), "stopPrice")
    return order_row(sim, entry) | {"transactTime": sim.now()}


def place_algo(sim: Exchange, asked: Mapping[str, str]) -> Any:
    kind = STOPS.get(asked.get("type", ""))
    if asked.get("algoType") != "CONDITIONAL" or kind is None:
        raise No(-1116, "Invalid orderType.")
    entry = _taken(sim, asked, kind, asked.get("clientAlgoId", ""), "triggerPrice", "algo")
    return algo_row(entry)


def amend(sim: Exchange, asked: Mapping[str, str]) -> Any:
    """Spot: the quantity down. Our name is lost unless it is given again."""
    entry, wanted = _found(sim, asked), _number(asked, "newQty")
    if wanted >= entry.quantity:
        raise No(-2038, "Order amend (quantity increase) is not supported.")
    _change(sim, entry, wanted, entry.price)
    entry.reference = asked.get("newClientOrderId") or f"amended{number(entry)}"
    return {"transactTime": sim.now(), "executionId": 1, "amendedOrder": order_row(sim, entry)}


def modify(sim: Exchange, asked: Mapping[str, str]) -> Any:
    """Futures: price and quantity of a LIMIT."""
    entry = _found(sim, asked)
    if asked.get("side") != entry.side.value or entry.order_type is not OrderType.LIMIT:
        raise No(-4028, "This order cannot be modified.")
    _change(sim, entry, _number(asked, "quantity"), _number(asked, "price"))
    return order_row(sim, entry)


def cancel(sim: Exchange, asked: Mapping[str, str]) -> Any:
    entry = _found(sim, asked, UNKNOWN, -2011)
    _end(sim, entry)
    return order_row(sim, entry) | {"origClientOrderId": entry.reference, "clientOrderId": "c1"}


def cancel_algo(sim: Exchange, asked: Mapping[str, str]) -> Any:
    entry = _algo(sim, asked, UNKNOWN, -2011)
    if entry.standing is not Standing.WAITING or "algo_status" in entry.more:
        raise No(-2011, UNKNOWN)
    _end(sim, entry)
    row = {"algoId": number(entry), "clientAlgoId": entry.reference}
    return row | {"code": "200", "msg": "success"}


def one(sim: Exchange, asked: Mapping[str, str]) -> Any:
    return _row(sim, _found(sim, asked))


def one_algo(sim: Exchange, asked: Mapping[str, str]) -> Any:
    return algo_row(_algo(sim, asked))


def working(sim: Exchange, asked: Mapping[str, str]) -> Any:
    """Of one symbol, or of all."""
    return [
        _row(sim, entry)
        for entry in _of(sim, asked.get("symbol"))
        if entry.standing.is_live and (sim.is_spot or not is_algo(entry) or triggered(entry))
    ]


def working_algos(sim: Exchange, asked: Mapping[str, str]) -> Any:
    return [
        algo_row(entry)
        for entry in _of(sim, asked.get("symbol"))
        if is_algo(entry) and entry.standing is Standing.WAITING
    ]


def every(sim: Exchange, asked: Mapping[str, str]) -> Any:
    sim.instrument(asked)
    found = _of(sim, asked["symbol"])
    return [_row(sim, one_) for one_ in found if not is_algo(one_) or triggered(one_)]


def trades(sim: Exchange, asked: Mapping[str, str]) -> Any:
    instrument, since = sim.instrument(asked), int(asked.get("startTime", 0))
    rows = [stored_row(sim, one_) for one_ in sim.floor.stored if one_.instrument == instrument]
    rows += [
        trade_row(sim, trade)
        for trade in sim.floor.trades
        if trade.entry.instrument.symbol == asked["symbol"]
    ]
    return [row for row in rows if row["time"] >= since][-int(asked.get("limit", 500)) :]


# -- parts -----------------------------------------------------------------------------------------


def _taken(
    sim: Exchange,
    asked: Mapping[str, str],
    kind: OrderType,
    reference: str,
    trigger_name: str,
    *marks: str,
) -> Entry:
    instrument = sim.instrument(asked)
    if asked.get("side") not in ("BUY", "SELL"):
        raise No(-1117, "Invalid side.")
    if reference and not CLIENT_ID.fullmatch(reference):
        raise No(-1100, "Illegal characters found in a parameter.")
    priced = kind in (OrderType.LIMIT, OrderType.STOP_LIMIT)
    if priced and asked.get("timeInForce") not in VALIDITIES:
        raise No(-1102, NOT_SENT.format("timeInForce"))
    if not priced and ("price" in asked or "timeInForce" in asked):
        raise No(-1106, "Parameter 'price' or 'timeInForce' sent when not required.")
    quantity = _number(asked, "quantity")
    price = _number(asked, "price") if priced else None
    waits = kind in (OrderType.STOP, OrderType.STOP_LIMIT)
    trigger = _number(asked, trigger_name) if waits else None
    _check_filters(sim, instrument, quantity, price, trigger)
    # Only among those that work.
    live = (one_ for one_ in sim.floor.referring(reference) if one_.standing.is_live)
    if reference and next(live, None):
        raise No(-2010, "Duplicate order sent.")
    side = Side(asked["side"])
    _check_money(sim, instrument, side, quantity, price)
    entry = sim.floor.take(
        instrument, side, kind, quantity, price=price, trigger=trigger, reference=reference,
        product="", validity=asked.get("timeInForce", "GTC"), more=dict.fromkeys(marks, "1"),
    )  # fmt: skip
    if entry.validity in AT_ONCE and entry.standing is Standing.OPEN and not sim.floor.rests:
        sim.floor.end(entry, Standing.EXPIRED)
    return entry


def _check_filters(
    sim: Exchange,
    instrument: Instrument,
    quantity: Decimal,
    price: Decimal | None,
    trigger: Decimal | None,
) -> None:
    largest = instrument.freeze_quantity or quantity
    if quantity <= 0 or quantity % instrument.lot_size or quantity > largest:
        raise No(-1013, "Filter failure: LOT_SIZE")
    for one_ in (price, trigger):
        if one_ is not None and (one_ <= 0 or one_ % instrument.tick_size):
            raise No(-1013, "Filter failure: PRICE_FILTER")
    value = quantity * (price or sim.floor.price(instrument))
    if value < instrument.min_value:
        if sim.is_spot:
            raise No(-1013, "Filter failure: NOTIONAL")
        raise No(-4164, f"Order's notional must be no smaller than {instrument.min_value}.")


def _check_money(
    sim: Exchange, instrument: Instrument, side: Side, quantity: Decimal, price: Decimal | None
) -> None:
    cost = quantity * (price or sim.floor.price(instrument))
    if side is Side.BUY and cost > sim.floor.cash - sim.floor.used():
        if sim.is_spot:
            raise No(-2010, "Account has insufficient balance for requested action.")
        raise No(-2019, "Margin is insufficient.")
    if side is Side.SELL and sim.is_spot and not sim.lends and quantity > coins(sim, instrument):
        raise No(-2010, "Account has insufficient balance for requested action.")


def coins(sim: Exchange, instrument: Instrument) -> Decimal:
    """In the wallet, free or not."""
    stored = sum(
        (one_.quantity for one_ in sim.floor.stored if one_.instrument.key == instrument.key),
        Decimal(0),
    )
    held = (one_ for one_ in sim.floor.held() if one_.instrument.key == instrument.key)
    return stored + sum((one_.quantity for one_ in held), Decimal(0))


def _change(sim: Exchange, entry: Entry, quantity: Decimal, price: Decimal | None) -> None:
    _check_filters(sim, entry.instrument, quantity, price, entry.trigger)
    try:
        sim.floor.change(entry, quantity=quantity, price=price, trigger=entry.trigger)
    except ValueError:
        raise No(-2013, NO_ORDER) from None


def _end(sim: Exchange, entry: Entry) -> None:
    if triggered(entry):
        entry.more["woke"] = "1"
    try:
        sim.floor.cancel(entry)
    except ValueError:
        raise No(-2011, UNKNOWN) from None


def _found(
    sim: Exchange, asked: Mapping[str, str], words: str = NO_ORDER, code: int = -2013
) -> Entry:
    """By number, or by the latest that bears the name."""
    sim.instrument(asked)
    for entry in reversed(_of(sim, asked["symbol"])):
        if is_algo(entry) and not triggered(entry):
            continue
        name = child_row(sim, entry)["clientOrderId"] if is_algo(entry) else entry.reference
        if asked.get("orderId", "") == str(number(entry)):
            return entry
        if "orderId" not in asked and asked.get("origClientOrderId") == name:
            return entry
    raise No(code, words)


def _algo(
    sim: Exchange, asked: Mapping[str, str], words: str = NO_ORDER, code: int = -2013
) -> Entry:
    for entry in reversed(list(sim.floor.entries.values())):
        if is_algo(entry) and (
            asked.get("algoId", "") == str(number(entry))
            or ("algoId" not in asked and asked.get("clientAlgoId") == entry.reference)
        ):
            return entry
    raise No(code, words)


def _of(sim: Exchange, symbol: str | None) -> list[Entry]:
    entries = sim.floor.entries.values()
    return [one_ for one_ in entries if symbol in (None, one_.instrument.symbol)]


def _row(sim: Exchange, entry: Entry) -> dict[str, Any]:
    return child_row(sim, entry) if is_algo(entry) else order_row(sim, entry)


def _number(asked: Mapping[str, str], name: str) -> Decimal:
    try:
        found = Decimal(asked[name])
    except (KeyError, InvalidOperation):
        raise No(-1102, NOT_SENT.format(name)) from None
    if not found.is_finite() or "e" in asked[name].lower():
        raise No(-1100, f"Illegal characters found in parameter '{name}'.")
    exponent = found.as_tuple().exponent
    assert isinstance(exponent, int)  # noqa: S101
    if exponent < -8:
        raise No(-1111, "Parameter has too much precision.")
    return found
