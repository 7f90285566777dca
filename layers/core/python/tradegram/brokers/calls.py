"""The calls that a broker takes in a day, and who may have how many of them."""

from __future__ import annotations

from dataclasses import dataclass

VIEWS = 0.6  # of a day's calls, for what is only looked at: prices, lists, figures
LOOKS = 0.9  # with them for looks at orders that nobody doubts
BOOKS = 0.98  # and for those that somebody does; the rest is left for orders and cancels


@dataclass(frozen=True, slots=True)
class Calls:
    """
    Of a broker that takes so many in a day, whatever they are for.

    used: today, at most. most: in a day. lasts: seconds that what is left should last.
    """

    used: int
    most: int
    lasts: float

    def left(self, share: float) -> float:
        """For what may have the day's calls up to this share of them."""
        return max(self.most * share - self.used, 0.0)

    def apart(self, calls: int, share: float) -> float:
        """Seconds from one read of so many calls to the next, so that they last."""
        return self.lasts * calls / max(self.left(share), float(calls))
