"""Orders, with the refusals of which Kite makes most."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from tradegram.model import Instrument, OrderType, Side
from tradegram.sims.floor import Entry
from tradegram.sims.wire import Asked, Said
from tradegram.sims.zerodha.rows import order_row, trade_row
from tradegram.sims.zerodha.state import Kite, No, done

TYPES = {
    "MARKET": OrderType.MARKET,
    "LIMIT": OrderType.LIMIT,
    "SL": OrderType.STOP_LIMIT,
    "SL-M": OrderType.STOP,
}
PRODUCTS = frozenset({"CNC", "MIS", "NRML", "MTF"})
VALIDITIES = frozenset({"DAY", "IOC", "TTL"})
VARIETIES = frozenset({"regular", "amo", "co", "iceberg", "auction"})
MOST_CHANGES = 25
NO_INSTRUMENT = "The instrument you are placing an order for has either expired or does not exist."
NO_ADDRESS = "No IPs configured for this app. Add an IP in the developer console."
UNPROTECTED = "Market orders without market protection are not allowed via API."


def place(kite: Kite, asked: Asked, variety: str) -> Said:
    form = asked.form
    _from_known_address(kite)
    if variety not in VARIETIES:
        raise No(400, "InputException", "Invalid `variety`.")
    instrument = kite.stock.find(f"{form.get('exchange')}:{form.get('tradingsymbol')}")
    if instrument is None:
        raise No(400, "InputException", NO_INSTRUMENT)
    tag = form.get("tag", "")
    if len(tag) > 20 or not (tag == "" or tag.isalnum()):
        raise No(400, "InputException", "Invalid `tag`.")
    side = _one_of(form, "transaction_type", ("BUY", "SELL"))
    order_type, quantity, price, trigger = _terms(form, instrument)
    product = _one_of(form, "product", PRODUCTS)
    cost = quantity * (price or kite.floor.price(instrument))
    free = kite.floor.cash - kite.floor.used()
    if side == "BUY" and cost > free:
        words = f"Insufficient funds. Required margin is {cost:.2f} but available margin is "
        raise No(400, "MarginException", f"{words}{free:.2f}.")
    entry = kite.floor.take(
        instrument, Side(side), order_type, quantity, price=price, trigger=trigger, reference=tag,
        product=product, validity=_one_of(form, "validity", VALIDITIES),
        more={"variety": variety, "protection": form.get("market_protection", "0")},
    )  # fmt: skip
    return done({"order_id": entry.order_id})


def change(kite: Kite, asked: Asked, variety: str, order_id: str) -> Said:
    _from_known_address(kite)
    entry, form = _entry(kite, order_id), asked.form
    if entry.changes >= MOST_CHANGES:
        raise No(400, "OrderException", "Maximum allowed order modifications exceeded.")
    wanted = {**_as_form(entry), **form}
    order_type, quantity, price, trigger = _terms(wanted, entry.instrument)
    try:
        kite.floor.change(
            entry, quantity=quantity, price=price, trigger=trigger, order_type=order_type
        )
    except ValueError:
        raise No(400, "OrderException", "Order cannot be modified as it is not open.") from None
    return done({"order_id": order_id})


def cancel(kite: Kite, asked: Asked, variety: str, order_id: str) -> Said:
    _from_known_address(kite)
    try:
        kite.floor.cancel(_entry(kite, order_id))
    except ValueError:
        raise No(400, "OrderException", "Order cannot be cancelled as it is not open.") from None
    return done({"order_id": order_id})


def book(kite: Kite, asked: Asked) -> Said:
    return done([order_row(kite, entry) for entry in kite.floor.entries.values()])


def history(kite: Kite, asked: Asked, order_id: str) -> Said:
    return done([order_row(kite, _entry(kite, order_id))])


def trades(kite: Kite, asked: Asked) -> Said:
    return done([trade_row(kite, trade) for trade in kite.floor.trades])


def _from_known_address(kite: Kite) -> None:
    if not kite.address_known:
        raise No(403, "PermissionException", NO_ADDRESS)


def _entry(kite: Kite, order_id: str) -> Entry:
    if order_id not in kite.floor.entries:
        raise No(400, "OrderException", "Couldn't find that `order_id`.")
    return kite.floor.entries[order_id]


def _terms(
    form: dict[str, str], instrument: Instrument
) -> tuple[OrderType, Decimal, Decimal | None, Decimal | None]:
    order_type = TYPES[_one_of(form, "order_type", TYPES)]
    quantity = _number(form, "quantity")
    if quantity <= 0 or quantity % instrument.lot_size or "." in form["quantity"]:
        raise No(400, "InputException", "Invalid `quantity`.")
    if order_type in (OrderType.MARKET, OrderType.STOP) and not _protected(form):
        raise No(400, "InputException", UNPROTECTED)
    priced = order_type in (OrderType.LIMIT, OrderType.STOP_LIMIT)
    waits = order_type in (OrderType.STOP, OrderType.STOP_LIMIT)
    price = _price(form, "price", instrument) if priced else None
    trigger = _price(form, "trigger_price", instrument) if waits else None
    return order_type, quantity, price, trigger


def _protected(form: dict[str, str]) -> bool:
    protection = _number(form, "market_protection") if "market_protection" in form else Decimal(0)
    return protection == -1 or 0 < protection <= 100


def _price(form: dict[str, str], name: str, instrument: Instrument) -> Decimal:
    price = _number(form, name)
    if price <= 0:
        raise No(400, "InputException", f"Invalid `{name}`.")
    if price % instrument.tick_size:
        words = f"Tick size for this script is {instrument.tick_size}. Kindly enter price in the"
        raise No(400, "InputException", f"{words} multiple of tick size for this script.")
    return price


def _number(form: dict[str, str], name: str) -> Decimal:
    try:
        number = Decimal(form[name])
    except (KeyError, InvalidOperation):
        raise No(400, "InputException", f"Invalid `{name}`.") from None
    if not number.is_finite() or "e" in form[name].lower():
        raise No(400, "InputException", f"Invalid `{name}`.")
    return number


def _one_of(form: dict[str, str], name: str, allowed: Any) -> str:
    if form.get(name) not in allowed:
        raise No(400, "InputException", f"Invalid `{name}`.")
    return form[name]


def _as_form(entry: Entry) -> dict[str, str]:
    words = {order_type: word for word, order_type in TYPES.items()}
    found = {
        "order_type": words[entry.order_type],
        "quantity": f"{entry.quantity:f}",
        "price": f"{entry.price:f}" if entry.price is not None else "0",
        "market_protection": entry.more.get("protection", "0"),
    }
    if entry.trigger is not None:
        found["trigger_price"] = f"{entry.trigger:f}"
    return found
