"""What the risk checks look at, and what they can answer. Pure values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tradegram.model import Side
from tradegram.ports import Limits
from tradegram.tickets.ticket import Draft

PASSED, CAUTION = "✅", "⚠"


@dataclass(frozen=True, slots=True)
class Count:
    """whose: "you have" or "#main has". used: orders of today; most: the limit on them."""

    whose: str
    used: int
    most: int
    command: str


@dataclass(frozen=True, slots=True)
class Exposure:
    """
    What the checks look at. Money in the instrument's currency.

    entry: per unit, where the order is expected to fill. value: quantity x entry x multiplier.
    margin, available: what the broker will block, and what is free; None when it did not say.
    held: units in the account, negative when short; None when not known or not asked.
    quote_age: seconds. opens_at: seconds since the epoch; None when open or not known.
    squares_off: whether the broker closes what is intraday before the close.
    confidence: of the signal that asks, 0 to 1; None when a person does.
    loss: lost today on this account in this currency, realised and open, 0 when it gained; None
    when not asked or not known. open_keys: instruments held or on their way there.
    counts: for each limit on the orders of a day, how many there were.
    repeated: seconds since the very same order was confirmed; None when it was not.
    old_list: the day that the broker's list of instruments describes, where that is too long ago;
    else None.
    """

    draft: Draft
    last: Decimal
    entry: Decimal
    value: Decimal
    charges: Decimal
    margin: Decimal | None
    available: Decimal | None
    held: Decimal | None
    quote_age: float
    is_open: bool
    opens_at: float | None
    squares_off: bool = True
    confidence: Decimal | None = None
    loss: Decimal | None = None
    open_keys: frozenset[str] | None = None
    counts: tuple[Count, ...] = ()
    repeated: float | None = None
    old_list: date | None = None

    @property
    def only_closes(self) -> bool:
        held = self.held or Decimal(0)
        closable = held if self.draft.side is Side.SELL else -held
        return self.draft.closes or closable >= self.draft.quantity


@dataclass(frozen=True, slots=True)
class Denial:
    """A sentence or two: which limit, its value, and what to do instead."""

    text: str


@dataclass(frozen=True, slots=True)
class Caution:
    """A few words for the ticket. twice: it takes a second Confirm."""

    text: str
    twice: bool = False


@dataclass(frozen=True, slots=True)
class Checked:
    """passed: the names of the checks that found nothing."""

    denials: tuple[Denial, ...]
    cautions: tuple[Caution, ...]
    passed: tuple[str, ...]

    @property
    def needs_second_confirm(self) -> bool:
        return any(each.twice for each in self.cautions)

    @property
    def lines(self) -> tuple[str, ...]:
        """For the ticket: each result in words, its mark first."""
        good = tuple(f"{PASSED} {name}" for name in self.passed)
        return good + tuple(f"{CAUTION} {each.text}" for each in self.cautions)


Found = Denial | Caution | None
Check = Callable[[Exposure, Limits], Found]
