"""Checks of what may be ordered at all: symbols, products, quantity, hours, and how sure."""

from __future__ import annotations

from tradegram.chat.money import day_time, percent, units
from tradegram.model import Instrument
from tradegram.ports import Limits
from tradegram.risk.exposure import Denial, Exposure, Found
from tradegram.risk.limits import change_with


def confidence(exposure: Exposure, limits: Limits) -> Found:
    """How sure a signal must be. A person is not asked."""
    sure = exposure.confidence
    if sure is None or limits.min_confidence <= sure <= 1:
        return None
    return Denial(
        f"The signal's confidence is {percent(sure, 0)}, below your limit of "
        f"{percent(limits.min_confidence, 0)}; it is not followed. "
        f"{change_with(limits, 'min_confidence')}"
    )


def symbols(exposure: Exposure, limits: Limits) -> Found:
    """A derivative counts as its own name and as its underlying's. The way out stays open."""
    one = exposure.draft.instrument
    names = _names(one)
    if exposure.only_closes:
        return None
    if found := sorted(names & limits.forbidden_symbols):
        return Denial(
            f"{found[0]} is on your list of forbidden symbols. "
            f"{change_with(limits, 'forbidden_symbols')}"
        )
    if limits.symbols is None or names & limits.symbols:
        return None
    allowed = ", ".join(sorted(limits.symbols)[:10]) or "none"
    return Denial(
        f"{one.symbol} is not among the symbols you allow ({allowed}). "
        f"{change_with(limits, 'symbols')}"
    )


def _names(one: Instrument) -> frozenset[str]:
    names = {one.symbol.upper(), one.key.upper(), one.underlying.upper()} - {""}
    return frozenset(names | {name.replace(" ", "") for name in names})


def products(exposure: Exposure, limits: Limits) -> Found:
    product = exposure.draft.product
    if exposure.only_closes:
        return None
    if product in limits.forbidden_products:
        return Denial(
            f"{product} is on your list of forbidden products. Choose another product. "
            f"{change_with(limits, 'forbidden_products')}"
        )
    if limits.products is None or product in limits.products:
        return None
    allowed = ", ".join(sorted(limits.products)) or "none"
    return Denial(
        f"{product} is not among the products you allow ({allowed}). Choose another product. "
        f"{change_with(limits, 'products')}"
    )


def quantity(exposure: Exposure, limits: Limits) -> Found:
    asked, one = exposure.draft.quantity, exposure.draft.instrument
    if limits.quantity is None or asked <= limits.quantity or exposure.only_closes:
        return None
    return Denial(
        f"The order is for {units(asked, one)}, above your limit of "
        f"{units(limits.quantity, one)} in one order. Order fewer. "
        f"{change_with(limits, 'quantity')}"
    )


def market_hours(exposure: Exposure, limits: Limits) -> Found:
    if not limits.market_hours or exposure.is_open or exposure.only_closes:
        return None
    opens = f" until {day_time(exposure.opens_at)}" if exposure.opens_at is not None else ""
    return Denial(
        f"The market is closed{opens}, and your limit market_hours is on: only orders while it is "
        f"open. {change_with(limits, 'market_hours').replace(' on (', ' off (')}"
    )


def old_list(exposure: Exposure, limits: Limits) -> Found:
    """Lots, freezes and expiries change; what is held can be closed all the same."""
    dated = exposure.old_list
    if dated is None or not exposure.draft.instrument.kind.is_derivative or exposure.only_closes:
        return None
    return Denial(
        f"The broker's list of instruments is of {dated.day} {dated:%b}: lots and expiries may "
        "have changed since, so no derivative is opened. /status says why it was not renewed."
    )
