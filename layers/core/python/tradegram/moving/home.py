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
from tradegram.orders.state import Order, State
from tradegram.ports import Change, Document, Event, OrderDesk, Store
from tradegram.risk.kill import kill
from tradegram.store.items import dump, load_document
from tradegram.store.whole import Whole, line, parts_of
from tradegram.vault.credentials import CREDENTIAL, SESSION, Vault
from tradegram.vault.envelope import place_of, seal
from tradegram.vault.passphrase import Cost, good

IN_DOUBT = (State.SENDING, State.UNKNOWN)
DESK = "desk"
MOST_NAMED = 5  # orders in one sentence


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
    found = [
        order
        for account in known_accounts(store)
        for order in store.unsettled(account.account_id)
        if order.state in IN_DOUBT
    ]
    if found:
        raise UserError(
            f"Nothing was exported: nobody knows yet what became of {_named(found)}. Let the desk "
            "run until its messages say so, or say --anyway."
        )


def _named(orders: Sequence[Order]) -> str:
    names = ", ".join(f"{each.account_id} {each.key}" for each in orders[:MOST_NAMED])
    more = len(orders) - MOST_NAMED
    return f"{names} and {more} more" if more > 0 else names


def _secrets(home: Home, by: str) -> Mapping[str, Mapping[str, str]]:
    """The values of every set of credentials, by account."""
    return {
        each.account_id: home.vault.opened(each.account_id, by, "export")
        for each in home.vault.sets()
    }


def _travelling(lines: Iterator[str], secrets: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """Secrets opened. A day's tokens stay: they end with the day, and some with the address."""
    for text in lines:
        document = _document(text)
        if document is None or document.kind not in (CREDENTIAL, SESSION):
            yield text
        elif document.kind == CREDENTIAL:
            body = {**document.body, "fields": dict(secrets[document.key])}
            yield line("secret", dump(replace(document, body=body)))


def _arriving(lines: Iterator[str], vault: Vault) -> Iterator[str]:
    """Secrets sealed with the key of this home."""
    for text in lines:
        parts = parts_of(text)
        if parts[0] != "secret":
            yield text
            continue
        document = load_document(parts[1])
        body = {**document.body, "fields": _sealed(vault, document)}
        yield line("document", dump(replace(document, body=body)))


def _sealed(vault: Vault, document: Document) -> Mapping[str, str]:
    account_id, broker = document.key, str(document.body["broker"])
    values: Mapping[str, str] = document.body["fields"]
    return {
        name: seal(vault.ring, value.encode(), place_of(account_id, broker, name)).text()
        for name, value in values.items()
    }


def _same(count: Count, whole: Whole) -> None:
    """Raises StoreError when what was filled in does not read as it was written."""
    found, chains = Count(), Chains()
    for text in whole.lines():
        document = _document(text)
        found.add(line("secret") if document and document.kind == CREDENTIAL else text)
        chains.add(text)
    if found != count or chains.broken:
        raise StoreError(
            "What was imported does not read as it was written. Say the same command again; if it "
            "stays so, this home's disk or table is not sound."
        )


def _document(text: str) -> Document | None:
    parts = parts_of(text)
    return load_document(parts[1]) if parts[0] == "document" else None
