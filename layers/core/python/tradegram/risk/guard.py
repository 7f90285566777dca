"""
What speaks against an order before anybody is asked: the holder's limits, as pure checks.

Each check answers with a denial, a caution, or nothing. A denial stops the ticket; a caution is
shown on it, and some of them want Confirm twice. A signal has nobody to confirm anything twice,
so there such a caution denies.
"""

from __future__ import annotations

from decimal import Decimal

from tradegram.chat.money import ago, bare_price, day_time, money, percent, units
from tradegram.model import OrderType, Product, Side, TimeInForce
from tradegram.ports import Limits
from tradegram.risk.exposure import (
    CAUTION,
    PASSED,
    Caution,
    Check,
    Checked,
    Denial,
    Exposure,
    Found,
)
from tradegram.risk.guard_day import daily_loss, open_positions, repeated, trades_per_day
from tradegram.risk.guard_scope import (
    confidence,
    market_hours,
    old_list,
    products,
    quantity,
    symbols,
)
from tradegram.risk.limits import change_with

__all__ = ["CAUTION", "PASSED", "Caution", "Checked", "Denial", "Exposure", "check"]

FAR_FROM_MARKET = Decimal("0.03")  # beyond it a typing error is likelier than an intention
STOP_RISK = Decimal("0.02")  # of the free balance; the usual most that is risked on one trade


def check(exposure: Exposure, limits: Limits) -> Checked:
    """Run every check. The results are in the order of CHECKS."""
    found = [(name, _said(each(exposure, limits), exposure)) for name, each in CHECKS]
    denials = tuple(each for _, each in found if isinstance(each, Denial))
    cautions = tuple(each for _, each in found if isinstance(each, Caution))
    return Checked(denials, cautions, tuple(name for name, each in found if name and each is None))


def _said(found: Found, exposure: Exposure) -> Found:
    if exposure.confidence is None or not isinstance(found, Caution) or not found.twice:
        return found
    return Denial(
        f"The signal's order is not sent without a person who looks at it: {found.text}. "
        "Order less, or write the order yourself and confirm it."
    )


def order_value(exposure: Exposure, limits: Limits) -> Found:
    """The most one order may be worth; what only closes a position is never stopped by it."""
    if exposure.value <= limits.order_value:
        return None
    currency = exposure.draft.instrument.currency
    if exposure.only_closes:
        value = money(exposure.value, currency)
        return Caution(f"worth {value}, above your limit; it closes a position", twice=True)
    return Denial(
        f"The order is worth {money(exposure.value, currency)}, above your limit of "
        f"{money(limits.order_value, currency)} for one order. Order less. "
        f"{change_with(limits, 'order_value')}"
    )


def margin(exposure: Exposure, limits: Limits) -> Found:
    """Enough free money for what the broker will block."""
    currency = exposure.draft.instrument.currency
    if exposure.margin is None or exposure.available is None:
        return Caution("margin not known, the broker does not say", twice=True)
    if exposure.margin <= exposure.available:
        return None
    return Denial(
        f"The order needs {money(exposure.margin, currency)} and "
        f"{money(exposure.available, currency)} is free, {_short(exposure)} short. "
        "Order less, or add money to the account; /funds shows it."
    )


def _short(exposure: Exposure) -> str:
    missing = (exposure.margin or Decimal(0)) - (exposure.available or Decimal(0))
    return money(missing, exposure.draft.instrument.currency)


def price_band(exposure: Exposure, limits: Limits) -> Found:
    """How far a typed price may lie from the market."""
    typed = exposure.draft.price if exposure.draft.price is not None else exposure.draft.trigger
    if typed is None:
        return None
    away = (typed - exposure.last) / exposure.last
    text = (
        f"price {bare_price(typed, exposure.draft.instrument)} is {percent(abs(away), 1)} "
        f"{'above' if away > 0 else 'below'} the market"
    )
    if abs(away) > limits.price_band and not _may_wait(exposure, away):
        return Denial(
            f"The {text} ({bare_price(exposure.last, exposure.draft.instrument)}), further than "
            f"your limit of {percent(limits.price_band, 0)}. Correct the price. "
            f"{change_with(limits, 'price_band')}"
        )
    return Caution(text) if abs(away) > FAR_FROM_MARKET else None


def _may_wait(exposure: Exposure, away: Decimal) -> bool:
    # An option's price doubles on an ordinary day, so a patient price far away is no mistake. One
    # that would fill at once, far from the market, is.
    draft = exposure.draft
    patient = away < 0 if draft.side is Side.BUY else away > 0
    return draft.instrument.kind.is_option and draft.order_type is OrderType.LIMIT and patient


def trigger(exposure: Exposure, limits: Limits) -> Found:
    """A stop that would wake at once is a market order in disguise; brokers refuse it."""
    draft = exposure.draft
    if draft.trigger is None:
        return None
    buys = draft.side is Side.BUY
    if draft.trigger > exposure.last if buys else draft.trigger < exposure.last:
        return None
    return Denial(
        f"The trigger {bare_price(draft.trigger, draft.instrument)} of a {draft.side} must be "
        f"{'above' if buys else 'below'} the market ({bare_price(exposure.last, draft.instrument)})"
        ", or it fires at once. Move it, or order at a limit."
    )


def share_of_balance(exposure: Exposure, limits: Limits) -> Found:
    """How much of the free money one order may block without being asked about twice."""
    if not exposure.margin or not exposure.available or exposure.margin > exposure.available:
        return None
    share = exposure.margin / exposure.available
    if share <= limits.share_of_balance:
        return None
    limit = percent(limits.share_of_balance, 0)
    return Caution(
        f"{percent(share, 0)} of capital in one order, your limit is {limit}", twice=True
    )


def stop_risk(exposure: Exposure, limits: Limits) -> Found:
    """What the stop would lose, beside the free money."""
    stop = exposure.draft.stop_loss
    if stop is None or not exposure.available:
        return None
    per_unit = abs(exposure.entry - stop) * exposure.draft.instrument.multiplier
    lost = exposure.draft.quantity * per_unit + exposure.charges
    share = lost / exposure.available
    return Caution(f"the stop risks {percent(share, 1)} of capital") if share > STOP_RISK else None


def short_sale(exposure: Exposure, limits: Limits) -> Found:
    """Selling more than is held."""
    held, draft = exposure.held, exposure.draft
    if draft.side is not Side.SELL or held is None or held >= draft.quantity:
        return None
    if held < 0 and draft.product is not Product.DELIVERY:
        short, more = units(-held, draft.instrument), units(draft.quantity, draft.instrument)
        return Caution(f"you are short {short}, this adds {more}")
    has = units(held, draft.instrument) if held > 0 else "none"
    if draft.product is Product.DELIVERY:
        return Caution(f"you hold {has}: brokers refuse to deliver more")
    opens = units(draft.quantity - held, draft.instrument)
    return Caution(f"you hold {has}, this opens a short of {opens}")


def left_open(exposure: Exposure, limits: Limits) -> Found:
    """What is bought for the day and never closed is there tomorrow."""
    intraday = exposure.draft.product is Product.INTRADAY
    if exposure.squares_off or not intraday or exposure.only_closes:
        return None
    return Caution("MIS is not squared off here at the close: exit it yourself")


def market_closed(exposure: Exposure, limits: Limits) -> Found:
    if exposure.is_open:
        return None
    opens = f", opens {day_time(exposure.opens_at)}" if exposure.opens_at is not None else ""
    validity = exposure.draft.time_in_force
    if validity in (TimeInForce.IOC, TimeInForce.FOK):  # they fill at once or not at all
        return Caution(f"market is closed{opens}; brokers refuse {validity} until it opens")
    return Caution(f"market is closed{opens}; the order waits")


def stale_price(exposure: Exposure, limits: Limits) -> Found:
    """While the market is closed its last price is the price."""
    if not exposure.is_open or exposure.quote_age <= limits.quote_age:
        return None
    return Caution(f"the last price is from {ago(exposure.quote_age)}")


def other_reading(exposure: Exposure, limits: Limits) -> Found:
    """The words could have meant a smaller order."""
    if not exposure.draft.confirm_twice:
        return None
    amount = units(exposure.draft.quantity, exposure.draft.instrument)
    return Caution(f"read as {amount}, worth {_value(exposure)}", twice=True)


def _value(exposure: Exposure) -> str:
    return money(exposure.value, exposure.draft.instrument.currency, 0)


# The name is what a ticket says when the check passes; "" where passing goes without saying.
CHECKS: tuple[tuple[str, Check], ...] = (
    ("size", order_value),
    ("margin", margin),
    ("price band", price_band),
    ("", confidence),
    ("", symbols),
    ("", products),
    ("", quantity),
    ("", market_hours),
    ("", old_list),
    ("", open_positions),
    ("", trades_per_day),
    ("", daily_loss),
    ("", repeated),
    ("", trigger),
    ("", share_of_balance),
    ("", stop_risk),
    ("", short_sale),
    ("", left_open),
    ("", other_reading),
    ("", stale_price),
    ("", market_closed),
)
