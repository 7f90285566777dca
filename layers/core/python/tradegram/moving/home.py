"""
Take a desk out of one home and into another.

Two homes must not trade for the same accounts. So the kill switch of the home that is left is on
before anything is read, and it is on in the home that is entered: whoever moved says where to
resume. Cancels pass in both, and both may look at the brokers' books, which harms nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tradegram.brokers.registry import known_accounts
from tradegram.chat.people import CONSOLE
from tradegram.errors import StoreError, UserError
from tradegram.moving.archive import Archive, Chains, Count, write
from tradegram.orders.state import State
from tradegram.ports import Change, Document, Event, OrderDesk, Store
from tradegram.risk.kill import kill
from tradegram.store.items import dump, load_document
from tradegram.store.whole import Whole, line, parts_of
from tradegram.triggers.kept import live_kept, named
from tradegram.vault.credentials import CREDENTIAL, SESSION, SIGNING, Vault
from tradegram.vault.passphrase import Cost, good

# Kinds of documents whose secrets travel. A day's tokens stay: they end with the day, and some
# with the address.
TRAVEL = (CREDENTIAL, SIGNING)
IN_DOUBT = (State.SENDING, State.UNKNOWN)
DESK = "desk"
MOST_NAMED = 5  # orders in one sentence


Secrets = Mapping[tuple[str, str], Mapping[str, str]]  # values, by a document's kind and key


@dataclass(frozen=True, slots=True)
class Home:
    """whole: the same record as the desk's store, which nobody else uses now."""

    desk: OrderDesk
    vault: Vault
    whole: Whole

    @property
    def store(self) -> Store:
        return self.desk.store


def leave(
    home: Home,
    path: Path,
    passphrase: str,
    by: str,
    *,
    anyway: bool = False,
    cost: Cost | None = None,
) -> Count:
    """
    Write everything into a new locked file, and stop this home from sending orders.

    anyway: also with orders whose outcome nobody knows yet. Their record travels with them, and
    the new home asks the broker; but a worker here may still learn what the file does not say.

    Raises UserError or BrokenOff, and then nothing was written; SealBroken, StoreError.
    """
    good(passphrase)
    home.whole.check()
    if not anyway:
        _nothing_in_doubt(home.store)
    kill(home.desk, CONSOLE)
    event = Event(DESK, {"event": "exported", "by": by})
    home.store.commit(Change((), (event,)))
    secrets = _secrets(home, by)  # opened first: each opening is a link, and the file has them all
    return write(path, _travelling(home.whole.lines(), secrets), passphrase, cost)


def enter(home: Home, archive: Archive, count: Count, by: str) -> None:
    """
    Fill this home with what the file holds, and check it. count: from `Archive.examined`.

    May be killed anywhere and said again. Raises UserError when the home is in use, SealBroken,
    StoreError.
    """
    home.whole.fill(_arriving(archive.lines(), home.vault), archive.mark)
    _same(count, home.whole)
    home.store.commit(Change((), (Event(DESK, {"event": "imported", "by": by}),)))


def _nothing_in_doubt(store: Store) -> None:
    accounts = known_accounts(store)
    found = [
        f"{order.account_id} {order.key}"
        for account in accounts
        for order in store.unsettled(account.account_id)
        if order.state in IN_DOUBT
    ]
    found += [
        f"{named(kept)} of {kept.account_id}"
        for account in accounts
        for kept in live_kept(store, account.account_id)
        if kept.is_unresolved
    ]
    if found:
        raise UserError(
            f"Nothing was exported: nobody knows yet what became of {_named(found)}. Let the desk "
            "run until its messages say so, or say --anyway."
        )


def _named(found: Sequence[str]) -> str:
    names, more = ", ".join(found[:MOST_NAMED]), len(found) - MOST_NAMED
    return f"{names} and {more} more" if more > 0 else names


def _secrets(home: Home, by: str) -> Secrets:
    vault, store = home.vault, home.store
    sets = {
        (CREDENTIAL, each.account_id): vault.opened(each.account_id, by, "export")
        for each in vault.sets()
    }
    return sets | {(SIGNING, each.key): vault.unsealed(each) for each in store.documents(SIGNING)}


def _travelling(lines: Iterator[str], secrets: Secrets) -> Iterator[str]:
    """Secrets opened."""
    for text in lines:
        document = _document(text)
        if document is None or document.kind not in (*TRAVEL, SESSION):
            yield text
        elif document.kind in TRAVEL:
            body = {**document.body, "fields": dict(secrets[document.kind, document.key])}
            yield line("secret", dump(replace(document, body=body)))


def _arriving(lines: Iterator[str], vault: Vault) -> Iterator[str]:
    """Secrets sealed with the key of this home."""
    for text in lines:
        parts = parts_of(text)
        if parts[0] != "secret":
            yield text
            continue
        document = load_document(parts[1])
        key, body = document.key, document.body
        sealed = vault.sealed(key, str(body["broker"]), body["fields"], document.kind)
        yield line("document", dump(replace(document, body={**body, "fields": sealed})))


def _same(count: Count, whole: Whole) -> None:
    """Raises StoreError when what was filled in does not read as it was written."""
    found, chains = Count(), Chains()
    for text in whole.lines():
        document = _document(text)
        found.add(line("secret") if document and document.kind in TRAVEL else text)
        chains.add(text)
    if found != count or chains.broken:
        raise StoreError(
            "What was imported does not read as it was written. Say the same command again; if it "
            "stays so, this home's disk or table is not sound."
        )


def _document(text: str) -> Document | None:
    parts = parts_of(text)
    return load_document(parts[1]) if parts[0] == "document" else None
