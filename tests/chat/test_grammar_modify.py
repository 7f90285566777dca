"""What may be typed to change a working order."""

from __future__ import annotations

import re
from decimal import Decimal as D

import pytest
from order_texts import master

from tradegram.chat.grammar.read import NewTerms, read_terms
from tradegram.errors import UserError
from tradegram.model import Instrument


def row(name: str) -> Instrument:
    return master().named(name)[0]


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("2955", NewTerms(price=D(2955))),
        ("@ 2,955.05", NewTerms(price=D("2955.05"))),
        ("₹2955", NewTerms(price=D(2955))),
        ("qty 5", NewTerms(quantity=D(5))),
        ("5 shares @2955", NewTerms(price=D(2955), quantity=D(5))),
        ("trg 2960 limit 2965 10 qty", NewTerms(D(2965), D(2960), D(10))),
    ],
)
def test_new_terms_are_read_from_few_words(text: str, terms: NewTerms) -> None:
    assert read_terms(text, row("RELIANCE")) == terms


@pytest.mark.parametrize(
    ("text", "name", "terms"),
    [
        ("@ 1405 qty 12", "RELIANCE", NewTerms(price=D(1405), quantity=D(12))),
        ("₹1405 qty 12", "RELIANCE", NewTerms(price=D(1405), quantity=D(12))),
        ("1405 trg 1400 qty 12", "RELIANCE", NewTerms(D(1405), D(1400), D(12))),
        ("12 qty 1405.05", "RELIANCE", NewTerms(price=D("1405.05"), quantity=D(12))),
        ("24100 qty 130", "NIFTY26NOVFUT", NewTerms(price=D(24100), quantity=D(130))),
        ("24100 qty 2 lots", "NIFTY26NOVFUT", NewTerms(price=D(24100), quantity=D(130))),
    ],
)
def test_two_numbers_are_read_in_the_only_way_the_instrument_allows(
    text: str, name: str, terms: NewTerms
) -> None:
    assert read_terms(text, row(name)) == terms


def test_two_numbers_that_could_be_swapped_are_asked_back_and_not_guessed() -> None:
    with pytest.raises(UserError) as told:
        read_terms("1405 qty 12 trg 1400", row("RELIANCE"))

    assert str(told.value) == (
        "That can be read in two ways. Say “qty 1405 @ 12 trg 1400” or “qty 12 @ 1405 trg 1400”."
    )


def test_lots_become_units() -> None:
    assert read_terms("5 lots", row("NIFTY26NOVFUT")).quantity == 325


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ("", "RELIANCE", "What should change?"),
        ("2955.03", "RELIANCE", "2,955.00 or 2,955.05"),
        ("2955 @ 2956", "RELIANCE", "price is said twice"),
        ("qty 0", "RELIANCE", "above zero"),
        ("qty 1.5", "RELIANCE", "not a multiple of 1"),
        ("qty 50", "NIFTY26NOVFUT", "not a multiple of 65"),
        ("5 lots", "RELIANCE", "not traded in lots"),
        ("10%", "RELIANCE", '"10%" is not a price'),
        ("$5", "RELIANCE", "priced in INR"),
        ("mis", "RELIANCE", '"mis" cannot be changed'),
        ("soon", "RELIANCE", '"soon" cannot be changed or is not understood'),
        ("limit", "RELIANCE", "wants a price"),
        ("1 " * 101, "RELIANCE", "too long"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(text: str, name: str, said: str) -> None:
    with pytest.raises(UserError, match=re.escape(said)):
        read_terms(text, row(name))
