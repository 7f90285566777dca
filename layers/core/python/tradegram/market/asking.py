"""Whom to ask about a market: the brokers that know it, and on paper the simulated one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar, cast

from tradegram.brokers.contract import Ability, Broker, Market
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
