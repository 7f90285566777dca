"""The shapes of accounts and of what they have."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from tradegram.api.call import Shape
from tradegram.api.shapes import Done, Number, Word
from tradegram.model import Product


class AccountShape(Shape):
    """
    id: a number that stays this account's. accountId, name: take its place in every address.

    isActive: logged in at its broker. balance and margins: of its own currency, where it is.
    """

    id: int
    account_id: str
    user_id: str
    broker: str
    client_id: str
    name: str
    mode: str
    currency: str
    is_active: bool
    balance: Number | None = None
    margin_available: Number | None = None
    margin_used: Number | None = None


class AccountAnswer(Done):
    account: AccountShape
    message: str | None = None


class AccountsAnswer(Done):
    accounts: list[AccountShape]


class AddAccount(Shape):
    """As system E posts it. What is secret is sealed before anything else is done with it."""

    broker: Word
    client_id: Annotated[str, Field(min_length=1, max_length=40)]
    name: Annotated[str, Field(min_length=1, max_length=20)] | None = None
    user_id: Annotated[str, Field(max_length=64)] | None = None
    api_key: Annotated[str, Field(max_length=512)] | None = None
    api_secret: Annotated[str, Field(max_length=512)] | None = None
    password: Annotated[str, Field(max_length=512)] | None = None
    totp_secret: Annotated[str, Field(max_length=512)] | None = None


class AccountsQuery(Shape):
    """userId: taken for system E's sake; every caller sees the accounts his key may touch."""

    user_id: Annotated[str, Field(max_length=64)] | None = None


class PositionShape(Shape):
    symbol: str
    exchange: str
    currency: str
    quantity: Number
    average_price: Number
    current_price: Number | None = None
    pnl: Number | None = None
    pnl_percent: Number | None = None
    realised: Number
    product: Product


class PositionsAnswer(Done):
    positions: list[PositionShape]


class HoldingShape(Shape):
    symbol: str
    exchange: str
    currency: str
    quantity: Number
    average_price: Number
    current_price: Number | None = None
    pnl: Number | None = None


class HoldingsAnswer(Done):
    holdings: list[HoldingShape]


class PurseShape(Shape):
    currency: str
    balance: Number
    available: Number
    used: Number


class MarginsShape(Shape):
    """available, used: of the account's own currency; purses: of each that it has."""

    available: Number
    used: Number
    currency: str
    purses: list[PurseShape]


class MarginsAnswer(Done):
    margins: MarginsShape


class SyncAsked(Shape):
    """
    Percent of each position's average price. Levels that were said are remembered for the session.
    """

    stop_loss_percent: Annotated[Decimal, Field(gt=0, lt=100, max_digits=6)] | None = None
    target_percent: Annotated[Decimal, Field(gt=0, lt=1000, max_digits=6)] | None = None


class WatchedShape(Shape):
    """watched: a bracket exits it at the levels. why: it could not be, in words."""

    symbol: str
    exchange: str
    product: Product
    quantity: Number
    average_price: Number
    stop_loss: Number | None = None
    target: Number | None = None
    watched: bool
    why: str | None = None


class SyncAnswer(Done):
    message: str
    session: str
    positions: list[WatchedShape]
