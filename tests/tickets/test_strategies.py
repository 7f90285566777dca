"""Which contracts a strategy is made of, and what they come to: proven against a price grid."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradegram.errors import UserError
from tradegram.model import Instrument, Kind, OrderType, Product, Side, TimeInForce
from tradegram.tickets.payoff import net, outcome, worst_net
from tradegram.tickets.strategies import (
    ONE_KIND,
    STRIKES,
    Piece,
    Plan,
    Strategy,
    at_the_money,
    check_listed,
    pieces,
    spread_around,
    strikes_around,
)
from tradegram.tickets.ticket import Draft, Leg, Pricing

D = Decimal
NEAR, FAR = date(2026, 12, 1), date(2026, 12, 8)
LOT = D(65)
LISTED = tuple(D(strike) for strike in range(22_000, 26_001, 50))


def plan(strategy: Strategy, *strikes: int, long: bool = True, kind: Kind = Kind.CALL) -> Plan:
    return Plan(
        strategy,
        long,
        tuple(map(D, strikes)),
        NEAR,
        kind if strategy in ONE_KIND else None,
        FAR if strategy is Strategy.CALENDAR else None,
    )


@st.composite
def plans(draw: st.DrawFn, strategies: st.SearchStrategy[Strategy]) -> Plan:
    strategy = draw(strategies)
    count = STRIKES[strategy]
    strikes = draw(st.lists(st.sampled_from(LISTED), min_size=count, max_size=count, unique=True))
    if strategy is not Strategy.SPREAD:
        strikes = sorted(strikes)
    kind = draw(st.sampled_from([Kind.CALL, Kind.PUT]))
    return plan(strategy, *map(int, strikes), long=draw(st.booleans()), kind=kind)


def option(piece: Piece) -> Instrument:
    return Instrument(
        "NFO", f"NIFTY{piece.expiry}{piece.strike}{piece.kind}", piece.kind, "Nifty option",
        LOT, D("0.05"), underlying="NIFTY", expiry=piece.expiry, strike=piece.strike,
    )  # fmt: skip


def leg(piece: Piece, price: Decimal, lots: int = 1) -> Leg:
    draft = Draft(
        option(piece), piece.side, LOT * piece.ratio * lots, OrderType.LIMIT,
        Product.CARRY_FORWARD, TimeInForce.DAY, price=price,
    )  # fmt: skip
    zero = D(0)
    pricing = Pricing(price, price, price, "test", 0.0, None, zero, zero, zero, {})
    return Leg("paper:main", draft, pricing)


def paid_off(legs: list[Leg], spot: Decimal) -> Decimal:
    """Worked out anew from the contracts: what each pays at expiry, less what it cost."""
    total = D(0)
    for one in legs:
        strike, kind = one.draft.instrument.strike, one.draft.instrument.kind
        assert strike is not None
        assert one.draft.price is not None
        pays = max(D(0), spot - strike if kind is Kind.CALL else strike - spot)
        made = (pays - one.draft.price) * one.draft.quantity
        total += made if one.draft.side is Side.BUY else -made
    return total


@given(plans(st.sampled_from(Strategy)))
def test_going_the_other_way_turns_every_leg_round(drawn: Plan) -> None:
    if drawn.strategy is Strategy.SPREAD:
        return
    other = Plan(drawn.strategy, not drawn.long, drawn.strikes, drawn.expiry, drawn.kind, drawn.far)

    def by_contract(made: tuple[Piece, ...]) -> dict[tuple[Kind, Decimal, date], tuple[Side, int]]:
        return {(one.kind, one.strike, one.expiry): (one.side, one.ratio) for one in made}

    there, back = by_contract(pieces(drawn)), by_contract(pieces(other))
    assert there.keys() == back.keys()
    for contract, (side, ratio) in there.items():
        assert back[contract] == (side.opposite, ratio)


@given(plans(st.sampled_from(Strategy)))
def test_legs_stand_at_the_strikes_that_were_said_and_nowhere_else(drawn: Plan) -> None:
    made = pieces(drawn)

    assert {one.strike for one in made} == set(drawn.strikes)
    assert {one.expiry for one in made} <= {NEAR, FAR}
    contracts = Counter((one.kind, one.strike, one.expiry) for one in made)
    assert set(contracts.values()) == {1}
    if drawn.strategy in ONE_KIND:
        assert {one.kind for one in made} == {drawn.kind}


BOUNDED = (Strategy.SPREAD, Strategy.CONDOR, Strategy.IRON_BUTTERFLY, Strategy.BUTTERFLY)


@given(plans(st.sampled_from(BOUNDED)))
def test_what_is_sold_of_a_spread_is_bought_again_as_many_times(drawn: Plan) -> None:
    lots = Counter[Side]()
    for one in pieces(drawn):
        lots[one.side] += one.ratio

    assert lots[Side.BUY] == lots[Side.SELL]


@given(
    plans(st.sampled_from(sorted(set(Strategy) - {Strategy.CALENDAR}))),
    st.lists(st.integers(1, 20_000), min_size=4, max_size=4),
    st.integers(1, 5),
)
def test_bounds_and_breakevens_are_those_of_a_grid_of_prices(
    drawn: Plan, ticks: list[int], lots: int
) -> None:
    legs = [
        leg(piece, D(tick) / 20, lots) for piece, tick in zip(pieces(drawn), ticks, strict=False)
    ]
    found = outcome(legs)
    assert found is not None
    # All strikes are on the grid, so that no corner lies between two of its points.
    grid = {D(spot): paid_off(legs, D(spot)) for spot in range(0, 60_001, 50)}
    most, least = max(grid.values()), min(grid.values())
    far = paid_off(legs, D(10_000_000))

    assert (found.profit is None) == (far > most)
    assert (found.loss is None) == (far < least)
    if found.profit is not None:
        assert found.profit == most
    if found.loss is not None:
        assert found.loss == -least
    losing = [made < 0 for made in (*grid.values(), far)]
    assert len(found.breakevens) == sum(one != other for one, other in pairwise(losing))
    for spot in found.breakevens:
        assert abs(paid_off(legs, spot)) < D("0.001")
    assert net(legs) == paid_off(legs, D(0)) - sum(
        (leg.draft.instrument.strike or D(0)) * leg.draft.quantity
        * (1 if leg.draft.side is Side.BUY else -1)
        for leg in legs if leg.draft.instrument.kind is Kind.PUT
    )  # fmt: skip


@given(plans(st.just(Strategy.CALENDAR)))
def test_nothing_is_promised_of_legs_that_end_on_different_days(drawn: Plan) -> None:
    assert outcome([leg(piece, D(100)) for piece in pieces(drawn)]) is None


def test_the_worst_of_a_basket_is_not_known_where_a_leg_has_none() -> None:
    [first, second] = [leg(piece, D(100)) for piece in pieces(plan(Strategy.STRADDLE, 24_000))]
    assert worst_net([first, second]) == -2 * 100 * LOT
    market = Draft(
        first.draft.instrument, Side.BUY, LOT, OrderType.MARKET, Product.CARRY_FORWARD,
        TimeInForce.DAY, plain_market=True,
    )  # fmt: skip
    assert worst_net([Leg("paper:main", market, first.pricing), second]) is None


@pytest.mark.parametrize(
    ("strategy", "kind", "bull", "strikes"),
    [
        (Strategy.STRANGLE, None, True, (23_800, 24_200)),
        (Strategy.CONDOR, None, True, (23_700, 23_800, 24_200, 24_300)),
        (Strategy.IRON_BUTTERFLY, None, True, (23_800, 24_000, 24_200)),
        (Strategy.STRADDLE, None, True, (24_000,)),
        (Strategy.SPREAD, Kind.CALL, True, (24_000, 24_200)),
        (Strategy.SPREAD, Kind.CALL, False, (24_200, 24_000)),
        (Strategy.SPREAD, Kind.PUT, True, (23_800, 24_000)),
        (Strategy.SPREAD, Kind.PUT, False, (24_000, 23_800)),
    ],
)
def test_a_width_is_counted_from_the_middle(
    strategy: Strategy, kind: Kind | None, bull: bool, strikes: tuple[int, ...]
) -> None:
    if kind is not None:
        assert spread_around(kind, D(24_000), D(200), bull=bull) == strikes
    else:
        assert strikes_around(strategy, D(24_000), D(200), D(100)) == strikes


@given(st.integers(22_000 * 20, 26_000 * 20))
def test_no_listed_strike_is_nearer_to_the_money(ticks: int) -> None:
    spot = D(ticks) / 20
    middle = at_the_money(LISTED, spot)

    assert abs(middle - spot) == min(abs(strike - spot) for strike in LISTED)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (plan(Strategy.CONDOR, 24_000, 24_100, 24_200), "has 4 strikes, not 3"),
        (plan(Strategy.BUTTERFLY, 24_200, 24_100, 24_300), "from low to high"),
        (plan(Strategy.SPREAD, 24_000, 24_000), "buys one strike and sells another"),
        (Plan(Strategy.SPREAD, True, (D(1), D(2)), NEAR), "say CE or PE"),
        (Plan(Strategy.CALENDAR, True, (D(1),), FAR, Kind.CALL, NEAR), "the nearer one first"),
    ],
)
def test_what_does_not_make_the_strategy_is_refused_in_words(wrong: Plan, words: str) -> None:
    with pytest.raises(UserError, match=words):
        pieces(wrong)


def test_a_strike_that_is_not_listed_is_refused_with_the_nearest() -> None:
    with pytest.raises(UserError, match="no strike 24,010; the nearest are 24,000 and 24,050"):
        check_listed([D(24_010)], LISTED)
