"""Whom to ask about a market: the brokers that know it, and on paper the simulated one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar, cast, runtime_checkable

from tradegram.brokers.contract import Ability, Broker, Market
from tradegram.brokers.listings import Listing
from tradegram.errors import BrokerError, SessionExpired, UserError
from tradegram.model import Account, Instrument, Mode
from tradegram.ports import Desk

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Told(Generic[T]):
    """What an account's broker said. failed: who was asked before and could not say, and why."""

    what: T
    account: Account
    failed: tuple[str, ...] = ()


class BrokerMarket(Broker, Market, Protocol):
    """A broker that knows its market."""


@runtime_checkable
class Searches(Protocol):
    """A broker that is asked for what the desk's own list does not have."""

    def search(self, what: str) -> Sequence[Listing]: ...


def found_elsewhere(desk: Desk, symbol: str) -> Instrument | None:
    """By its symbol, at a broker that finds it. To look at: only what is listed is traded."""
    for account in desk.brokers.accounts():
        if account.mode is not Mode.LIVE:
            continue
        try:
            broker = desk.brokers.broker(account.account_id)
            rows = broker.search(symbol) if isinstance(broker, Searches) else ()
        except BrokerError:
            continue
        for row in rows:
            if row.instrument.symbol.casefold() == symbol.casefold():
                return row.instrument
    return None


def who_knows(
    desk: Desk, instrument: Instrument, ability: Ability, usual: Account
) -> list[Account]:
    """Live accounts of its currency first, then the usual one where that is paper."""
    accounts = desk.brokers.accounts()
    live = [
        one for one in accounts
        if one.mode is Mode.LIVE
        and one.currency == instrument.currency
        and ability in desk.brokers.profile(one.account_id).can
    ]  # fmt: skip
    paper = [one for one in (usual, *accounts) if one.mode is Mode.PAPER]
    return [*live, *paper[:1]]


def first_to_say(
    desk: Desk, accounts: Sequence[Account], ask: Callable[[BrokerMarket], T | None]
) -> Told[T]:
    """
    The first usable answer; None and errors are none. Raises UserError with everybody's reasons.

    ask: may raise UserError, which is the asker's own and ends it.
    """
    failed: list[str] = []
    for account in accounts:
        try:
            broker = desk.brokers.broker(account.account_id)
            said = ask(cast(BrokerMarket, broker)) if isinstance(broker, Market) else None
        except SessionExpired:
            failed.append(f"#{account.name} is not logged in")
        except BrokerError as error:
            failed.append(f"#{account.name}: {error.words}")
        else:
            if said is not None:
                return Told(said, account, tuple(failed))
            failed.append(f"#{account.name} has nothing of it")
    reasons = "; ".join(failed) or "no account's broker has it"
    raise UserError(f"Nobody can say that now: {reasons}.")
