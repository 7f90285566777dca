"""
Named sets of credentials and the tokens of a day, sealed, in the record.

Every sealing is written together with the `vault` document. A rotation writes that one too, so
what was sealed with a key that is about to be forgotten meets a conflict and is sealed again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from tradegram.brokers.registry import account_document
from tradegram.errors import Conflict, StoreUnavailable, UserError
from tradegram.model import Account, Session
from tradegram.ports import Change, Clock, Document, Event, KeyRing, Record, Store
from tradegram.vault.envelope import Sealed, place_of, read, reseal, seal, unseal
from tradegram.vault.fields import missing
from tradegram.vault.sets import (
    CredentialSet,
    Given,
    account_of,
    check,
    named,
    shown,
)

CREDENTIAL, SESSION, VAULT = "credential", "session", "vault"
SIGNING = "signing"  # secrets that strategies sign their signals with
# Each kind of document that holds secrets, and what is before their names in their places.
PREFIXES: Mapping[str, str] = {CREDENTIAL: "", SESSION: f"{SESSION}.", SIGNING: f"{SIGNING}."}
AT_ONCE = 20  # sets linked in one write: four rows each, and DynamoDB takes a hundred
MOST_SETS = 40  # with their sessions they are sealed again in one write, also on DynamoDB
ATTEMPTS = 5

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Vault:
    """by, why in its methods: who wants it and what for, as the audit keeps it."""

    store: Store
    clock: Clock
    ring: KeyRing

    def sets(self) -> Sequence[CredentialSet]:
        """All of them, by account. Opens nothing."""
        sessions = {each.key: each.expires_at for each in self.store.documents(SESSION)}
        found = self.store.documents(CREDENTIAL)
        return [shown(each, sessions.get(each.key)) for each in found]

    def link(self, given: Given, by: str, *, partly: bool = False) -> Account:
        """
        Seal a set, or new values of one. partly: takes it also when something needed is missing.

        Opens nothing. Raises UserError.
        """
        return self.link_all([given], by, partly=partly)[0]

    def link_all(
        self, given: Sequence[Given], by: str, *, partly: bool = False
    ) -> Sequence[Account]:
        """
        All of them or none. Raises UserError.

        More than AT_ONCE are written in parts: only a record that fails in between leaves some
        out, and saying the same again is harmless.
        """
        for each in given:
            check(each)
            self._check_whole(each, partly)
        self._room_for(given)
        parts = [given[at : at + AT_ONCE] for at in range(0, len(given), AT_ONCE)]
        return [account for part in parts for account in self._linked(part, by, partly=partly)]

    def _linked(self, given: Sequence[Given], by: str, *, partly: bool) -> Sequence[Account]:
        def change() -> tuple[Change, Sequence[Account]]:
            self._room_for(given)
            records = [record for each in given for record in self._records(each, partly)]
            events = [
                Event(
                    each.account_id,
                    {"event": "credentials linked", "fields": sorted(named(each)), "by": by},
                )
                for each in given
            ]
            return Change(records, events), [account_of(each) for each in given]

        return self._commit(change)

    def opened(self, account_id: str, by: str, why: str) -> Mapping[str, str]:
        """
        The values of a set. The access is in the audit before anything is opened.

        Raises UserError when there is no such set, SealBroken, SettingError.
        """
        document = self._set(account_id)
        self._accessed(document, "credentials opened", by, why)
        return self.unsealed(document)

    def unlink(self, account_id: str, by: str) -> None:
        """Forget the set and its session; the account too, unless it has orders."""

        def change() -> tuple[Change, None]:
            found = [self._set(account_id), self.store.document(SESSION, account_id)]
            if not self.store.orders(account_id, limit=1).orders:
                found.append(self.store.document("account", account_id))
            now = self.clock.now()
            gone = [replace(each, expires_at=now) for each in found if each is not None]
            event = Event(account_id, {"event": "credentials unlinked", "by": by})
            return Change(gone, (event,)), None

        self._commit(change)

    # -- the tokens of a day -----------------------------------------------------------------------

    def keep_session(self, session: Session, by: str) -> None:
        """Seal a day's tokens in place of those before. Raises UserError: not linked."""
        account_id, until = session.account_id, session.expires_at

        def change() -> tuple[Change, None]:
            broker = str(self._set(account_id).body["broker"])
            before = self.store.document(SESSION, account_id)
            body = {
                "broker": broker,
                "fields": self.sealed(account_id, broker, session.secrets, SESSION),
            }
            version = before.version if before else 0
            document = Document(SESSION, account_id, body, version, expires_at=until)
            event = Event(account_id, {"event": "session kept", "until": until, "by": by})
            return Change((document,), (event,)), None

        self._commit(change)

    def session(self, account_id: str, by: str, why: str) -> Session | None:
        """The day's tokens; None when there are none, or when they have ended. Audited."""
        document = self.store.document(SESSION, account_id)
        if document is None or document.expires_at is None:
            return None
        self._accessed(document, "session opened", by, why)
        return Session(account_id, document.expires_at, self.unsealed(document))

    def end_session(self, account_id: str, by: str) -> None:
        """Forget the day's tokens. Harmless to repeat."""
        document = self.store.document(SESSION, account_id)
        if document is None:
            return
        event = Event(account_id, {"event": "session ended", "by": by})
        self.store.commit(Change((replace(document, expires_at=self.clock.now()),), (event,)))

    # -- secrets of any kind -----------------------------------------------------------------------

    def sealed(self, key: str, broker: str, values: Mapping[str, str], kind: str) -> dict[str, str]:
        """For a document of one of the kinds in PREFIXES."""
        return {
            name: seal(
                self.ring, value.encode(), place_of(key, broker, PREFIXES[kind] + name)
            ).text()
            for name, value in values.items()
        }

    def unsealed(self, document: Document) -> dict[str, str]:
        """Not audited, see `opened`. Raises SealBroken, SettingError."""
        broker, prefix = str(document.body["broker"]), PREFIXES[document.kind]
        return {
            name: unseal(
                self.ring, read(text), place_of(document.key, broker, prefix + name)
            ).decode()
            for name, text in document.body["fields"].items()
        }

    # -- rotation ----------------------------------------------------------------------------------

    def reseal_all(
        self, by: str, again: Callable[[KeyRing, Sealed, Mapping[str, str]], Sealed] = reseal
    ) -> int:
        """
        Seal everything again, in one write; answers with how many secrets that were.

        again: `envelope.reseal`, or `rewrap` where the key ring is to do it without opening.
        Raises SealBroken, and then nothing was changed.
        """

        def change() -> tuple[Change, int]:
            found = [document for kind in PREFIXES for document in self.store.documents(kind)]
            records = [self._again(document, again) for document in found]
            count = sum(len(each.body["fields"]) for each in records)
            event = Event("desk", {"event": "vault rotated", "secrets": count, "by": by})
            return Change(records, (event,)), count

        return self._commit(change)

    # -- parts -------------------------------------------------------------------------------------

    def _check_whole(self, given: Given, partly: bool) -> None:
        """Raises UserError when something that is needed would be missing."""
        before = self.store.document(CREDENTIAL, given.account_id)
        kept = before.body["fields"] if before else {}
        fields = {**kept, **{name: given.values[name] for name in named(given)}}
        if not partly and (lacking := missing(given.broker, fields)):
            raise UserError(f"Nothing was linked: {', '.join(lacking)} must be given.")

    def _records(self, given: Given, partly: bool) -> list[Record]:
        account_id, broker = given.account_id, given.broker
        before = self.store.document(CREDENTIAL, account_id)
        kept = dict(before.body["fields"]) if before else {}
        values = {name: given.values[name] for name in named(given)}
        fields = {**kept, **self.sealed(account_id, broker, values, CREDENTIAL)}
        if not partly and (lacking := missing(broker, fields)):
            raise UserError(f"Nothing was linked: {', '.join(lacking)} must be given.")
        body = {
            "broker": broker,
            "name": given.name,
            "fields": fields,
            "linked_at": self.clock.now(),
        }
        made: list[Record] = [
            Document(CREDENTIAL, account_id, body, before.version if before else 0)
        ]
        if self.store.document("account", account_id) is None:
            made.append(account_document(account_of(given)))
        return made

    def _room_for(self, given: Sequence[Given]) -> None:
        """Raises UserError. Names are what people type after #, over all brokers."""
        names = {each.body["name"]: each.key for each in self.store.documents("account")}
        ids = {each.key for each in self.store.documents(CREDENTIAL)}
        known = {account_id: name for name, account_id in names.items()}
        for each in given:
            if names.setdefault(each.name, each.account_id) != each.account_id:
                raise UserError(
                    f"There is an account #{each.name} already. Choose another name: --name."
                )
            if known.setdefault(each.account_id, each.name) != each.name:
                raise UserError(
                    f"{each.account_id} is #{known[each.account_id]} already. A name stays."
                )
        if len(ids | {each.account_id for each in given}) > MOST_SETS:
            raise UserError(f"At most {MOST_SETS} accounts can be linked.")
        if len({each.account_id for each in given}) < len(given):
            raise UserError("An account can be given once only.")

    def _again(
        self, document: Document, again: Callable[[KeyRing, Sealed, Mapping[str, str]], Sealed]
    ) -> Document:
        broker, prefix = str(document.body["broker"]), PREFIXES[document.kind]
        fields = {
            name: again(self.ring, read(text), place_of(document.key, broker, prefix + name)).text()
            for name, text in document.body["fields"].items()
        }
        return replace(document, body={**document.body, "fields": fields})

    def _set(self, account_id: str) -> Document:
        document = self.store.document(CREDENTIAL, account_id)
        if document is None:
            raise UserError(f"{account_id} is not linked. `tradegram status` lists what is.")
        return document

    def _accessed(self, document: Document, what: str, by: str, why: str) -> None:
        fields = sorted(document.body["fields"])
        event = {"event": what, "fields": fields, "by": by, "why": why}
        self.store.commit(Change((), (Event(document.key, event),)))

    def _commit(self, change: Callable[[], tuple[Change, T]]) -> T:
        for _ in range(ATTEMPTS):
            # Read before anything else: whatever is sealed or rotated from here on is a conflict.
            mark = self.store.document(VAULT, "sealings") or Document(VAULT, "sealings", {})
            wanted, answer = change()
            try:
                self.store.commit(replace(wanted, records=[*wanted.records, mark]))
            except Conflict:
                continue
            return answer
        raise StoreUnavailable("the vault is being written by others; nothing was changed")
