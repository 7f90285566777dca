"""
The limits a person may set: what each is called, how it is read, and which of two is stricter.

Pure, but for `limits_of`, which reads what was set. A record that cannot be understood is no
permission: it denies.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any

from tradegram.chat.money import grouped, money, percent
from tradegram.copies import replace
from tradegram.errors import UserError
from tradegram.model import Account, Product
from tradegram.ports import Desk, Limits, Store

KIND = "limits"
OFF = ("off", "none")
LONGEST_LIST = 50
SYMBOL = re.compile(r"[A-Z0-9&._:-]{1,40}")
MOST = Decimal(10) ** 13

Value = Any  # what the field of Limits holds; each Limit knows its own


@dataclass(frozen=True, slots=True)
class Limit:
    """
    name: the field of ports.Limits. title: for people. example: a value as it is typed.

    read: from typed words, raises UserError. load, dump: from and to JSON. show: in words.
    merge: the stricter of two values.
    """

    name: str
    title: str
    example: str
    read: Callable[[str], Value]
    load: Callable[[Any], Value]
    dump: Callable[[Value], Any]
    show: Callable[[Value], str]
    merge: Callable[[Value, Value], Value]

    def loosens(self, before: Value, after: Value) -> bool:
        """Whether `after` permits anything that `before` does not."""
        return bool(self.merge(before, after) != after)


def limit_named(word: str) -> Limit:
    """Raises UserError."""
    name = word.casefold().replace("-", "_")
    if name not in LIMITS:
        raise UserError(f"There is no limit “{word[:30]}”. There are: {', '.join(LIMITS)}.")
    return LIMITS[name]


def key_of_user(user_id: int) -> str:
    return f"user:{user_id}"


def key_of_account(account_id: str) -> str:
    return f"account:{account_id}"


def limits_of(desk: Desk, user_id: int, account: Account) -> Limits:
    """
    What counts for this person on this account: of each limit the stricter of the two that were
    set, the desk's own where neither was.

    Raises UserError when a record is not understood, StoreUnavailable.
    """
    mine, theirs = both_limits(desk.store, user_id, account)
    return merged(desk.limits, mine, theirs, account)


def merged(
    desks_own: Limits, mine: Mapping[str, Value], theirs: Mapping[str, Value], account: Account
) -> Limits:
    """Of what a person and this account have set, the stricter; the desk's own for the rest."""
    found: dict[str, Value] = {}
    whose: dict[str, str] = {}
    for name in {*mine, *theirs}:
        found[name] = _stricter(LIMITS[name], mine, theirs)
        if name in theirs and found[name] != mine.get(name, not found[name]):
            whose[name] = f"#{account.name} "
    return replace(desks_own, **found, whose=whose)


def _stricter(limit: Limit, mine: Mapping[str, Value], theirs: Mapping[str, Value]) -> Value:
    if limit.name in mine and limit.name in theirs:
        return limit.merge(mine[limit.name], theirs[limit.name])
    return mine[limit.name] if limit.name in mine else theirs[limit.name]


def both_limits(
    store: Store, user_id: int, account: Account
) -> tuple[Mapping[str, Value], Mapping[str, Value]]:
    """What was set for the person, and for the account. Raises UserError, StoreUnavailable."""
    found = all_limits(store)
    mine, theirs = key_of_user(user_id), key_of_account(account.account_id)
    return own_in(found, mine), own_in(found, theirs)


def all_limits(store: Store) -> Mapping[str, Mapping[str, Any]]:
    """Everybody's, as they are written, by key: one question for the few that there are."""
    return {document.key: document.body for document in store.documents(KIND)}


def own_in(found: Mapping[str, Mapping[str, Any]], key: str) -> Mapping[str, Value]:
    """Raises UserError."""
    return understood(found[key], key) if key in found else {}


def own_limits(store: Store, key: str) -> Mapping[str, Value]:
    """What was set for one person or one account. Raises UserError, StoreUnavailable."""
    document = store.document(KIND, key)
    return {} if document is None else understood(document.body, key)


def understood(body: Mapping[str, Any], key: str) -> Mapping[str, Value]:
    """Raises UserError, so that nothing is sent under limits that nobody can read."""
    try:
        return {name: LIMITS[name].load(raw) for name, raw in body.items()}
    except (KeyError, ValueError, TypeError, ArithmeticError) as error:
        raise UserError(
            f"The limits of {key.replace(':', ' ', 1)} cannot be read, so nothing is sent. Set "
            "them afresh in the terminal: tradegram risk --reset"
        ) from error


def change_with(limits: Limits, name: str) -> str:
    """`/risk order_value AMOUNT` and what it takes, for the end of a denial."""
    limit = LIMITS[name]
    command = f"/risk {limits.whose.get(name, '')}{name} {limit.example}"
    return f"To change it: {command} (less strict wants your code or PIN)."


# -- reading and showing -------------------------------------------------------------------------


def _amount(text: str) -> Decimal:
    plain = text.replace(",", "").replace("_", "").removeprefix("₹")
    try:
        value = Decimal(plain)
    except InvalidOperation:
        raise UserError(f"“{text[:20]}” is no amount. Write a number, e.g. 200000.") from None
    if not value.is_finite() or not 0 <= value <= MOST:
        raise UserError("A limit is zero or more, and no more than 10,00,00,00,00,00,000.")
    return value


def _or_none(read: Callable[[str], Value]) -> Callable[[str], Value]:
    return lambda text: None if text.casefold() in OFF else read(text)


def _count(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 6:
        raise UserError(f"“{text[:20]}” is no count. Write a whole number, e.g. 20.")
    return int(text)


def _share(text: str) -> Decimal:
    """`20%` and `0.2` are the same; a bare number above 1 is taken as percent."""
    value = _amount(text.removesuffix("%").strip())
    share = value / 100 if text.endswith("%") or value > 1 else value
    if not 0 < share <= 1:
        raise UserError("A share lies above 0 and up to 100 %, e.g. 20%.")
    return share


def _seconds(text: str) -> float:
    value = _amount(text.casefold().removesuffix("s").strip())
    if value > 3600:
        raise UserError("At most 3600 seconds.")
    return float(value)


def _switch(text: str) -> bool:
    if text.casefold() not in ("on", *OFF):
        raise UserError("Say on (orders only while the market is open) or off.")
    return text.casefold() == "on"


def _names(text: str) -> frozenset[str]:
    names = frozenset(text.upper().replace(",", " ").split())
    if len(names) > LONGEST_LIST or not all(SYMBOL.fullmatch(name) for name in names):
        raise UserError(f"Name up to {LONGEST_LIST} symbols, e.g. RELIANCE, INFY.")
    return names


def _products(text: str) -> frozenset[str]:
    names = _names(text)
    if names - frozenset(Product):
        raise UserError(f"Products are {', '.join(Product)}.")
    return names


def _never(read: Callable[[str], frozenset[str]]) -> Callable[[str], frozenset[str]]:
    return lambda text: frozenset() if text.casefold() in OFF else read(text)


def _number(raw: Any) -> Decimal:
    if not isinstance(raw, str) or not Decimal(raw).is_finite() or Decimal(raw) < 0:
        raise ValueError("no amount")
    return Decimal(raw)


def _whole(raw: Any) -> int:
    if type(raw) is not int or raw < 0:
        raise ValueError("no count")
    return raw


def _truth(raw: Any) -> bool:
    if not isinstance(raw, bool):
        raise TypeError("neither on nor off")
    return raw


def _set(raw: Any) -> frozenset[str]:
    if not isinstance(raw, list) or not all(isinstance(name, str) for name in raw):
        raise ValueError("no list of names")
    return frozenset(raw)


def _optional(load: Callable[[Any], Value]) -> Callable[[Any], Value]:
    return lambda raw: None if raw is None else load(raw)


def _same(value: Value) -> Value:
    return value


def _text(value: Value) -> Any:
    return None if value is None else str(value)


def _list(value: Value) -> Any:
    return None if value is None else sorted(value)


def _or_off(show: Callable[[Value], str]) -> Callable[[Value], str]:
    return lambda value: "no limit" if value is None else show(value)


def _rupees(value: Decimal) -> str:
    return money(value, places=0)


def _listed(value: frozenset[str]) -> str:
    return ", ".join(sorted(value)) or "none"


def _less(one: Value, other: Value) -> Value:
    """None is no limit at all."""
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)


def _only(one: Value, other: Value) -> Value:
    if one is None or other is None:
        return other if one is None else one
    return one & other


def _union(one: Value, other: Value) -> Value:
    return one | other


def _money_limit(name: str, title: str, example: str, *, may_be_off: bool = True) -> Limit:
    if not may_be_off:
        return Limit(name, title, example, _amount, _number, _text, _rupees, _less)
    read, load, show = _or_none(_amount), _optional(_number), _or_off(_rupees)
    return Limit(name, title, example, read, load, _text, show, _less)


def _count_limit(name: str, title: str, example: str) -> Limit:
    read, load, show = _or_none(_count), _optional(_whole), _or_off(str)
    return Limit(name, title, example, read, load, _same, show, _less)


def _share_limit(name: str, title: str, example: str, merge: Callable[..., Value]) -> Limit:
    return Limit(
        name, title, example, _share, _number, _text, lambda value: percent(value, 0), merge
    )


def _only_limit(name: str, title: str, example: str, read: Callable[[str], Value]) -> Limit:
    def show(value: Value) -> str:
        return "any" if value is None else _listed(value)

    return Limit(name, title, example, _or_none(read), _optional(_set), _list, show, _only)


def _never_limit(name: str, title: str, example: str, read: Callable[[str], Value]) -> Limit:
    return Limit(name, title, example, _never(read), _set, _list, _listed, _union)


TABLE = (
    _money_limit("order_value", "One order at most", "200000", may_be_off=False),
    Limit(
        "quantity", "Units in one order", "500", _or_none(_amount), _optional(_number), _text,
        _or_off(lambda value: grouped(value, places=0)), _less,
    ),
    _share_limit("share_of_balance", "Share of the balance", "20%", min),
    _share_limit("price_band", "Price from the market", "20%", min),
    _count_limit("open_positions", "Open positions", "10"),
    _money_limit("daily_loss", "Loss in a day", "10000"),
    _count_limit("trades_per_day", "Orders in a day", "20"),
    Limit(
        "duplicate_window", "Same order asked twice within", "30", _seconds, float, _same,
        lambda value: f"{value:.0f} s", max,
    ),
    _share_limit("min_confidence", "Confidence of a signal", "0.7", max),
    Limit(
        "market_hours", "Only while the market is open", "on", _switch, _truth, _same,
        lambda value: "on" if value else "off", lambda one, other: one or other,
    ),
    _only_limit("symbols", "Only these symbols", "RELIANCE, INFY", _names),
    _never_limit("forbidden_symbols", "Never these symbols", "YESBANK", _names),
    _only_limit("products", "Only these products", "CNC, MIS", _products),
    _never_limit("forbidden_products", "Never these products", "MTF", _products),
)  # fmt: skip
LIMITS: Mapping[str, Limit] = MappingProxyType({row.name: row for row in TABLE})
