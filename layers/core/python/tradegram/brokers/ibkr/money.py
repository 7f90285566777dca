"""Positions and money of one account."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tradegram.brokers.ibkr import words
from tradegram.brokers.ibkr.contracts import Contracts
from tradegram.brokers.ibkr.ear import ACCOUNT, POSITIONS
from tradegram.brokers.ibkr.link import Link
from tradegram.brokers.ibkr.rows import PositionRow, amount
from tradegram.errors import OutcomeUnknown
from tradegram.model import Funds, Instrument, Position

ZERO = Decimal(0)
TRADED = frozenset(words.HELD_AS)
BASE = "BASE"  # TWS's word for the sum of all currencies

Account = tuple[dict[tuple[str, str], Decimal], list[PositionRow]]


async def account_now(link: Link, account: str) -> Account:
    """Values by (name, currency), and the positions with their prices. Raises OutcomeUnknown."""
    tws = link.tws
    try:
        said = await link.ask(lambda _: tws.reqAccountUpdates(True, account), key=ACCOUNT)
    finally:
        if link.is_up:
            tws.reqAccountUpdates(False, account)
    values: dict[tuple[str, str], Decimal] = {}
    rows: list[PositionRow] = []
    for one in said:
        if isinstance(one, PositionRow):
            rows += [one] if one.account == account else []
        elif one[3] == account and _is_number(one[1]):
            values[one[0], one[2]] = amount(one[1])
    return values, rows


async def positions(
    link: Link, account: str, account_id: str, contracts: Contracts
) -> Sequence[Position]:
    """Quantities as TWS lists them now; prices and results as the account shows them."""
    listed = await link.ask(lambda _: link.tws.reqPositions(), key=POSITIONS)
    link.tws.cancelPositions()
    _, valued = await account_now(link, account)
    by_number = {row.contract.con_id: row for row in valued}
    for row in listed:
        if row.account == account:
            known = by_number.get(row.contract.con_id)
            by_number[row.contract.con_id] = _current(row, known)
    return [
        _position(row, account_id, await contracts.known(link, row.contract))
        for row in by_number.values()
        if row.contract.sec_type in TRADED and (row.quantity or row.realised)
    ]


def _current(row: PositionRow, known: PositionRow | None) -> PositionRow:
    last, realised = (known.last, known.realised) if known else (None, None)
    return PositionRow(row.account, row.contract, row.quantity, row.cost, last, realised)


def _position(row: PositionRow, account_id: str, instrument: Instrument) -> Position:
    average = row.cost / row.contract.multiplier
    gain = None
    if row.last is not None:
        gain = (row.last - average) * row.quantity * row.contract.multiplier
    return Position(
        account_id=account_id,
        instrument=instrument,
        product=words.HELD_AS[row.contract.sec_type],
        quantity=row.quantity,
        average_price=average if row.quantity else ZERO,
        last_price=row.last,
        realised=row.realised or ZERO,
        unrealised=gain,
    )


async def funds(link: Link, account: str, account_id: str) -> Sequence[Funds]:
    """
    The account's own currency with its margin; beside it the cash in each other one.

    Raises OutcomeUnknown when TWS does not say what is free.
    """
    values, _ = await account_now(link, account)
    whole = _whole(values, account_id)
    others = [
        Funds(account_id, currency, cash, cash, ZERO)
        for (name, currency), cash in sorted(values.items())
        if name == "CashBalance" and cash and currency not in (BASE, whole.currency)
    ]
    return [whole, *others]


def _whole(values: dict[tuple[str, str], Decimal], account_id: str) -> Funds:
    for (name, currency), free in values.items():
        if name != "AvailableFunds":
            continue
        balance = values.get(("EquityWithLoanValue", currency), free)
        return Funds(account_id, currency, balance, free, balance - free)
    raise OutcomeUnknown(words.NAME, "TWS does not say what money is free")


def _is_number(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except ArithmeticError:
        return False
