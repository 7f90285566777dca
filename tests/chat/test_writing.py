from __future__ import annotations

from tradegram.chat.writing import TEXT_LIMIT, label, pages, safe, safe_lines, utf16


def test_what_others_wrote_is_escaped_cut_and_kept_on_one_line() -> None:
    assert safe("M&M <b>\n x") == "M&amp;M &lt;b&gt; x"
    assert len(safe("a" * 999, 20)) == 20


def test_the_cut_never_divides_an_entity() -> None:
    assert safe("&" * 50, 10) == "&amp;" * 9 + "…"


def test_line_breaks_are_kept_where_asked() -> None:
    assert safe_lines("a\n<b>") == "a\n&lt;b&gt;"


def test_long_answers_are_divided_between_blocks_below_the_limit() -> None:
    blocks = [f"<b>{number}</b> " + "₹😀" * 100 for number in range(60)]
    texts = pages(blocks)
    assert len(texts) > 1
    assert all(utf16(text) <= TEXT_LIMIT for text in texts)
    assert "\n".join(texts) == "\n".join(blocks)


def test_button_labels_are_cut() -> None:
    assert len(label("x" * 200)) == 60
