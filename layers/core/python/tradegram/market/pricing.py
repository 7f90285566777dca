"""What a derivative is worth beside its underlying. Floats: these are simulated prices."""

from __future__ import annotations

import math

CARRY = 0.065  # a year: what a future costs above its underlying, near the repo rate
YEAR = 365.0 * 86_400.0


def future_price(level: float, seconds_left: float) -> float:
    return level * (1.0 + CARRY * max(seconds_left, 0.0) / YEAR)


def option_price(
    level: float, strike: float, seconds_left: float, volatility: float, *, call: bool
) -> float:
    """Black and Scholes; what it would fetch at once when that is more, or no time is left."""
    intrinsic = max(level - strike, 0.0) if call else max(strike - level, 0.0)
    years = seconds_left / YEAR
    if years <= 0.0 or level <= 0.0 or strike <= 0.0:
        return intrinsic
    spread = volatility * math.sqrt(years)
    d1 = (math.log(level / strike) + (CARRY + volatility * volatility / 2.0) * years) / spread
    d2 = d1 - spread
    owed = strike * math.exp(-CARRY * years)
    if call:
        return max(level * _normal(d1) - owed * _normal(d2), intrinsic)
    return max(owed * _normal(-d2) - level * _normal(-d1), intrinsic)


def _normal(x: float) -> float:
    return 0.5 * (1.0 + math.erf(x / 1.4142135623730951))
