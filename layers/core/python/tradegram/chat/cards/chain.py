"""An option chain as two tables that fit a phone's width."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tradegram.chat.money import bare_price, grouped
from tradegram.chat.writing import safe
from tradegram.market.chain import Chain, Pair
from tradegram.model import OptionRow

# From this many on a number is shortened by it.
LAKHS = ((Decimal(10_000_000), "Cr"), (Decimal(100_000), "L"), (Decimal(1_000), "K"))
MILLIONS = ((Decimal(1_000_000), "M"), (Decimal(1_000), "K"))
DASH = "–"


def chain_text(chain: Chain) -> str:
    """HTML: what it is, prices with open interest, then volatility and greeks."""
    one, currency = chain.underlying, chain.underlying.currency
    level = "" if chain.level is None else f" · {bare_price(chain.level, one)}"
    lines = [
        f"<b>{safe(one.symbol, 40)}</b> options · {chain.expiry:%d %b %Y}{level}",
        f"{safe(chain.source, 40)} prices · OI in units",
        f"<pre>{_prices(chain, currency)}</pre>",
        f"<pre>{_greeks(chain)}</pre>",
        "IV of the call in % a year · ▸ at the money · Δ call and put · Γ per point ×1000 · "
        "Θ a day · V per % of IV",
    ]
    if ratio := _ratio(chain.pairs):
        lines.append(f"Puts for each call, by open interest: {ratio:.2f}")
    return "\n".join(lines)


def _prices(chain: Chain, currency: str) -> str:
    rows = [f"{'OI':>5} {'CALL':>8} {'STRIKE':>8} {'PUT':>8} {'OI':>5}"]
    for one in chain.pairs:
        mark = "▸" if one.strike == chain.money else " "
        strike = f"{mark}{_strike(one.strike)}"
        rows.append(
            f"{_interest(one.call, currency):>5} {_last(one.call):>8} {strike:>8} "
            f"{_last(one.put):>8} {_interest(one.put, currency):>5}"
        )
    return "\n".join(rows)


def _greeks(chain: Chain) -> str:
    rows = [f"{'STRIKE':>7} {'IV':>4} {'Δc':>4} {'Δp':>4} {'Γ':>4} {'Θ':>5} {'V':>4}"]
    for one in chain.pairs:
        mark = "▸" if one.strike == chain.money else ""
        usual = one.call or one.put
        cells = (
            f"{mark}{_strike(one.strike)}".rjust(7),
            _cell(usual.iv if usual else None, 4, 1, 100),
            _cell(one.call.delta if one.call else None, 4, 2).replace("0.", "."),
            _cell(one.put.delta if one.put else None, 4, 2).replace("0.", "."),
            _cell(usual.gamma if usual else None, 4, 2, 1000),
            _cell(usual.theta if usual else None, 5, 1),
            _cell(usual.vega if usual else None, 4, 1),
        )
        rows.append(" ".join(cells))
    return "\n".join(rows)


def _cell(number: Decimal | None, wide: int, places: int, times: int = 1) -> str:
    if number is None:
        return DASH.rjust(wide)
    return f"{number * times:.{places}f}".rjust(wide)


def _strike(strike: Decimal) -> str:
    return f"{strike.normalize():f}"


def _last(row: OptionRow | None) -> str:
    return DASH if row is None else grouped(row.quote.last, "USD")


def _interest(row: OptionRow | None, currency: str) -> str:
    """`1.2L`, `85K`, `3.4M`: short enough to stand beside a price."""
    if row is None or row.open_interest is None:
        return DASH
    for least, letter in LAKHS if currency == "INR" else MILLIONS:
        if row.open_interest >= least:
            short = row.open_interest / least
            return f"{short:.0f}{letter}" if short >= 100 else f"{short:.1f}{letter}"
    return f"{row.open_interest:.0f}"


def _ratio(pairs: Sequence[Pair]) -> Decimal | None:
    calls = sum((one.call.open_interest or Decimal(0) for one in pairs if one.call), Decimal(0))
    puts = sum((one.put.open_interest or Decimal(0) for one in pairs if one.put), Decimal(0))
    return puts / calls if calls and puts else None
