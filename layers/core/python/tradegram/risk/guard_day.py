"""
Checks of the day so far: what is open, how many orders, what was lost, and the same order again.

What only closes a position passes all of them: no limit keeps anybody in.
"""

from __future__ import annotations

from decimal import Decimal

from tradegram.chat.money import ago, money, percent
from tradegram.ports import Limits
from tradegram.risk.exposure import Caution, Count, Denial, Exposure, Found
from tradegram.risk.limits import change_with

WARNINGS = (Decimal("0.8"), Decimal("0.5"))  # shares of the limit on the loss, highest first
SAME_ORDER = "the same order was confirmed"
NOT_SAID = "The broker does not say {what} now, so your limit of {limit} cannot be checked and "


def open_positions(exposure: Exposure, limits: Limits) -> Found:
    most, keys = limits.open_positions, exposure.open_keys
    if most is None or exposure.only_closes:
        return None
    if keys is None:
        return Denial(
            NOT_SAID.format(what="what is open", limit=f"{most} open positions")
            + "nothing is sent. Try again in a moment."
        )
    count = len(keys)
    if exposure.draft.instrument.key in keys or count < most:
        return None
    return Denial(
        f"{count} positions are open or on their way, and your limit is {most}. Close one first. "
        f"{change_with(limits, 'open_positions')}"
    )


def trades_per_day(exposure: Exposure, limits: Limits) -> Found:
    if exposure.only_closes:
        return None
    return next((reached(each) for each in exposure.counts if each.used >= each.most), None)


def reached(count: Count) -> Denial:
    orders = "order" if count.used == 1 else "orders"
    return Denial(
        f"{count.whose} confirmed {count.used} {orders} today, and the limit is {count.most} in a "
        f"day. It counts afresh tomorrow. To change it: {count.command} (less strict wants your "
        "code or PIN)."
    )


def daily_loss(exposure: Exposure, limits: Limits) -> Found:
    """Warns at half and at four fifths of the limit, and lets nothing new in beyond it."""
    most, currency = limits.daily_loss, exposure.draft.instrument.currency
    if most is None or exposure.only_closes:
        return None
    if exposure.loss is None:
        return Denial(
            NOT_SAID.format(what="what was lost today", limit=money(most, currency))
            + "nothing is sent. Try again in a moment."
        )
    if exposure.loss >= most:
        return Denial(
            f"Today's loss is {money(exposure.loss, currency)}, and your limit is "
            f"{money(most, currency)} in a day. Only orders that close a position pass. "
            f"{change_with(limits, 'daily_loss')}"
        )
    if any(exposure.loss >= most * each for each in WARNINGS):
        share = percent(exposure.loss / most, 0)
        return Caution(f"today's loss is {share} of your limit of {money(most, currency)}")
    return None


def repeated(exposure: Exposure, limits: Limits) -> Found:
    if exposure.repeated is None or exposure.repeated >= limits.duplicate_window:
        return None
    return Caution(f"{SAME_ORDER} {ago(exposure.repeated)}", twice=True)
