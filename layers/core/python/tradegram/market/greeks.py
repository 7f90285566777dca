"""
What an option's price says: the volatility it stands for, and how it moves with everything else.

Black and Scholes on the underlying's level, written out: it is one page, and a library for it would
bring a hundred times that. Floats: these are estimates. Source: Hull, Options, Futures and Other
Derivatives, 11th edition, chapters 15 and 19.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from tradegram.market.pricing import CARRY, YEAR

LEAST, MOST = 0.001, 10.0  # volatilities a year that are looked for
STEPS = 60  # halvings: finer than any tick
NEAR = 1e-7  # of the underlying: a price so little above its least says nothing


@dataclass(frozen=True, slots=True)
class Greeks:
    """
    iv: 0.14 for 14 % a year. delta, gamma: of the price for one more of the underlying.

    theta: money lost in a day. vega: money for one percent point more of volatility.
    """

    iv: float
    delta: float
    gamma: float
    theta: float
    vega: float


@dataclass(frozen=True, slots=True)
class Contract:
    """level: of the underlying now. seconds: until it expires. rate: a year, continuous."""

    level: float
    strike: float
    seconds: float
    call: bool
    rate: float = CARRY

    @property
    def years(self) -> float:
        return self.seconds / YEAR

    @property
    def owed(self) -> float:
        """What the strike is worth today."""
        return self.strike * math.exp(-self.rate * self.years)

    def price(self, iv: float) -> float:
        d1, d2 = self._ds(iv)
        if self.call:
            return self.level * _below(d1) - self.owed * _below(d2)
        return self.owed * _below(-d2) - self.level * _below(-d1)

    def greeks(self, iv: float) -> Greeks:
        d1, d2 = self._ds(iv)
        density = math.exp(-d1 * d1 / 2) / math.sqrt(2 * math.pi)
        root = math.sqrt(self.years)
        decay = -self.level * density * iv / (2 * root)
        sign = 1 if self.call else -1
        carry = -sign * self.rate * self.owed * _below(sign * d2)
        return Greeks(
            iv=iv,
            delta=_below(d1) if self.call else _below(d1) - 1,
            gamma=density / (self.level * iv * root),
            theta=(decay + carry) / 365,
            vega=self.level * density * root / 100,
        )

    def implied(self, price: float) -> float | None:
        """The volatility that makes this the price; None where none does, or it says nothing."""
        if min(self.level, self.strike, self.seconds, price) <= 0:
            return None
        low, high = LEAST, MOST
        if price - self.price(low) < NEAR * self.level or price > self.price(high):
            return None
        for _ in range(STEPS):
            middle = (low + high) / 2
            low, high = (middle, high) if self.price(middle) < price else (low, middle)
        return (low + high) / 2

    def _ds(self, iv: float) -> tuple[float, float]:
        spread = iv * math.sqrt(self.years)
        d1 = math.log(self.level / self.owed) / spread + spread / 2
        return d1, d1 - spread


def _below(x: float) -> float:
    """The normal distribution's share below x."""
    return 0.5 * math.erfc(-x / math.sqrt(2))
