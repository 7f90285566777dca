"""What a tip proposes, in words of the order language; or one sentence why nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tradegram.errors import UserError
from tradegram.signals.tip import order_text


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("BUY RELIANCE ABOVE 1400 SL 1380 TGT 1450", "buy RELIANCE trg 1400 sl 1380 tgt 1450"),
        ("🔥 BUY #RELIANCE ABOVE ₹1,400 🎯 TGT 1450/1480 🛑 SL: 1380",
         "buy RELIANCE trg 1400 sl 1380 tgt 1450"),
        ("Intraday\nSELL TATAMOTORS BELOW 900\nT1: 890 T2: 880\nStoploss 910",
         "sell TATAMOTORS trg 900 sl 910 tgt 890"),
        ("Nifty 24500 CE buy at 120-125 sl 100 target 1: 150",
         "buy NIFTY 24500 CE @ 125 sl 100 tgt 150"),
        ("SELL INFY AT 1500-1510 SL 1530", "sell INFY @ 1500 sl 1530"),
        ("BUY INFY BELOW 1500 SL 1480", "buy INFY @ 1500 sl 1480"),
        ("SHORT SBIN CMP 800 SL 810 TGT 780", "sell SBIN @ 800 sl 810 tgt 780"),
        ("BUY TCS CMP", "buy TCS"),
        ("BUY TCS TGT 3900 SL AT 3700", "buy TCS sl 3700 tgt 3900"),
        ("BUY TCS @ 3800 TARGET PRICE 3900 STOP LOSS BELOW 3700",
         "buy TCS @ 3800 sl 3700 tgt 3900"),
        ("BUY 2 LOTS NIFTY FUT ABOVE 25000", "buy NIFTY FUT trg 25000 2 lots"),
        ("buy M&M above 3000 qty 10", "buy M&M trg 3000 qty 10"),
    ],
)  # fmt: skip
def test_a_tip_is_read_as_its_writer_meant_it(message: str, words: str) -> None:
    assert order_text(message) == words


@pytest.mark.parametrize(
    "message",
    ["/buy RELIANCE 10 @ 1400", " /buy RELIANCE 10 @ 1400", "hello", "", "buy milk", "BUY AT 1400",
     "buy a above 1 sell b below 2", "BUY RELIANCE", "buyers above 1400", "sl 1380 tgt 1450",
     "BUY " + "X" * 41 + " ABOVE 10"],
)  # fmt: skip
def test_what_is_no_signal_gets_one_sentence(message: str) -> None:
    with pytest.raises(UserError, match="Forwarded messages do not trade"):
        order_text(message)


@given(some.text(max_size=200) | some.lists(some.sampled_from(
    ["BUY", "SELL", "SL", "TGT", "@", "1,4", "#x", '"note"', "market!", "10", "\n", "ABOVE", "=2"]
)).map(" ".join))  # fmt: skip
@settings(max_examples=200, deadline=None)
def test_nothing_else_of_a_message_reaches_the_order_language(message: str) -> None:
    try:
        words = order_text(message)
    except UserError:
        return
    assert words.startswith(("buy ", "sell "))
    assert set(words) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789&.- @abcdefghijklmnopqrstuvwxyz")
    assert len(words) < 120
