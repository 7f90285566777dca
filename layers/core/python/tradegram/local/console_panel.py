"""What stands to the right of the chat: funds, positions and orders, ready to be read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tradegram.chat import money
from tradegram.chat.states import words_of
from tradegram.errors import TradegramError
from tradegram.model import Account, Funds, Mode, OrderType, Position, Side
from tradegram.orders.state import Order
from tradegram.ports import Desk
from tradegram.tickets.at_once import at_once

ORDERS_SHOWN = 30
# Seconds that a look at a broker serves. A live broker counts requests; the paper broker does not.
FRESH = {Mode.PAPER: 0.5, Mode.LIVE: 10.0}


@dataclass(frozen=True, slots=True)
class _Look:
    at: float
    values: Mapping[str, Any]


class Panel:
    """
    The panel as JSON values, the same look for every page that watches.

    Texts are formatted as in the chat; `sign` is -1, 0 or 1, so that a page can add colour.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._looks: dict[str, _Look] = {}

    def values(self) -> dict[str, Any]:
        """
        Not for two threads at once: `Latest` asks one at a time. The accounts are asked at once.
        """
        try:
            accounts = at_once(self._account, self._desk.brokers.accounts())
        except TradegramError as error:
            return {"accounts": [], "error": f"The accounts could not be read: {error}"}
        return {"accounts": accounts, "error": ""}

    def _account(self, account: Account) -> dict[str, Any]:
        page = self._desk.store.orders(account.account_id, limit=ORDERS_SHOWN)
        return {
            "id": account.account_id,
            "name": account.name,
            "broker": account.broker,
            "mode": account.mode.value,
            "orders": [_order(each) for each in page.orders],
            "more": bool(page.after),
            **self._broker(account),
        }

    def _broker(self, account: Account) -> Mapping[str, Any]:
        """What the broker says, from memory while it is fresh. Its failure is a sentence."""
        now = self._desk.clock.monotonic()
        look = self._looks.get(account.account_id)
        if look is None or not 0 <= now - look.at < FRESH[account.mode]:
            look = _Look(now, self._ask(account))
            self._looks[account.account_id] = look
        return look.values

    def _ask(self, account: Account) -> Mapping[str, Any]:
        try:
            broker = self._desk.brokers.broker(account.account_id)
            positions, funds = broker.positions(), broker.funds()
        except TradegramError as error:
            return {"positions": [], "funds": [], "profit": [], "error": str(error)}
        return {
            "positions": [_position(each) for each in positions],
            "funds": [_funds(each) for each in funds],
            "profit": _profit(positions),
            "error": "",
        }


def _amount(value: Decimal, currency: str) -> dict[str, Any]:
    return {"text": money.gain(value, currency), "sign": (value > 0) - (value < 0)}


def _order(order: Order) -> dict[str, Any]:
    intent, words = order.intent, words_of(order)
    return {
        "key": order.key,
        "symbol": intent.instrument.symbol,
        "exchange": intent.instrument.exchange,
        "side": intent.side.value,
        "product": intent.product.value,
        "quantity": money.units(order.quantity, intent.instrument),
        "terms": _terms(order),
        "filled": _filled(order),
        "mark": words.mark,
        "state": words.words.partition(",")[0],
        "note": _note(order),
        "working": bool(order.leaves_quantity),
        "at": money.clock_time(order.staged_at),
    }


def _terms(order: Order) -> str:
    instrument = order.intent.instrument
    parts = [order.intent.asked_type.value.replace("_", " ")]
    if order.price is not None:
        worst = order.intent.asked_type is OrderType.MARKET
        bound = ("at most " if order.intent.side is Side.BUY else "at least ") if worst else ""
        parts.append(bound + money.bare_price(order.price, instrument))
    if order.trigger is not None:
        parts.append(f"trigger {money.bare_price(order.trigger, instrument)}")
    return " ".join(parts)


def _filled(order: Order) -> str:
    if not order.cum_quantity:
        return ""
    instrument = order.intent.instrument
    average = money.bare_price(order.average_price, instrument)
    return f"{money.quantity(order.cum_quantity)} @ {average}"


def _note(order: Order) -> str:
    if order.leaves_quantity and order.cancel_wanted:
        return "cancel asked for"
    if order.replace_wanted is not None and order.leaves_quantity:
        return "change asked for"
    return order.text if not order.cum_quantity else ""


def _position(position: Position) -> dict[str, Any]:
    instrument = position.instrument
    last, open_gain = position.last_price, position.unrealised
    total = position.realised + (open_gain or Decimal(0))
    return {
        "symbol": instrument.symbol,
        "exchange": instrument.exchange,
        "product": position.product.value,
        "quantity": money.units(position.quantity, instrument),
        "open": bool(position.quantity),
        "average": money.bare_price(position.average_price, instrument),
        "last": "–" if last is None else money.bare_price(last, instrument),
        "profit": _amount(total, instrument.currency),
        "partial": position.quantity != 0 and open_gain is None,
    }


def _funds(funds: Funds) -> dict[str, str]:
    return {
        "currency": funds.currency,
        "available": money.money(funds.available, funds.currency),
        "used": money.money(funds.used, funds.currency),
        "balance": money.money(funds.balance, funds.currency),
    }


def _profit(positions: Iterable[Position]) -> Sequence[dict[str, Any]]:
    """Made or lost today, before charges, one amount per currency."""
    totals: defaultdict[str, Decimal] = defaultdict(Decimal)
    for each in positions:
        totals[each.instrument.currency] += each.realised + (each.unrealised or Decimal(0))
    return [_amount(total, currency) for currency, total in sorted(totals.items())]
