"""What the words of a request name: an account, an instrument, an order, a place in a list."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from tradegram.api.call import Call
from tradegram.api.faults import ApiCode, Fault
from tradegram.brokers.registry import PAPER
from tradegram.chat.grammar.subjects import one_row_each
from tradegram.chat.preferences import account_called, usual_account
from tradegram.codes import Code
from tradegram.errors import Conflict, NotFound, StoreUnavailable
from tradegram.model import Account, Instrument
from tradegram.orders.state import Order
from tradegram.ports import Change, Desk, Document

NUMBERS = "account numbers"
ATTEMPTS = 5
ORDER_ID = re.compile("[A-Z2-7]{16}")


# -- accounts ------------------------------------------------------------------------------------


def numbers(desk: Desk, *also: str) -> Mapping[str, int]:
    """
    A number for each account, kept for ever: a list that grows must not move what `1` means.

    also: ids of accounts that cannot trade yet.
    """
    for _ in range(ATTEMPTS):
        found = desk.store.document(NUMBERS, "all") or Document(NUMBERS, "all", {})
        known = dict.fromkeys([*(one.account_id for one in desk.brokers.accounts()), *also])
        missing = [one for one in known if one not in found.body]
        if not missing:
            return found.body
        next_one = max(found.body.values(), default=0) + 1
        missing.sort(key=lambda one: one != PAPER.account_id)  # the one that is always there is 1
        more = {account_id: next_one + place for place, account_id in enumerate(missing)}
        try:
            desk.store.commit(Change((replace(found, body={**found.body, **more}),)))
        except Conflict:
            continue
        return {**found.body, **more}
    raise StoreUnavailable("the accounts' numbers could not be written")


def permitted(call: Call, account: Account) -> bool:
    return not call.caller.accounts or account.account_id in call.caller.accounts


def permitted_accounts(call: Call) -> Sequence[Account]:
    return [one for one in call.desk.brokers.accounts() if permitted(call, one)]


def account_of(call: Call, word: str | None) -> Account:
    """By number, id or name; the caller's usual one without a word. Raises Fault."""
    if word is None:
        return usual_account(call.desk, call.caller.user_id, lambda one: permitted(call, one))
    account = _numbered(call.desk, word) if word.isdecimal() else account_called(call.desk, word)
    # One that the key may not touch does not exist for it.
    if account is None or not permitted(call, account):
        raise Fault(ApiCode.NOT_FOUND, "There is no account of that name.",
                    "GET /api/brokers/accounts lists those there are.")  # fmt: skip
    return account


def _numbered(desk: Desk, word: str) -> Account | None:
    wanted = int(word) if len(word) < 10 else 0
    for account_id, number in numbers(desk).items():
        if number == wanted:
            return account_called(desk, account_id)
    return None


# -- instruments ---------------------------------------------------------------------------------


def instrument_of(desk: Desk, symbol: str, exchange: str | None) -> Instrument:
    """
    Without an exchange NSE's, as in chat, where it has one. Raises Fault when nothing is called
    so, or several things are.
    """
    word = symbol.strip().upper()
    if exchange is None:
        named = desk.instruments.named(word)
        found = _one(desk.instruments.find(word)) or list(one_row_each(named, ""))
    else:
        place = exchange.strip().upper()
        found = _one(desk.instruments.find(f"{place}:{word}")) or [
            one for one in desk.instruments.named(word) if one.exchange == place
        ]
    if len(found) == 1:
        return found[0]
    if not found:
        raise _unknown(desk, symbol, exchange)
    keys = ", ".join(one.key for one in found[:8])
    raise Fault(Code.INVALID_SYMBOL, f"{word[:40]} is several things: {keys}.",
                "Name the exchange too.")  # fmt: skip


def _one(found: Instrument | None) -> list[Instrument]:
    return [] if found is None else [found]


def _unknown(desk: Desk, symbol: str, exchange: str | None) -> Fault:
    near = ", ".join(one.key for one in desk.instruments.search(symbol, 3))
    at = f" at {exchange}" if exchange else ""
    hint = f"Nearest: {near}." if near else "GET /api/instruments finds symbols."
    return Fault(Code.INVALID_SYMBOL, f"There is no {symbol[:40]}{at}.", hint)


# -- orders --------------------------------------------------------------------------------------


def order_of(call: Call, word: str, account: Account | None = None) -> Order:
    """By its whole id. Raises Fault: also where it is another account's."""
    try:
        order = call.desk.store.order(word) if ORDER_ID.fullmatch(word) else None
    except NotFound:
        order = None
    mine = order is not None and (account is None or order.account_id == account.account_id)
    if (
        order is None
        or not mine
        or not permitted(call, call.desk.brokers.account(order.account_id))
    ):
        raise Fault(ApiCode.NOT_FOUND, "There is no order of that id.",
                    "GET /api/orders lists them.")  # fmt: skip
    return order


# -- pages ---------------------------------------------------------------------------------------


def cursor_of(after: str) -> str | None:
    """What the next page is asked for with; None on the last page."""
    return base64.urlsafe_b64encode(after.encode()).decode().rstrip("=") if after else None


def place_after(cursor: str | None) -> str:
    """Raises Fault."""
    if cursor is None:
        return ""
    try:
        place = base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True)
        after = place.decode("ascii")
    except (binascii.Error, ValueError):
        raise bad_cursor() from None
    if not after.isprintable():
        raise bad_cursor()
    return after


def bad_cursor() -> Fault:
    return Fault(ApiCode.INVALID_REQUEST, "That is not a cursor of this list.",
                 "Take nextCursor as the page before gave it.")  # fmt: skip
