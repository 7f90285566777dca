"""Whether one reading of an order may be traded as it stands: an `Asked`, or why not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType

from tradegram.chat.asked import Asked, Level
from tradegram.chat.grammar.accounts import account_faults, shares_of
from tradegram.chat.grammar.reading import (
    Candidate,
    Context,
    Fix,
    Problem,
    Rank,
    amount_text,
    neighbours,
    number_text,
)
from tradegram.chat.grammar.said import Amount, Away, Market, Measure, Parse
from tradegram.chat.grammar.terms import term_problems, type_meant
from tradegram.chat.grammar.words import VENUES
from tradegram.chat.money import quantity, short_price, units
from tradegram.model import COINS, Instrument, Kind, Product

# Ten lakh crore: no order is larger, and sums below it are exact.
MOST_MONEY = Decimal(10) ** 13
# Offered besides the nearest multiples: `2` on a lot of 65 may have been meant as lots.
MOST_LOTS_MEANT = 20

_DERIVATIVE = frozenset({Product.INTRADAY, Product.CARRY_FORWARD})
_SHARE = frozenset({Product.DELIVERY, Product.INTRADAY, Product.MARGIN_FUNDED})
_OUTRIGHT = frozenset({Product.DELIVERY})
_PERPETUAL = frozenset({Product.CARRY_FORWARD})
_PRODUCTS: Mapping[Kind, frozenset[Product]] = MappingProxyType(
    {
        Kind.SHARE: _SHARE,
        Kind.ETF: _SHARE,
        Kind.FUTURE: _DERIVATIVE,
        Kind.CALL: _DERIVATIVE,
        Kind.PUT: _DERIVATIVE,
        Kind.COIN: _OUTRIGHT,
        Kind.PERPETUAL: _PERPETUAL,
    }
)
_PEOPLE_CALL: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.SHARE: "a share",
        Kind.ETF: "an ETF",
        Kind.FUTURE: "a future",
        Kind.CALL: "an option",
        Kind.PUT: "an option",
        Kind.COIN: "a coin",
        Kind.PERPETUAL: "a perpetual future",
    }
)


def check(candidate: Candidate, ctx: Context) -> Asked | Problem:
    """The reading as it may be offered, or the first thing that is wrong with it."""
    named = ctx.with_name(candidate)
    problem = next(_problems(candidate, named), None)
    return problem or _asked(candidate, ctx)


def _problems(candidate: Candidate, ctx: Context) -> Iterator[Problem]:
    yield from _venue(candidate, ctx)
    for why in account_faults(candidate.parse, candidate.instrument):
        yield Problem(Rank.QUANTITY, why)
    yield from _product(candidate, ctx)
    yield from term_problems(candidate, ctx)
    yield from _quantity(candidate, ctx)


# -- venue and product ---------------------------------------------------------------------------


def _venue(candidate: Candidate, ctx: Context) -> Iterator[Problem]:
    parse, instrument = candidate.parse, candidate.instrument
    if parse.venue and instrument.exchange not in VENUES[parse.venue]:
        why = f"{instrument.symbol} is listed on {instrument.exchange}, not on {parse.venue}."
        text = ctx.with_span(parse.spans["venue"], instrument.exchange.lower())
        yield Problem(Rank.VENUE, why, (Fix(instrument.exchange, text),))


def allowed_products(instrument: Instrument) -> frozenset[Product]:
    if instrument.currency != "INR" and instrument.kind in (Kind.SHARE, Kind.ETF):
        return _OUTRIGHT
    return _PRODUCTS[instrument.kind]


def _product(candidate: Candidate, ctx: Context) -> Iterator[Problem]:
    parse, instrument = candidate.parse, candidate.instrument
    allowed = allowed_products(instrument)
    if not parse.product or parse.product in allowed:
        return
    span = parse.spans["product"]
    word = ctx.words(*span).lower()
    kind = _PEOPLE_CALL[instrument.kind]
    if allowed is _OUTRIGHT and instrument.kind is not Kind.COIN:
        kind = f"{kind} outside India"
    why = f"{word} is not possible for {kind}. Possible: {_names(allowed)}."
    fixes = (
        Fix(product.value, ctx.with_span(span, product.value.lower()))
        for product in sorted(allowed)
        if product is not Product.MARGIN_FUNDED
    )
    yield Problem(Rank.PRODUCT, why, tuple(fixes))


def _names(products: frozenset[Product]) -> str:
    return ", ".join(product.value.lower() for product in sorted(products))


# -- quantity ------------------------------------------------------------------------------------


def _quantity(candidate: Candidate, ctx: Context) -> Iterator[Problem]:
    amount, instrument = candidate.parse.quantity, candidate.instrument
    if amount is None:
        yield _missing(candidate, ctx)
    elif amount.value <= 0:
        yield Problem(Rank.QUANTITY, "The quantity must be above zero.")
    elif amount.measure is Measure.PERCENT:
        if amount.value > 100:
            yield Problem(Rank.QUANTITY, "At most 100 % can be ordered.")
    elif amount.measure is Measure.MONEY:
        if amount.value > MOST_MONEY:
            yield Problem(Rank.QUANTITY, "That is more money than one order can hold.")
    elif amount.measure is Measure.LOTS:
        yield from _lots(amount, candidate, ctx)
    elif amount.value % instrument.lot_size:
        yield _off_lot(amount.value, candidate, ctx)


def _missing(candidate: Candidate, ctx: Context) -> Problem:
    parse, instrument = candidate.parse, candidate.instrument
    parts = ("name", "strike", "expiry", "future")
    end = max(parse.spans[part][1] for part in parts if part in parse.spans)
    if instrument.kind.is_derivative:
        texts: tuple[str, ...] = ("1 lot", "2 lots")
    else:
        texts = ("$100", "$1000") if instrument.kind in COINS else ("1", "10")
    fixes = tuple(Fix(f"{candidate.title} · {text}", ctx.with_after(end, text)) for text in texts)
    lot = f" One lot is {quantity(instrument.lot_size)}." if instrument.kind.is_derivative else ""
    why = f"How many of {candidate.title}?{lot}"
    return Problem(Rank.QUANTITY_MISSING, why, fixes, candidate)


def _lots(amount: Amount, candidate: Candidate, ctx: Context) -> Iterator[Problem]:
    instrument = candidate.instrument
    whole = amount.value.to_integral_value()
    if not instrument.kind.is_derivative:
        why = f"{instrument.symbol} is {_PEOPLE_CALL[instrument.kind]} and is not traded in lots."
        count = number_text(amount.value)
        text = ctx.with_span(candidate.parse.spans["quantity"], count)
        yield Problem(Rank.QUANTITY, why, (Fix(f"{count} units", text),))
    elif amount.value != whole:
        near = neighbours(amount.value, Decimal(1))
        fixes = tuple(_lot_fix(lots, candidate, ctx) for lots in near)
        yield Problem(Rank.QUANTITY, "Only whole lots can be traded.", fixes)


def _lot_fix(lots: Decimal, candidate: Candidate, ctx: Context) -> Fix:
    words = f"{number_text(lots)} {'lot' if lots == 1 else 'lots'}"
    label = units(lots * candidate.instrument.lot_size, candidate.instrument)
    return Fix(label, ctx.with_span(candidate.parse.spans["quantity"], words))


def _off_lot(value: Decimal, candidate: Candidate, ctx: Context) -> Problem:
    instrument, span = candidate.instrument, candidate.parse.spans["quantity"]
    near = neighbours(value, instrument.lot_size)
    step = quantity(instrument.lot_size, instrument.currency)
    said = quantity(value, instrument.currency)
    if not instrument.kind.is_derivative:
        fixes = tuple(
            Fix(quantity(units_, instrument.currency), ctx.with_span(span, number_text(units_)))
            for units_ in near
        )
        return Problem(
            Rank.QUANTITY,
            f"{said} is not a multiple of {step}, the step of {instrument.symbol}.",
            fixes,
        )
    lots = [units_ / instrument.lot_size for units_ in near]
    if value == value.to_integral_value() and value <= MOST_LOTS_MEANT and value not in lots:
        lots.append(value)
    why = f"{said} is not a multiple of the lot of {candidate.title}, which is {step}."
    return Problem(Rank.QUANTITY, why, tuple(_lot_fix(count, candidate, ctx) for count in lots))


# -- the reading ---------------------------------------------------------------------------------


def _asked(candidate: Candidate, ctx: Context) -> Asked:
    parse, instrument = candidate.parse, candidate.instrument
    amount = parse.quantity
    assert amount  # noqa: S101 - a missing quantity is a problem
    account, shares = shares_of(parse, instrument)
    counted = {
        Measure.BARE: amount.value,
        Measure.UNITS: amount.value,
        Measure.LOTS: amount.value * instrument.lot_size,
    }
    return Asked(
        instrument=instrument,
        side=ctx.side,
        quantity=counted.get(amount.measure),
        money=amount.value if amount.measure is Measure.MONEY else None,
        percent=amount.value if amount.measure is Measure.PERCENT else None,
        order_type=type_meant(parse),
        price=parse.price.value if parse.price else None,
        trigger=parse.trigger.value if parse.trigger else None,
        stop_loss=_level(parse.stop_loss),
        target=_level(parse.target),
        trail=_level(parse.trail),
        product=parse.product,
        time_in_force=parse.time_in_force,
        plain_market=parse.market is Market.PLAIN,
        account=account,
        shares=shares,
        each=parse.each,
        note=parse.note,
        label=_label(candidate, amount, parse),
        read_as=candidate.read_as,
    )


def _level(said: Away | None) -> Level | None:
    return Level(said.value, said.unit) if said else None


def _label(candidate: Candidate, amount: Amount, parse: Parse) -> str:
    instrument = candidate.instrument
    text = f"{candidate.title} · {amount_text(amount, instrument)}"
    return f"{text} @ {short_price(parse.price.value, instrument)}" if parse.price else text
