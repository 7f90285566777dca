"""What holds for every order text: nothing is guessed, nothing is rounded, nothing raises."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from order_texts import NOW, master, read

from tradegram.chat.asked import Asked, Level, Readings, Unit
from tradegram.chat.grammar.read import is_order, read_order, read_terms
from tradegram.errors import UserError
from tradegram.model import Instrument, OrderType, Product, Side, TimeInForce

SHARES = ("RELIANCE", "INFY", "M&M", "BAJAJ-AUTO", "TCS", "LT", "BSE")
CONTRACTS = ("NIFTY26NOVFUT", "BANKNIFTY26NOV52000CE", "NIFTY26NOV24000PE", "RELIANCE26DECFUT")

instruments = st.sampled_from(
    [row for name in (*SHARES, *CONTRACTS) for row in master().named(name)[:1]]
)
CASES: tuple[Callable[[str], str], ...] = (str.strip, str.lower, str.upper)
prices = st.integers(2, 10**6).map(lambda ticks: ticks * Decimal("0.05"))


@dataclass(frozen=True)
class Said:
    """An order as parts, and each part as words."""

    asked: Asked
    parts: tuple[str, ...]


def number(value: Decimal, grouped: bool) -> str:
    return f"{value:,f}" if grouped else f"{value:f}"


@st.composite
def names(draw: st.DrawFn, instrument: Instrument) -> str:
    if not instrument.kind.is_derivative:
        return instrument.symbol
    assert instrument.expiry
    day = draw(st.sampled_from([f"{instrument.expiry:%d %b}", f"{instrument.expiry:%d%b%y}"]))
    what = f"{instrument.strike:f} {instrument.kind}" if instrument.strike else "FUT"
    return draw(st.sampled_from([instrument.symbol, " ".join([instrument.underlying, what, day])]))


@st.composite
def quantities(draw: st.DrawFn, instrument: Instrument) -> tuple[Decimal, str]:
    count = draw(st.integers(1, 400))
    units = count * instrument.lot_size
    if instrument.kind.is_derivative and draw(st.booleans()):
        return units, draw(st.sampled_from([f"{count} lots", f"{count}x", f"{count} lot"]))
    words = [f"{units:f} qty", f"{units:f} units", f"qty {units:f}", f"{units:f}sh"]
    return units, draw(st.sampled_from(words))


def maybe(text: str, given_: bool) -> tuple[str, ...]:
    return (text,) if given_ else ()


@st.composite
def orders(draw: st.DrawFn) -> Said:
    instrument, side = draw(instruments), draw(st.sampled_from(Side))
    quantity, how_many = draw(quantities(instrument))
    price = draw(st.none() | prices)
    stop = draw(st.none() | st.integers(1, 99))
    product = draw(st.sampled_from([None, Product.INTRADAY]))
    lifetime = draw(st.none() | st.sampled_from(TimeInForce))
    parts = (
        draw(names(instrument)),
        how_many,
        *maybe(f"{draw(st.sampled_from(['@', '@ ', 'limit ', 'at ₹']))}"
               f"{number(price or Decimal(0), draw(st.booleans()))}", price is not None),
        *maybe(f"sl {stop}%", stop is not None),
        *maybe(str(product).lower(), product is not None),
        *maybe(str(lifetime), lifetime is not None),
    )  # fmt: skip
    asked = Asked(
        instrument,
        side,
        quantity,
        order_type=OrderType.MARKET if price is None else OrderType.LIMIT,
        price=price,
        stop_loss=None if stop is None else Level(Decimal(stop), Unit.PERCENT),
        product=product,
        time_in_force=lifetime,
    )
    return Said(asked, parts)


@settings(max_examples=150, deadline=None)
@given(orders(), st.data())
def test_an_order_is_read_back_as_it_was_meant_in_any_order_of_its_clauses(
    order: Said, data: st.DataObject
) -> None:
    parts = data.draw(st.permutations(order.parts))
    gap = data.draw(st.sampled_from([" ", "  ", "\t"]))
    case = data.draw(st.sampled_from(CASES))
    head = data.draw(st.sampled_from([order.asked.side.lower(), f"/{order.asked.side}"]))

    readings = read(case(gap.join([head, *parts])))

    found = [replace(asked, label="", read_as="") for asked in readings.readings]
    assert found == [order.asked], (parts, readings)


WORDS = (
    *("NIFTY", "50", "RELIANCE", "BANKNIFTY", "TATA MOTORS", "M&M", "BTCUSDT", "AAPL", "GOLD"),
    *("NIFTY26NOVFUT", "FUT", "CE", "PE", "call", "24000", "52000CE", "23 NOV", "27NOV", "nov"),
    *("weekly", "next week", "monthly", "1", "2 lots", "65", "10", "0.01", "7x", "₹50k", "$100"),
    *("10%", "@ 120", "@2950.03", "limit", "at", "sl", "sl 2900", "tgt +50", "-40", "trg 2960"),
    *("mkt", "plain", "sl-m", "mis", "cnc", "nrml", "ioc", "gtt", "nse", "mcx", "#main", '"x'),
    *("#kid:2", "#wife=2lots", "each"),
    *("of", "qty", "RELIAANCE", "lmit", "29,50", "26", "NIFTY24NOV26000CE", "?", "@", '"a b"'),
)
texts = st.lists(st.sampled_from(WORDS), max_size=9).map(lambda words: "buy " + " ".join(words))

_NUMBERS = re.compile(r"[0-9]+(?:\.[0-9]+)?")


def numbers_in(text: str) -> set[Decimal]:
    return {Decimal(digits) for digits in _NUMBERS.findall(text.replace(",", ""))}


def said_or_shown(asked: Asked, readings: Readings) -> set[Decimal]:
    """Every number of the text, times its lot and scale, and what the button itself states."""
    said = numbers_in(readings.source_text)
    lots = {number * asked.instrument.lot_size for number in said}
    money = {number * 1000 for number in said}
    shown = numbers_in(asked.label) if len(readings.readings) > 1 else set()
    return said | lots | money | shown


@settings(max_examples=250, deadline=None)
@given(texts)
def test_no_reading_holds_a_number_that_nobody_typed_or_saw(text: str) -> None:
    readings = read(text)

    for asked in readings.readings:
        known = said_or_shown(asked, readings)
        levels = [level.value for level in (asked.stop_loss, asked.target) if level]
        held = [asked.quantity, asked.money, asked.percent, asked.price, asked.trigger, *levels]
        assert {value for value in held if value is not None} <= known, asked


@settings(max_examples=250, deadline=None)
@given(texts)
def test_every_reading_keeps_the_rules_of_its_instrument(text: str) -> None:
    for asked in read(text).readings:
        row = asked.instrument
        sized = [asked.quantity, asked.money, asked.percent]
        assert sum(value is not None for value in sized) == 1
        assert all(value > 0 for value in sized if value is not None)
        assert asked.quantity is None or asked.quantity % row.lot_size == 0
        for price in (asked.price, asked.trigger):
            assert price is None or (price > 0 and price % row.tick_size == 0)
        assert row.kind.value != "INDEX"
        assert asked.side is Side.BUY


@settings(max_examples=60, deadline=None)
@given(texts)
def test_whatever_is_offered_is_understood(text: str) -> None:
    for offer in read(text).offers:
        assert read(offer.text).readings, offer


@settings(max_examples=100, deadline=None)
@given(texts)
def test_several_readings_come_with_a_question_and_different_labels(text: str) -> None:
    readings = read(text)

    names = [asked.label for asked in readings.readings]
    assert len(set(names)) == len(names) <= 64
    assert bool(readings.question) == (len(names) != 1)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60), st.sampled_from(["buy ", "/s ", "", "buy RELIANCE 10 "]))
def test_any_text_is_answered(text: str, head: str) -> None:
    readings = read_order(head + text, master(), NOW)

    assert is_order(head + text) in (True, False)
    assert readings.readings or readings.question
    assert readings.source_text == head + text


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="0123456789.,@#%₹$kx+-/\"' lbtrsqy", max_size=40))
def test_any_change_of_an_order_is_read_or_refused(text: str) -> None:
    row = master().named("RELIANCE")[0]
    terms = None
    with suppress(UserError):
        terms = read_terms(text, row)

    if terms:
        found = [terms.price, terms.trigger, terms.quantity]
        assert any(value is not None for value in found)
        assert all(value > 0 for value in found if value is not None)
