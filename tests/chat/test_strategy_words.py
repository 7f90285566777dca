"""Whatever stands after a strategy's command is a basket, a question or a sentence."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
from chat.trading_floor import sample
from hypothesis import given
from hypothesis import strategies as st

from tradegram.chat.grammar.strategy_asked import Market, Question, basket_of
from tradegram.chat.grammar.strategy_words import Said, read_strategy
from tradegram.errors import UserError
from tradegram.model import Kind
from tradegram.tickets.basket import Basket
from tradegram.tickets.strategies import Strategy

D = Decimal
TODAY = date(2026, 11, 20)
SPOT = D("24056.30")
WORDS = (
    *("NIFTY", "BANKNIFTY", "RELIANCE", "nifty 50", "CRUDEOIL", "FOO", "weekly", "monthly"),
    *("next month", "next week", "1 DEC", "8 DEC", "29DEC", "DEC", "24 NOV 26", "2 lots", "1 lot"),
    *("lots", "1.5 lots", "65 qty", "24000", "24200", "23800", "24400", "0", "-5", "99999999"),
    *("CE", "PE", "24000 CE", "CE 24200", "call", "long", "short", "bull", "bear", "iron", "atm"),
    *("width 200", "width 0", "width", "wings 100", "200 points", "200 wide", "mis", "nrml", "cnc"),
    *("#main", "#", '"a note"', '"', "@", "@ 5", "sl 2%", "₹50k", "10%", "🙂", "<b>", "limit"),
)


def market(spot: Decimal | None = SPOT) -> Market:
    return Market(sample(), lambda one: spot, TODAY)


@given(st.sampled_from(Strategy), st.lists(st.sampled_from(WORDS), max_size=8))
def test_any_words_are_answered(strategy: Strategy, words: list[str]) -> None:
    text = " ".join(words)
    try:
        found = basket_of(strategy, read_strategy(text, sample(), TODAY), market(), text)
    except UserError:
        return
    if isinstance(found, Question):
        assert found.offers
        return
    assert isinstance(found, Basket)
    assert len({leg.instrument.underlying for leg in found.legs}) == 1
    for leg in found.legs:
        assert leg.quantity is not None
        assert leg.quantity % leg.instrument.lot_size == 0
        assert leg.quantity > 0


@given(st.sampled_from(Strategy), st.integers(0, 3))
def test_the_first_buttons_of_every_question_lead_to_a_basket(
    strategy: Strategy, which: int
) -> None:
    text = "NIFTY bull" if strategy is Strategy.SPREAD else "NIFTY"
    text += " width 200" if strategy is Strategy.SPREAD else ""
    for _ in range(8):
        found = basket_of(strategy, read_strategy(text, sample(), TODAY), market(), text)
        if isinstance(found, Basket):
            break
        text += f" {found.offers[min(which, len(found.offers) - 1)][1]}"
    assert isinstance(found, Basket)


@given(st.text(max_size=60))
def test_no_text_is_a_crash(text: str) -> None:
    with suppress(UserError):
        read_strategy(text, sample(), TODAY)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("weekly PE 1 lot", Said(kind=Kind.PUT, lots=1)),
        ("PE 1 DEC", Said(kind=Kind.PUT)),
        ("CE 24000", Said(kind=Kind.CALL, strikes=(D(24_000),))),
        ("24000 24200 CE", Said(kind=Kind.CALL, strikes=(D(24_000), D(24_200)))),
        ("24000 width 200", Said(strikes=(D(24_000),), width=D(200))),
        ("200 points wings 50", Said(width=D(200), wings=D(50))),
        ("short iron 2 lots", Said(long=False, iron=True, lots=2)),
    ],
)
def test_words_say_this(text: str, said: Said) -> None:
    found = read_strategy(text, sample(), TODAY)

    for name in ("kind", "strikes", "lots", "width", "wings", "long", "iron"):
        assert getattr(found, name) == getattr(said, name), name


def test_without_a_price_the_strike_must_be_named() -> None:
    text = "NIFTY 1 DEC 1 lot"
    with pytest.raises(UserError, match="name the strike"):
        basket_of(Strategy.STRADDLE, read_strategy(text, sample(), TODAY), market(None), text)

    named = f"{text} 24000"
    found = basket_of(Strategy.STRADDLE, read_strategy(named, sample(), TODAY), market(None), named)
    assert isinstance(found, Basket)
