"""Orders: every name is good once, and a replaced order is a new one."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from tradegram.model import Instrument, OrderType, Side
from tradegram.sims.alpaca.rows import TYPES, order_row
from tradegram.sims.alpaca.state import Brokerage, No, class_of
from tradegram.sims.floor import Entry, Standing
from tradegram.sims.wire import Asked, Said, said

KINDS = {word: kind for kind, word in TYPES.items()}
VALIDITIES = {
    "us_equity": {"day", "gtc", "opg", "cls", "ioc", "fok"},
    "us_option": {"day"},
    "crypto": {"gtc", "ioc"},
}
LONGEST_NAME = 128
NOT_FOUND = "order not found for {}"


def place(sim: Brokerage, asked: Asked) -> Said:
    form = asked.json
    one = sim.instrument(str(form.get("symbol")))
    kind = KINDS.get(form.get("type"))
    if kind is None or form.get("side") not in ("buy", "sell"):
        raise No(422, 42210000, "invalid order type or side")
    if form.get("time_in_force") not in VALIDITIES[class_of(one)]:
        raise No(422, 42210000, f"invalid time_in_force for {class_of(one)} order")
    quantity = _number(form, "qty")
    price, trigger = _prices(form, kind, one)
    _check_quantity(one, quantity, form["time_in_force"])
    _check_money(sim, one, Side(form["side"].upper()), quantity, price)
    name = form.get("client_order_id") or f"auto-{len(sim.floor.entries)}"
    _check_name(sim, name)
    entry = sim.floor.take(
        one, Side(form["side"].upper()), kind, quantity, price=price, trigger=trigger,
        reference=name, product="", validity=form["time_in_force"],
    )  # fmt: skip
    if entry.validity in ("ioc", "fok") and entry.standing is Standing.OPEN and not sim.floor.rests:
        sim.floor.end(entry, Standing.CANCELLED)
    return said(order_row(entry))


def change(sim: Brokerage, asked: Asked, order_id: str) -> Said:
    """A new order for what is left of this one; it is not the other's name it bears."""
    old, form = _found(sim, order_id), asked.json
    if not old.standing.is_live:
        raise No(422, 42210000, "order is not open")
    one = old.instrument
    now = {"limit_price": old.price, "stop_price": old.trigger}
    wanted = {name: str(price) for name, price in now.items() if price is not None}
    price, trigger = _prices({**wanted, **form}, old.order_type, one)
    quantity = old.quantity - old.filled
    if "qty" in form:
        quantity = _number(form, "qty")
    _check_quantity(one, quantity, old.validity)
    name = form.get("client_order_id") or f"replaced-{len(sim.floor.entries)}"
    _check_name(sim, name)
    # In this order: whoever looks in between sees one of them live, never two.
    sim.floor.end(old, Standing.CANCELLED)
    new = sim.floor.take(
        one, old.side, old.order_type, quantity, price=price, trigger=trigger, reference=name,
        product=old.product, validity=old.validity, more={"replaces": old.order_id},
    )  # fmt: skip
    old.more["replaced_by"] = new.order_id
    return said(order_row(new))


def cancel(sim: Brokerage, asked: Asked, order_id: str) -> Said:
    try:
        sim.floor.cancel(_found(sim, order_id))
    except ValueError:
        raise No(422, 42210000, "order is not cancelable") from None
    return Said(204, b"")


def cancel_all(sim: Brokerage, asked: Asked) -> Said:
    rows = [entry for entry in sim.floor.entries.values() if entry.standing.is_live]
    for entry in rows:
        sim.floor.cancel(entry)
    return said([{"id": entry.order_id, "status": 200} for entry in rows], 207)


def listed(sim: Brokerage, asked: Asked) -> Said:
    """Newest first unless asked otherwise; `until` and `after` are not in it."""
    wanted, most = asked.query.get("status", "open"), int(asked.query.get("limit", 50))
    rows = [order_row(entry) for entry in sim.floor.entries.values()]
    if wanted != "all":
        is_open = wanted == "open"
        live = {one.order_id for one in sim.floor.entries.values() if one.standing.is_live}
        rows = [row for row in rows if (row["id"] in live) is is_open]
    if "until" in asked.query:
        rows = [row for row in rows if row["submitted_at"] < asked.query["until"]]
    if "after" in asked.query:
        rows = [row for row in rows if row["submitted_at"] > asked.query["after"]]
    if asked.query.get("direction", "desc") == "desc":
        rows.reverse()
    return said(rows[:most])


def one(sim: Brokerage, asked: Asked, order_id: str) -> Said:
    return said(order_row(_found(sim, order_id)))


def named(sim: Brokerage, asked: Asked) -> Said:
    name = asked.query.get("client_order_id", "")
    found = sim.floor.referring(name)
    if not found:
        raise No(404, 40410000, NOT_FOUND.format(name))
    return said(order_row(found[0]))


# -- parts -----------------------------------------------------------------------------------------


def _found(sim: Brokerage, order_id: str) -> Entry:
    if order_id not in sim.floor.entries:
        raise No(404, 40410000, NOT_FOUND.format(order_id))
    return sim.floor.entries[order_id]


def _check_name(sim: Brokerage, name: str) -> None:
    if len(name) > LONGEST_NAME:
        raise No(422, 40010001, f"client_order_id must be at most {LONGEST_NAME} characters")
    if sim.floor.referring(name):
        raise No(422, 40010001, "client_order_id must be unique")


def _check_quantity(one: Instrument, quantity: Decimal, validity: str) -> None:
    if quantity <= 0 or quantity % one.lot_size:
        raise No(422, 42210000, "qty must be > 0 and a multiple of the increment")
    if class_of(one) == "us_equity" and quantity % 1 and validity != "day":
        raise No(422, 42210000, "fractional orders must be DAY orders")


def _check_money(
    sim: Brokerage, one: Instrument, side: Side, quantity: Decimal, price: Decimal | None
) -> None:
    cost = quantity * (price or sim.floor.price(one)) * one.multiplier
    if side is Side.BUY and cost > sim.floor.cash - sim.floor.used():
        raise No(403, 40310000, "insufficient buying power")


def _prices(
    form: Mapping[str, Any], kind: OrderType, one: Instrument
) -> tuple[Decimal | None, Decimal | None]:
    priced = kind in (OrderType.LIMIT, OrderType.STOP_LIMIT)
    waits = kind in (OrderType.STOP, OrderType.STOP_LIMIT)
    if ("limit_price" in form) is not priced or ("stop_price" in form) is not waits:
        raise No(422, 42210000, "the prices do not fit the type of the order")
    return (
        _price(form, "limit_price", one) if priced else None,
        _price(form, "stop_price", one) if waits else None,
    )


def _price(form: Mapping[str, Any], name: str, one: Instrument) -> Decimal:
    price = _number(form, name)
    tick = one.tick_size if class_of(one) == "crypto" or price >= 1 else Decimal("0.0001")
    if price <= 0 or price % tick:
        raise No(422, 42210000, f"invalid {name} {price}. sub-penny increment does not fulfill")
    return price


def _number(form: Mapping[str, Any], name: str) -> Decimal:
    try:
        found = Decimal(str(form[name]))
    except (KeyError, InvalidOperation):
        raise No(422, 40010001, f"{name} is required and must be a number") from None
    if not found.is_finite() or "e" in str(form[name]).lower():
        raise No(422, 40010001, f"{name} must be a plain number")
    return found
