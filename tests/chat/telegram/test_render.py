from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from loopback.bot_api_rules import plain as as_telegram
from loopback.bot_api_rules import units as telegram_units

from tradegram.chat.telegram.render import CUT, MOST_PARTS, parts, plain, units

PIECES = st.lists(
    st.sampled_from(
        ["word ", "\n", "&amp;", "₹1,234 ", "😀", "x" * 37, "<b>", "</b>", "<i>", "</i>"]
    ),
    max_size=60,
)


def balanced(pieces: list[str]) -> str:
    """Close what is open, drop what closes nothing."""
    still_open: list[str] = []
    text = ""
    for piece in pieces:
        if piece in ("<b>", "<i>"):
            still_open.append(piece[1])
        elif piece in ("</b>", "</i>"):
            if not still_open or still_open[-1] != piece[2]:
                continue
            still_open.pop()
        text += piece
    return text + "".join(f"</{tag}>" for tag in reversed(still_open))


def test_a_short_text_stays_one() -> None:
    assert parts("<b>x</b>") == ["<b>x</b>"]


def test_length_is_counted_as_telegram_does() -> None:
    assert units("<b>a&amp;😀</b>") == telegram_units(as_telegram("<b>a&amp;😀</b>")) == 4


def test_a_tag_open_at_a_division_is_closed_and_opened_again() -> None:
    first, second = parts("<pre>" + "x" * 30 + "\n" + "y" * 30 + "</pre>", 50)
    assert (first, second) == (f"<pre>{'x' * 30}</pre>", f"<pre>{'y' * 30}</pre>")


def test_a_text_without_end_is_cut_visibly() -> None:
    divided = parts("line\n" * 10_000, 100)
    assert len(divided) == MOST_PARTS
    assert divided[-1].endswith(CUT)


def test_plain_text_keeps_what_is_no_tag() -> None:
    assert plain("<b>a</b> < 5 &lt;i&gt; &amp; <x>") == "a < 5 <i> & <x>"


@settings(max_examples=200, deadline=None)
@given(PIECES)
def test_every_part_is_readable_short_enough_and_no_word_is_lost(pieces: list[str]) -> None:
    text = balanced(pieces)
    divided = parts(text, 60)
    assert all(telegram_units(as_telegram(each)) <= 60 for each in divided)
    if len(divided) < MOST_PARTS:
        joined = "".join(as_telegram(each) for each in divided)
        assert joined.replace("\n", "") == as_telegram(text).replace("\n", "")
