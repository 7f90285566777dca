from __future__ import annotations

from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradegram.local.console_text import ALLOWED, plain, tree


def tags(children: list[object]) -> set[str]:
    found: set[str] = set()
    for child in children:
        if isinstance(child, list):
            found |= {str(child[0])} | tags(child[2])
    return found


def test_allowed_markup_becomes_elements_and_the_rest_stays_text() -> None:
    assert tree("<b>M&amp;M</b> at 5 &lt; 6\n<i>ok</i>") == [
        ["b", {}, ["M&M"]],
        " at 5 < 6\n",
        ["i", {}, ["ok"]],
    ]


def test_a_time_keeps_its_moment_and_its_format() -> None:
    text = '<tg-time unix="1795149060" format="r" onclick="x()">15:30</tg-time>'

    assert tree(text) == [["tg-time", {"unix": "1795149060", "format": "r"}, ["15:30"]]]


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<style>*{display:none}</style>",
        "<svg/onload=alert(1)>",
        '<a href="javascript:alert(1)">x</a>',
        "<tg-time unix='x'>x</tg-time>",
        "<!-- <b>hidden</b> -->",
        "</b>",
        "<b",
        "<textarea><b>",
    ],
)
def test_what_is_not_allowed_is_shown_as_it_was_written(text: str) -> None:
    assert plain(text).startswith(text[:3])
    assert tags(tree(text)) <= {"b"}


def test_nothing_is_swallowed_after_a_script_tag() -> None:
    assert tree("<script>x <b>y</b>") == ["<script>x ", ["b", {}, ["y"]]]


def test_links_keep_only_schemes_that_cannot_run_code() -> None:
    assert tree('<a href="https://example.org/">x</a>') == [
        ["a", {"href": "https://example.org/"}, ["x"]]
    ]
    assert tags(tree('<a href=" javascript:x">x</a><a href="data:text/html,x">y</a>')) == set()


def test_markup_deeper_than_anybody_writes_is_text() -> None:
    children = tree("<b>" * 5000 + "x")

    assert plain("<b>" * 5000 + "x").endswith("<b>x")
    assert tags(children) == {"b"}


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"), max_size=80))
def test_escaped_text_comes_out_as_it_went_in(text: str) -> None:
    assert tree(escape(text)) == ([text] if text else [])


@given(
    st.lists(st.sampled_from(["<", ">", "/", "b", "script", "a ", "href=", "'", '"', "&", "!--"]))
)
def test_whatever_the_markup_only_allowed_elements_come_out(parts: list[str]) -> None:
    assert tags(tree("".join(parts))) <= set(ALLOWED)
