"""Endpoints about accounts: which there are, what they hold, and watching over it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from tradegram.api.call import Answer, Call, Scope
from tradegram.api.faults import ApiCode, Fault, fault_of
from tradegram.api.linking import linked
from tradegram.api.naming import account_of, numbers, permitted_accounts
from tradegram.api.orders import ACCOUNT
from tradegram.api.route import Example, Route
from tradegram.api.shapes_accounts import (
    AccountAnswer,
    AccountsAnswer,
    AccountShape,
    AccountsQuery,
    AddAccount,
    HoldingsAnswer,
    MarginsAnswer,
    MarginsShape,
    PositionsAnswer,
    PurseShape,
)
from tradegram.api.views import ZERO, holding_shape, position_shape
from tradegram.brokers.contract import Broker
from tradegram.brokers.registry import open_paper_account
from tradegram.errors import BrokerError, UserError
from tradegram.model import Account, Funds
from tradegram.ports import Desk
from tradegram.tickets.at_once import at_once

T = TypeVar("T")


def account_shape(call: Call, account: Account, number: int) -> AccountShape:
    funds = _funds(call.desk, account)
    return AccountShape(
        id=number,
        account_id=account.account_id,
        user_id=str(call.caller.user_id),
        broker=account.broker,
        client_id=account.account_id.partition(":")[2],
        name=account.name,
        mode=account.mode.value,
        currency=account.currency,
        is_active=funds is not None,
        balance=funds.balance if funds else None,
        margin_available=funds.available if funds else None,
        margin_used=funds.used if funds else None,
    )


def _funds(desk: Desk, account: Account) -> Funds | None:
    """Of its own currency; None while the broker does not say."""
    try:
        found = desk.brokers.broker(account.account_id).funds()
    except (BrokerError, UserError):
        return None
    return next((one for one in found if one.currency == account.currency), None)


def accounts(call: Call) -> Answer:
    known = numbers(call.desk)
    shown = at_once(
        lambda one: account_shape(call, one, known[one.account_id]), permitted_accounts(call)
    )
    return Answer(200, AccountsAnswer(accounts=list(shown)))


def one(call: Call) -> Answer:
    account = account_of(call, call.place["account"])
    number = numbers(call.desk)[account.account_id]
    return Answer(200, AccountAnswer(account=account_shape(call, account, number)))


def add(call: Call) -> Answer:
    """As system E adds one: of simulated money, or with a broker's credentials. Raises Fault."""
    wanted: AddAccount = call.body
    if call.caller.accounts:
        raise Fault(ApiCode.NOT_ALLOWED, "This key is for some accounts only and opens no others.")
    numbers(call.desk)  # those there are have theirs before the new one
    is_paper = wanted.broker.casefold() == "paper"
    try:
        account = opened(call, wanted) if is_paper else linked(call, wanted)
    except UserError as error:
        raise fault_of(error, ApiCode.CANNOT) from error
    number = numbers(call.desk, account.account_id)[account.account_id]
    return Answer(201, AccountAnswer(account=account_shape(call, account, number)))


def opened(call: Call, wanted: AddAccount) -> Account:
    """The same name twice is one account. Raises UserError."""
    name = (wanted.name or wanted.client_id).casefold()
    known = {one.name: one for one in call.desk.brokers.accounts() if one.broker == "paper"}
    return known.get(name) or open_paper_account(call.desk.store, name)


# -- what it has ---------------------------------------------------------------------------------


def ask(call: Call, question: Callable[[Broker], T]) -> tuple[Account, T]:
    """Raises Fault, BrokerError, UserError."""
    account = account_of(call, call.place["account"])
    return account, question(call.desk.brokers.broker(account.account_id))


def positions(call: Call) -> Answer:
    _, found = ask(call, lambda broker: broker.positions())
    return Answer(200, PositionsAnswer(positions=[position_shape(one) for one in found]))


def holdings(call: Call) -> Answer:
    _, found = ask(call, lambda broker: broker.holdings())
    return Answer(200, HoldingsAnswer(holdings=[holding_shape(one) for one in found]))


def margins(call: Call) -> Answer:
    account, found = ask(call, lambda broker: broker.funds())
    purses = [
        PurseShape(currency=one.currency, balance=one.balance, available=one.available,
                   used=one.used)
        for one in found
    ]  # fmt: skip
    own = next((one for one in purses if one.currency == account.currency), None)
    return Answer(
        200,
        MarginsAnswer(
            margins=MarginsShape(
                available=own.available if own else ZERO,
                used=own.used if own else ZERO,
                currency=account.currency,
                purses=purses,
            )
        ),
    )


HERE = {"account": "1"}

ROWS = (
    Route(
        "POST", "/api/brokers/accounts", "addAccount", "Open an account.", add,
        {201: AccountAnswer}, scope=Scope.TRADE, body=AddAccount, tag="accounts",
        details="Opening the same paper account twice opens it once.",
        example=Example(201, body={"broker": "paper", "clientId": "DEMO123"}),
    ),
    Route(
        "GET", "/api/brokers/accounts", "listAccounts", "The accounts of this desk.", accounts,
        {200: AccountsAnswer}, query=AccountsQuery, tag="accounts",
        example=Example(200, query={"userId": "default_user"}),
    ),
    Route(
        "GET", ACCOUNT, "getAccount", "One account.", one, {200: AccountAnswer}, tag="accounts",
        example=Example(200, HERE),
    ),
    Route(
        "GET", f"{ACCOUNT}/positions", "listPositions", "Open positions and their results.",
        positions, {200: PositionsAnswer}, tag="accounts", example=Example(200, HERE),
    ),
    Route(
        "GET", f"{ACCOUNT}/holdings", "listHoldings", "What lies in the depository or wallet.",
        holdings, {200: HoldingsAnswer}, tag="accounts", example=Example(200, HERE),
    ),
    Route(
        "GET", f"{ACCOUNT}/margins", "getMargins", "Money: free and blocked.",
        margins, {200: MarginsAnswer}, tag="accounts", example=Example(200, HERE),
    ),
)  # fmt: skip
