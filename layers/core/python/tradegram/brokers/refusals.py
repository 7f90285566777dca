"""What is alike in how brokers say no: in words, to a login, to a question about an order."""

from __future__ import annotations

from collections.abc import Iterable

from tradegram.brokers.adapter import Steps, T
from tradegram.brokers.contract import Book
from tradegram.codes import Code
from tradegram.errors import Refused, SessionExpired, Throttled


def meaning(words: str, table: Iterable[tuple[str, Code]]) -> str:
    """
    What the broker's own words mean, where the table knows them; else "".

    table: parts of them in lower case. The first that is found decides.
    """
    said = words.lower()
    return next((code for known, code in table if known in said), "")


def let_in(login: Steps[T]) -> Steps[T]:
    """A step of a login: what is refused there is the credentials."""
    try:
        return (yield from login)
    except Throttled:
        raise
    except Refused as error:
        raise Refused(
            error.broker, error.words, code=error.code, means=Code.INVALID_CREDENTIALS
        ) from error


def if_any(found: Steps[Book], name: str, absent: str) -> Steps[Book]:
    """
    An order asked for by its name. What is refused for another reason proves no absence.

    absent: the broker's code for "there is none". name: what the order is called in an alert.
    """
    try:
        return (yield from found)
    except (SessionExpired, Throttled):
        raise
    except Refused as error:
        return Book(()) if error.code == absent else Book((), [f"{name}: {error.words}"])
