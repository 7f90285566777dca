"""What is alike in how brokers say no: in words, to a login, to a question about an order."""

from __future__ import annotations

from collections.abc import Iterable

from tradegram.brokers.adapter import Steps, T
from tradegram.brokers.contract import Book
from tradegram.codes import Code
from tradegram.errors import Refused, SessionExpired, Throttled

# Of an answer by which the broker itself does not know yet, or behind which an order is: whatever
# else it says, it is no refusal. One that named a time-out was followed by a live order.
UNSURE = (
    "timed out", "timeout", "time out", "internal error", "internal server", "unavailable",
    "no response", "not respond", "technical", "something went wrong", "unexpected",
    "unknown error", "order book", "pending", "in process", "under process", "already",
    "order placed", "order received", "successfully",
)  # fmt: skip


def is_unsure(words: str) -> bool:
    """Whether the broker's words leave open what became of what was asked."""
    said = words.lower()
    return any(each in said for each in UNSURE)


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
