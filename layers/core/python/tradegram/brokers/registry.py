"""The accounts of this desk, and how to make a broker for each."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from tradegram.brokers.contract import Broker, Profile
from tradegram.errors import Conflict, UserError
from tradegram.model import Account, Mode
from tradegram.ports import Change, Document, Event, Store

NAME = re.compile("[a-z0-9][a-z0-9-]{0,19}")
RESERVED = frozenset({"all", "best"})
PAPER = Account("paper:main", "paper", "main", Mode.PAPER)


@dataclass(frozen=True, slots=True)
class Maker:
    """profile: the same for every account of the broker. make: may raise SessionExpired."""

    profile: Profile
    make: Callable[[Account], Broker]


class Live(Protocol):
    """Brokers that are reached through a login, see `sessions.keeper`."""

    def knows(self, broker: str) -> bool: ...

    def profile(self, account: Account) -> Profile: ...

    def mark(self, account: Account) -> object:
        """What its broker was made of; another one says that it is to be made anew."""
        ...

    def broker(self, account: Account) -> Broker:
        """Raises SessionExpired; so does `mark`."""
        ...


def unguarded(account: Account, broker: Broker) -> Broker:
    return broker


@dataclass(slots=True)
class Registry:
    """
    Implements ports.Brokers. An account never changes, so one that was read is kept.

    Accounts of brokers that nothing here can trade with are not among `accounts`, so no order, no
    worker and no list meets them.
    guard: what every broker is put behind, see `guarded.Guards.around`. live: None where nobody
    can log in. only: brokers that this desk has workers for; empty for all.
    """

    store: Store
    makers: Mapping[str, Maker]
    guard: Callable[[Account, Broker], Broker] = unguarded
    live: Live | None = None
    only: frozenset[str] = frozenset()
    _known: dict[str, Account] = field(default_factory=dict)
    _made: dict[str, tuple[object, Broker]] = field(default_factory=dict)

    def accounts(self) -> Sequence[Account]:
        documents = self.store.documents("account")  # another process may have added one
        found = [self._kept(each) for each in documents]
        return [each for each in found if self._can_trade(each)]

    def _kept(self, document: Document) -> Account:
        if document.key not in self._known:
            self._known[document.key] = _account(document)
        return self._known[document.key]

    def account(self, account_id: str) -> Account:
        if account_id not in self._known:
            self._known[account_id] = known_account(self.store, account_id)
        return self._known[account_id]

    def profile(self, account_id: str) -> Profile:
        account = self.account(account_id)
        if account.broker in self.makers:
            return self.makers[account.broker].profile
        return self._live(account).profile(account)

    def broker(self, account_id: str) -> Broker:
        account = self.account(account_id)
        is_plain = account.broker in self.makers
        mark = None if is_plain else self._live(account).mark(account)
        made = self._made.get(account_id)
        if made is None or made[0] != mark:
            maker = self.makers[account.broker].make if is_plain else self._live(account).broker
            made = self._made[account_id] = (mark, self.guard(account, maker(account)))
        return made[1]

    def _can_trade(self, account: Account) -> bool:
        if self.only and account.broker not in self.only:
            return False
        return account.broker in self.makers or (
            self.live is not None and self.live.knows(account.broker)
        )

    def _live(self, account: Account) -> Live:
        if self.only and account.broker not in self.only:
            raise UserError(
                f"{account.account_id}: {account.broker} is not switched on at this desk. Its "
                "owner names it in TRADEGRAM_BROKERS, on AWS in the parameter Brokers."
            )
        if self.live is None or not self.live.knows(account.broker):
            raise UserError(f"{account.account_id}: no broker {account.broker!r} in this version.")
        return self.live


def add_account(store: Store, account: Account) -> None:
    """Make the account known to every process of this desk. Adding it twice is harmless."""
    document = account_document(account)
    event = Event(account.account_id, {"event": "account added", **document.body})
    try:
        store.commit(Change((document,), (event,)))
    except Conflict:
        return


def account_document(account: Account) -> Document:
    """New, as `add_account` writes it."""
    body = {
        "broker": account.broker,
        "name": account.name,
        "mode": account.mode,
        "currency": account.currency,
    }
    return Document("account", account.account_id, body)


def known_account(store: Store, account_id: str) -> Account:
    """Raises UserError."""
    document = store.document("account", account_id)
    if document is None:
        raise UserError(f"There is no account {account_id}. /accounts lists them.")
    return _account(document)


def known_accounts(store: Store) -> Sequence[Account]:
    """Every account of the record, also those of brokers that this version does not know."""
    return [_account(document) for document in store.documents("account")]


def open_paper_account(store: Store, name: str) -> Account:
    """One more account of simulated money. Raises UserError when the name will not do."""
    if not NAME.fullmatch(name):
        raise UserError("A name is 1 to 20 small letters, digits or dashes, e.g. spare.")
    check_free(name)
    account = Account(f"paper:{name}", "paper", name, Mode.PAPER)
    taken = {document.body["name"] for document in store.documents("account")}
    if name in taken:
        raise UserError(f"There is an account #{name} already. `tradegram accounts` lists them.")
    add_account(store, account)
    return account


def check_free(name: str) -> None:
    """Raises UserError for what orders mean by `#all` and `#best`."""
    if name in RESERVED:
        raise UserError(f"#{name} has a meaning of its own in orders; choose another name.")


def _account(document: Document) -> Account:
    body = document.body
    return Account(document.key, body["broker"], body["name"], Mode(body["mode"]), body["currency"])
