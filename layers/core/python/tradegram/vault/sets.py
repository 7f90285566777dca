"""What a set of credentials is: as somebody gives it, and what of it may be shown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tradegram.brokers.registry import NAME, check_free
from tradegram.errors import UserError
from tradegram.model import Account, Mode
from tradegram.ports import Document
from tradegram.vault.fields import missing, needs_of

CLIENT = re.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
IN_LINES = "private_key"
LONGEST = 4096  # characters of one value: a private key of 4096 bits fits


@dataclass(frozen=True, slots=True)
class Given:
    """
    What somebody links. name: what people type after #. client: see `fields.Needs`.

    values: by field; an empty one keeps what is there.
    """

    broker: str
    name: str
    client: str = ""
    values: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)

    @property
    def account_id(self) -> str:
        return f"{self.broker}:{self.client or self.name}"


@dataclass(frozen=True, slots=True)
class CredentialSet:
    """What may be shown of a set. missing: titles. session_until: seconds since the epoch."""

    account_id: str
    broker: str
    name: str
    fields: Sequence[str]
    missing: Sequence[str]
    linked_at: float
    session_until: float | None


def check(given: Given) -> None:
    """Raises UserError, which repeats no value."""
    known = {each.name for each in needs_of(given.broker).fields}
    if unknown := sorted(set(given.values) - known):
        raise UserError(f"{needs_of(given.broker).title} has no {', '.join(unknown)}.")
    if not NAME.fullmatch(given.name):
        raise UserError("A name is 1 to 20 small letters, digits or dashes, e.g. zerodha.")
    check_free(given.name)
    if given.client and not CLIENT.fullmatch(given.client):
        raise UserError(
            f"The {needs_of(given.broker).client or 'client id'} has letters, digits, dots and "
            "dashes, at most 32."
        )
    if any(len(value) > LONGEST for value in given.values.values()):
        raise UserError(f"A value has at most {LONGEST} characters.")
    check_sendable(given.broker, given.values)


def check_sendable(broker: str, values: Mapping[str, str]) -> None:
    """Raises UserError, which repeats no value."""
    for each in needs_of(broker).fields:
        if not _can_be_sent(each.name, values.get(each.name, "")):
            title, _, _ = each.title.partition(";")
            raise UserError(
                f"The {title} has a letter or a line break that no request can carry. Copy it "
                "from the broker's page again."
            )


def _can_be_sent(name: str, value: str) -> bool:
    """In a header or an address. A key in PEM signs here, and is several lines."""
    text = "".join(value.splitlines()) if name == IN_LINES else value
    return text.isascii() and text.isprintable()


def named(given: Given) -> list[str]:
    """The fields that were given something."""
    return [name for name, value in given.values.items() if value]


def account_of(given: Given) -> Account:
    """The account that a set lets us into."""
    currency = needs_of(given.broker).currency
    return Account(given.account_id, given.broker, given.name, Mode.LIVE, currency)


def shown(document: Document, until: float | None) -> CredentialSet:
    """document: of a set. until: when its session ends, when it has one."""
    body = document.body
    fields = sorted(body["fields"])
    lacking = missing(body["broker"], body["fields"])
    return CredentialSet(
        document.key, body["broker"], body["name"], fields, lacking, body["linked_at"], until
    )
