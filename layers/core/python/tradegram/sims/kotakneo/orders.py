"""Orders, with the refusals that are documented."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from tradegram.model import Instrument, OrderType, Side
from tradegram.sims.floor import Entry, Standing, Trade
from tradegram.sims.kotakneo.state import SEGMENTS, Neo, No, done, fields_of, stamp
from tradegram.sims.wire import Asked, Said

TYPES = {"MKT": OrderType.MARKET, "L": OrderType.LIMIT, "SL": OrderType.STOP_LIMIT}
WORDS = {order_type: word for word, order_type in TYPES.items()}
SIDES = {"B": Side.BUY, "S": Side.SELL}
PRODUCTS = frozenset({"CNC", "MIS", "NRML", "MTF"})
VALIDITIES = frozenset({"DAY", "IOC"})
STATUSES = {
    Standing.RECEIVED: "open pending",
    Standing.WAITING: "trigger pending",
    Standing.OPEN: "open",
    Standing.FILLED: "complete",
    Standing.CANCELLED: "cancelled",
    Standing.REJECTED: "rejected",
    Standing.EXPIRED: "cancelled",
}
WANTED = {"am", "dq", "es", "mp", "pc", "pf", "pr", "pt", "qt", "rt", "tp", "ts", "tt"}
NO_ADDRESS = "IP address is not whitelisted"


def place(neo: Neo, asked: Asked) -> Said:
    fields = fields_of(asked)
    _from_known_address(neo)
    if missing := WANTED - set(fields):
        raise No(f"Missing {', '.join(sorted(missing))}", 400, 400)
    instrument = _instrument(neo, fields)
    order_type, quantity, price, trigger = _terms(fields, instrument)
    side = SIDES.get(fields["tt"])
    if side is None or fields["pc"] not in PRODUCTS or fields["rt"] not in VALIDITIES:
        raise No("Invalid request", 400, 400)
    cost = quantity * (price or neo.floor.price(instrument))
    if side is Side.BUY and cost > neo.floor.cash - neo.floor.used():
        raise No("Insufficient balance.", 1004)
    entry = neo.floor.take(
        instrument, side, order_type, quantity, price=price, trigger=trigger,
        product=fields["pc"], validity=fields["rt"],
    )  # fmt: skip
    return done(nOrdNo=entry.order_id)


def change(neo: Neo, asked: Asked) -> Said:
    fields = fields_of(asked)
    _from_known_address(neo)
    entry = _entry(neo, fields.get("no", ""))
    if fields.get("tk") != str(neo.stock.number(entry.instrument)):
        raise No("Invalid Symbol", 1007)
    order_type, quantity, price, trigger = _terms(fields, entry.instrument)
    try:
        neo.floor.change(
            entry, quantity=quantity, price=price, trigger=trigger, order_type=order_type
        )
    except ValueError:
        words = "Order cannot be modified as it is already executed."
        raise No(words, 1006) from None
    return done(nOrdNo=entry.order_id)


def cancel(neo: Neo, asked: Asked) -> Said:
    fields = fields_of(asked)
    _from_known_address(neo)
    try:
        neo.floor.cancel(_entry(neo, fields.get("on", "")))
    except ValueError:
        raise No("Order already cancelled or not found.", 1006) from None
    return done(nOrdNo=fields["on"])


def book(neo: Neo, asked: Asked) -> Said:
    rows = [order_row(neo, entry) for entry in neo.floor.entries.values()]
    if not rows:
        raise No("No Data", 5203)
    return done(data=rows)


def trades(neo: Neo, asked: Asked) -> Said:
    if not neo.floor.trades:
        raise No("No Data", 5203)
    return done(data=[_trade(neo, trade) for trade in neo.floor.trades])


def _from_known_address(neo: Neo) -> None:
    if not neo.address_known:
        raise No(NO_ADDRESS, 100008)


def _instrument(neo: Neo, fields: dict[str, str]) -> Instrument:
    if fields["es"] not in SEGMENTS.values():
        raise No("Invalid Exchange", 1006)
    instrument = neo.find(fields["es"], fields["ts"])
    if instrument is None or neo.symbol(instrument) != fields["ts"]:
        raise No("Invalid Symbol", 1007)
    return instrument


def _entry(neo: Neo, order_id: str) -> Entry:
    if order_id not in neo.floor.entries:
        raise No("Order already cancelled or not found.", 1006)
    return neo.floor.entries[order_id]


def _terms(
    fields: dict[str, str], instrument: Instrument
) -> tuple[OrderType, Decimal, Decimal | None, Decimal | None]:
    if fields["pt"] == "SL-M":
        raise No("Market order with Algo Id not allowed", 1041)
    if fields["pt"] not in TYPES:
        raise No("Invalid request", 400, 400)
    order_type, quantity = TYPES[fields["pt"]], _number(fields["qt"])
    if quantity <= 0 or quantity % instrument.lot_size or "." in fields["qt"]:
        raise No("Invalid Quantity", 1009)
    price, trigger = (_price(fields[name], instrument) for name in ("pr", "tp"))
    if (price is None) is not (order_type is OrderType.MARKET):
        raise No("Invalid price", 400, 400)
    if (trigger is None) is (order_type is OrderType.STOP_LIMIT):
        raise No("Invalid price", 400, 400)
    return order_type, quantity, price, trigger


def _price(text: str, instrument: Instrument) -> Decimal | None:
    if text == "0":
        return None
    price = _number(text)
    if price <= 0:
        raise No("Invalid price", 400, 400)
    if price % instrument.tick_size:
        raise No("Price is not a multiple of the tick size", 400, 400)
    return price


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise No("Invalid request", 400, 400) from None
    if not number.is_finite() or "e" in text.lower():
        raise No("Invalid request", 400, 400)
    return number


def order_row(neo: Neo, entry: Entry) -> dict[str, Any]:
    at, instrument = stamp(entry.placed_at), entry.instrument
    cancelled = entry.quantity - entry.filled if entry.standing is Standing.CANCELLED else 0
    return {
        "nOrdNo": entry.order_id,
        "exOrdId": f"11{entry.order_id}",
        "trdSym": neo.symbol(instrument),
        "sym": instrument.symbol,
        "tok": str(neo.stock.number(instrument)),
        "exSeg": SEGMENTS[instrument.exchange],
        "trnsTp": entry.side.value[0],
        "prcTp": WORDS[entry.order_type],
        "prod": entry.product,
        "qty": int(entry.quantity),
        "fldQty": int(entry.filled),
        "unFldSz": int(entry.leaves),
        "cnlQty": int(cancelled),
        "avgPrc": f"{entry.average:.4f}",
        "prc": f"{entry.price or 0:.2f}",
        "trgPrc": f"{entry.trigger or 0:.2f}",
        "dscQty": 0,
        "vldt": entry.validity,
        "ordSt": entry.more.get("status") or STATUSES[entry.standing],
        "stat": entry.more.get("status") or STATUSES[entry.standing],
        "rejRsn": entry.words or "--",
        "rmk": "--",
        "ordDtTm": at,
        "ordEntTm": at,
        "exCfmTm": at,
        "brdLtQty": int(instrument.lot_size),
        "mktPro": "0",
        "algId": "NA",
    }


def _trade(neo: Neo, trade: Trade) -> dict[str, Any]:
    entry, at = trade.entry, stamp(trade.at)
    return {
        "nOrdNo": entry.order_id,
        "exOrdId": f"11{entry.order_id}",
        "flId": trade.trade_id,
        "flDt": at.partition(" ")[0],
        "exTm": at,
        "trdSym": neo.symbol(entry.instrument),
        "exSeg": SEGMENTS[entry.instrument.exchange],
        "prod": entry.product,
        "prcTp": WORDS[entry.order_type],
        "trnsTp": entry.side.value[0],
        "qty": int(entry.quantity),
        "fldQty": int(trade.quantity),
        "avgPrc": f"{trade.price:.2f}",
        "ordDur": entry.validity,
    }
