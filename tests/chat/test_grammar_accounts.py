"""For whom an order is: one account, several, weights, quantities of their own, each."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from order_texts import offered, one, read

from tradegram.chat.asked import AskedShare

D = Decimal
ACCOUNTS = ("#main", "#wife", "#kid:2", "#dad:17", "#zerodha:AB1234", "#angel:123456", "#all")
SIZES = ("=2lots", "=1lot", "=3x", "=65", "=130qty", "=10")


def share(name: str, weight: int = 0, quantity: str | None = None) -> AskedShare:
    return AskedShare(name, weight, D(quantity) if quantity else None)


@pytest.mark.parametrize(
    ("words", "account", "shares"),
    [
        ("#main", "main", ()),
        ("#all", "all", ()),
        ("#zerodha:AB1234", "zerodha:AB1234", ()),
        ("#angel:123456", "angel:123456", ()),
        ("#main #wife", "", (share("main"), share("wife"))),
        ("#main:2 #wife:1", "", (share("main", 2), share("wife", 1))),
        ("#main:2, #wife.", "", (share("main", 2), share("wife"))),
        ("#zerodha:AB1234:2 #wife", "", (share("zerodha:AB1234", 2), share("wife"))),
        ("#main:2", "", (share("main", 2),)),
    ],
)
def test_accounts_and_their_weights(
    words: str, account: str, shares: tuple[AskedShare, ...]
) -> None:
    asked = one(f"buy RELIANCE 10 {words}")

    assert (asked.account, asked.shares, asked.each) == (account, shares, False)
    assert asked.quantity == 10


@pytest.mark.parametrize(
    "words",
    [
        "#main=2lots #wife=1lot",
        "#main=2x #wife=1x",
        "#main=2 lots #wife=1 lot",
        "#main=130 #wife=65",
        "#main=130qty #wife=65units",
    ],
)
def test_what_each_account_takes_is_the_whole_quantity(words: str) -> None:
    asked = one(f"buy NIFTY26NOVFUT {words}")

    assert asked.shares == (share("main", 0, "130"), share("wife", 0, "65"))
    assert asked.quantity == D(195)


def test_each_gives_every_account_the_same() -> None:
    assert one("buy RELIANCE 10 each #all").each
    assert one("buy each RELIANCE #main #wife 10 @ 2950").each
    assert not one("buy RELIANCE 10 #all").each


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("10 #main #main", "#main is said twice"),
        ("10 #main #MAIN:2", "said twice"),
        ("10 #main=5 #wife=5", "quantity is said twice"),
        ("#main=5 #wife", "how much every account takes"),
        ("#main=5 #wife=2lots", "all of them in units"),
        ("#main=0 #wife=5", "takes nothing"),
        ("#main=2lots", "not traded in lots"),
        ("#main=2lots #wife=1lot", "not traded in lots"),
        ("#main=0.5", "multiple of 1"),
        ("each #main=5 #wife=5", "the same"),
        ("10 each #main:2 #wife", "the same"),
        ("10 #main:0", "#main:2"),
        ("10 #main:2=5", "#main:2 or #main=2lots"),
        ("#main=many", "wants a quantity after it"),
        ("10 #:2", "say #main"),
        ("10 #" + "x" * 40, "at most 32"),
    ],
)
def test_what_contradicts_is_said_and_nothing_is_read(words: str, why: str) -> None:
    readings = read(f"buy RELIANCE {words}")

    assert readings.readings == ()
    assert why in readings.question


def test_parts_that_are_no_whole_lots_are_refused() -> None:
    readings = read("buy NIFTY26NOVFUT #main=100 #wife=95")

    assert readings.readings == ()
    assert "multiple of 65" in readings.question


def test_no_offer_leaves_an_account_out() -> None:
    for text in ("buy RELIANCE 10 #main:0 #wife", "buy RELIANCE 10 #main=x", "buy RELIANCE 1 #:3"):
        assert all("#" in offer for offer in offered(read(text)))


texts = st.builds(
    lambda size, accounts, tail: " ".join(["buy", "NIFTY26NOVFUT", *size, *accounts, *tail]),
    st.sampled_from([(), ("2 lots",), ("65",), ("10%",), ("each", "3 lots")]),
    st.lists(
        st.builds(
            lambda name, size: name + size, st.sampled_from(ACCOUNTS),
            st.sampled_from(("", "", *SIZES)),
        ),
        max_size=4,
    ),
    st.sampled_from([(), ("@ 24000",), ("sl 2%",), ("nrml",)]),
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(texts)
def test_no_account_weight_or_quantity_is_read_that_was_not_said(text: str) -> None:
    words = text.split()
    for asked in read(text).readings:
        names = [word[1:].partition("=")[0] for word in words if word.startswith("#")]
        for each in asked.shares:
            said = f"{each.name}:{each.weight}" if each.weight else each.name
            assert said in names
            assert each.quantity is None or each.quantity % 65 == 0
        assert len(asked.shares) == len(names) or (asked.shares == () and len(names) < 2)
        assert asked.account in ("", *names)
        assert asked.each == ("each" in words)
        own = [each.quantity for each in asked.shares if each.quantity is not None]
        if own:
            assert asked.quantity == sum(own)
            assert len(own) == len(asked.shares)
