"""What a strategy says, read out of the forms that programs post. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from tradegram.errors import UserError
from tradegram.model import Side

NAME = re.compile("[a-z0-9][a-z0-9-]{0,31}")
ID = re.compile(r"[\w.:-]{1,64}")
MOST = 50  # signals in one message
KEY = "key"  # an API key inside the message, for senders that cannot set a header
DIGITS = 30
SIDES: Mapping[str, Side] = {
    "buy": Side.BUY,
    "long": Side.BUY,
    "b": Side.BUY,
    "sell": Side.SELL,
    "short": Side.SELL,
    "s": Side.SELL,
}
OPTIONAL = ("quantity", "price", "stop", "target", "confidence")


@dataclass(frozen=True, slots=True)
class Signal:
    """
    One wish of one strategy.

    signal_id: the sender's, or made of what it sent; the same one is worked on once. is_named: it
    is the sender's, and counts for ever; a made one only for some minutes. symbol: as posted,
    `RELIANCE` or `NSE:RELIANCE`. side: None for a message that only names symbols; the
    strategy's rule says it then. quantity: units; None leaves it to the strategy's rule. price:
    of a limit. confidence: 0 to 1; None when it is not said.
    """

    strategy: str
    signal_id: str
    symbol: str
    side: Side | None
    quantity: Decimal | None = None
    price: Decimal | None = None
    stop: Decimal | None = None
    target: Decimal | None = None
    confidence: Decimal | None = None
    is_named: bool = True


def read(posted: object, strategy: str = "") -> Sequence[Signal]:
    """
    Our own form, TradingView's, ChartInk's or Amibroker's, told apart by their fields.

    posted: what the JSON says, numbers as Decimal. strategy: from the address; it outranks what the
    message says. Raises UserError, which repeats nothing of the message.
    """
    if not isinstance(posted, Mapping):
        raise UserError("The signal is not a JSON object. Post one such as " + EXAMPLE)
    fields = {str(name).casefold(): value for name, value in posted.items() if name != KEY}
    name = strategy or _text(fields, "strategy", "strategy_name", "scan_name", "alert_name")
    if not NAME.fullmatch(name):
        raise UserError(
            "Which strategy? Its name is 1 to 32 small letters, digits or dashes, in the field "
            "“strategy” or behind /signals/ in the address."
        )
    reader = next((each for field, each in FORMS.items() if field in fields), _ours)
    whole = json.dumps(fields, sort_keys=True, default=str)
    digest = hashlib.sha256(whole.encode()).hexdigest()[:32]
    made = reader(fields, name, digest)
    return [replace(one, is_named=not one.signal_id.startswith(digest)) for one in made]


EXAMPLE = '{"strategy": "breakout", "symbol": "NSE:RELIANCE", "side": "BUY", "confidence": 0.8}.'

Fields = Mapping[str, Any]


def _ours(fields: Fields, strategy: str, digest: str) -> Sequence[Signal]:
    signal_id = _text(fields, "id", "signal_id") or digest
    return [_signal(fields, strategy, signal_id, _text(fields, "symbol", "tradingsymbol"))]


def _trading_view(fields: Fields, strategy: str, digest: str) -> Sequence[Signal]:
    """{{ticker}}, {{strategy.order.action}}, {{strategy.order.contracts}}, {{timenow}} ..."""
    ticker = _text(fields, "ticker")
    exchange = _text(fields, "exchange")
    symbol = f"{exchange}:{ticker}" if exchange and ":" not in ticker else ticker
    return [_signal(fields, strategy, _text(fields, "id", "order_id") or digest, symbol)]


def _chart_ink(fields: Fields, strategy: str, digest: str) -> Sequence[Signal]:
    """`stocks` and `trigger_prices` are lists with commas; the scan does not say a side."""
    symbols = [each.strip() for each in _text(fields, "stocks").split(",") if each.strip()]
    if not symbols or len(symbols) > MOST:
        raise UserError(f"“stocks” names 1 to {MOST} symbols, divided by commas.")
    return [_signal(fields, strategy, f"{digest}:{each}"[:64], each) for each in symbols]


def _ami_broker(fields: Fields, strategy: str, digest: str) -> Sequence[Signal]:
    """{"scrip": ..., "transtype": "B", "qty": ...}, as its formulas post."""
    return [_signal(fields, strategy, _text(fields, "id") or digest, _text(fields, "scrip"))]


FORMS: Mapping[str, Callable[[Fields, str, str], Sequence[Signal]]] = {
    "ticker": _trading_view,
    "stocks": _chart_ink,
    "scrip": _ami_broker,
}
# What our words may be called elsewhere, nearest first.
CALLED: Mapping[str, tuple[str, ...]] = {
    "side": ("side", "action", "order_action", "transtype", "transaction_type"),
    "quantity": ("quantity", "qty", "contracts", "order_contracts"),
    "price": ("limit_price", "limit"),
    "stop": ("stop", "sl", "stop_loss", "stoploss"),
    "target": ("target", "tp", "take_profit"),
    "confidence": ("confidence",),
}


def _signal(fields: Fields, strategy: str, signal_id: str, symbol: str) -> Signal:
    if not ID.fullmatch(signal_id):
        raise UserError("The id of a signal has at most 64 letters, digits, dots and dashes.")
    if not symbol or len(symbol) > 64:
        raise UserError("Which instrument? Name it in the field “symbol”, e.g. NSE:RELIANCE.")
    word = _text(fields, *CALLED["side"]).casefold()
    if word and word not in SIDES:
        raise UserError("The side of a signal is BUY or SELL.")
    numbers = {name: _number(fields, name) for name in OPTIONAL}
    sure = numbers["confidence"]
    if sure is not None and not 0 <= sure <= 1:
        raise UserError("The confidence of a signal lies between 0 and 1.")
    return Signal(
        strategy, signal_id, symbol.upper(), SIDES[word] if word else None, numbers["quantity"],
        numbers["price"], numbers["stop"], numbers["target"], sure,
    )  # fmt: skip


def _number(fields: Fields, name: str) -> Decimal | None:
    for called in CALLED[name]:
        value = fields.get(called)
        if value in (None, ""):
            continue
        try:
            number = Decimal(str(value).strip()[:DIGITS])
        except InvalidOperation:
            raise UserError(f"“{called}” of a signal is a number.") from None
        if not number.is_finite() or number < 0 or (number == 0 and name != "confidence"):
            raise UserError(f"“{called}” of a signal is a positive number.")
        return number
    return None


def _text(fields: Fields, *names: str) -> str:
    for name in names:
        value = fields.get(name)
        if isinstance(value, str | Decimal | int) and str(value).strip():
            return str(value).strip()
    return ""
