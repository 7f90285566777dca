from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import INFY, INTENT

from tradegram.brokers.protection import protect, worst_price
from tradegram.errors import UserError
from tradegram.model import Instrument, Kind, OrderType, Quote, Side

D = Decimal
TRADABLE = [kind for kind in Kind if kind is not Kind.INDEX]
MARKET = replace(INTENT, order_type=OrderType.MARKET, price=None)


def quote(last: Decimal, bid: Decimal | None = None, ask: Decimal | None = None) -> Quote:
    bid, ask = last if bid is None else bid, last if ask is None else ask
    return Quote("NSE:INFY", last, bid, ask, D(1), D(1), last, last, last, last, 0.0, "test")


def instrument(kind: Kind, tick: str = "0.05") -> Instrument:
    return replace(INFY, kind=kind, tick_size=D(tick))


@pytest.mark.parametrize(
    ("kind", "last", "buy", "sell"),
    [
        (Kind.SHARE, "50", "51.00", "49.00"),
        (Kind.SHARE, "200", "202.00", "198.00"),
        (Kind.SHARE, "1500", "1507.50", "1492.50"),
        (Kind.SHARE, "1500.05", "1507.60", "1492.50"),  # snapped outward
        (Kind.ETF, "270", "272.70", "267.30"),
        (Kind.FUTURE, "24000", "24120.00", "23880.00"),
        (Kind.CALL, "5", "5.25", "4.75"),
        (Kind.PUT, "50", "51.50", "48.50"),
        (Kind.CALL, "200", "204.00", "196.00"),
        (Kind.PUT, "600", "606.00", "594.00"),
        (Kind.COIN, "95000", "95475.00", "94525.00"),
    ],
)
def test_the_band_follows_kind_and_height_of_the_price(
    kind: Kind, last: str, buy: str, sell: str
) -> None:
    assert worst_price(instrument(kind), Side.BUY, quote(D(last))) == D(buy)
    assert worst_price(instrument(kind), Side.SELL, quote(D(last))) == D(sell)


prices = st.integers(1, 10_000_000)
ticks = st.sampled_from(["0.01", "0.05", "0.10", "1", "5", "0.00001"])


@given(
    kind=st.sampled_from(TRADABLE),
    side=st.sampled_from(list(Side)),
    tick=ticks,
    last=prices,
    below=st.integers(0, 500),
    above=st.integers(0, 500),
)
def test_the_worst_price_is_on_its_side_on_the_tick_and_positive(
    kind: Kind, side: Side, tick: str, last: int, below: int, above: int
) -> None:
    row = instrument(kind, tick)
    unit = row.tick_size
    seen = quote(last * unit, max(last - below, 0) * unit, (last + above) * unit)
    worst = worst_price(row, side, seen)
    assert worst > 0
    assert worst % unit == 0
    if side is Side.BUY:
        assert worst >= max(seen.last, seen.ask) + unit
    else:
        assert worst == unit or worst <= min(seen.last, seen.bid or seen.last) - unit


@given(kind=st.sampled_from(TRADABLE), side=st.sampled_from(list(Side)), last=prices)
def test_the_worst_price_is_never_further_than_the_widest_band_and_two_ticks(
    kind: Kind, side: Side, last: int
) -> None:
    row = instrument(kind)
    price = last * row.tick_size
    distance = abs(worst_price(row, side, quote(price)) - price)
    assert distance <= price * D("0.05") + 2 * row.tick_size


def test_a_market_order_becomes_a_limit_and_remembers_what_it_was() -> None:
    sent = protect(MARKET, quote(D(1500)))
    assert (sent.order_type, sent.price) == (OrderType.LIMIT, D("1507.50"))
    assert sent.asked_type is OrderType.MARKET
    assert replace(sent, order_type=OrderType.MARKET, price=None, asked_type=MARKET.asked_type) == (
        MARKET
    )


@given(side=st.sampled_from(list(Side)), trigger=prices)
def test_a_stop_gets_its_limit_beyond_the_trigger(side: Side, trigger: int) -> None:
    price = trigger * INFY.tick_size
    stop = replace(INTENT, side=side, order_type=OrderType.STOP, price=None, trigger=price)
    sent = protect(stop, None)
    assert (sent.order_type, sent.asked_type) == (OrderType.STOP_LIMIT, OrderType.STOP)
    assert sent.price is not None
    if side is Side.BUY:
        assert sent.price > price
    else:
        assert sent.price < price or sent.price == INFY.tick_size


@pytest.mark.parametrize("kind", [OrderType.LIMIT, OrderType.STOP_LIMIT])
def test_an_order_with_its_own_limit_is_left_alone(kind: OrderType) -> None:
    order = replace(INTENT, order_type=kind)
    assert protect(order, None) is order


@pytest.mark.parametrize(
    ("row", "seen", "words"),
    [
        (INFY, None, "There is no price for INFY"),
        (replace(INFY, tick_size=D(0)), quote(D(1500)), "no usable price or tick"),
        (INFY, quote(D(0)), "no usable price or tick"),
        (INFY, quote(D("NaN"), D(1), D(1)), "no usable price or tick"),
        (replace(INFY, kind=Kind.INDEX), quote(D(1500)), "is an index"),
    ],
)
def test_what_cannot_be_bounded_is_not_sent(
    row: Instrument, seen: Quote | None, words: str
) -> None:
    with pytest.raises(UserError, match=words):
        protect(replace(MARKET, instrument=row), seen)
