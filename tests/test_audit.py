"""The hash chain: whatever is changed in it is found, and named."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradegram.audit import GENESIS, MOST_FAULTS, Link, examine, link, verify


def chain(length: int = 8) -> list[Link]:
    links: list[Link] = []
    for number in range(length):
        at = 1_795_149_000.25 + number if number % 2 else None  # old events had no time
        links.append(link(links[-1] if links else None, {"event": "e", "n": number}, at))
    return links


def test_a_chain_with_and_without_times_verifies() -> None:
    verify(chain())
    assert examine(chain()) == []
    assert json.loads(chain()[1].body)["at"] == "2026-11-20T04:30:01.250000Z"


def test_an_event_that_brings_its_own_time_keeps_it() -> None:
    assert json.loads(link(None, {"at": "then"}, 5.0).body) == {"at": "then"}


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_any_flipped_byte_is_found_at_its_link(draw: st.DataObject) -> None:
    links = chain()
    at = draw.draw(st.integers(0, len(links) - 1))
    name = draw.draw(st.sampled_from(["previous", "body", "digest"]))
    raw = bytearray(getattr(links[at], name).encode())
    place = draw.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= draw.draw(st.integers(1, 255))
    damaged: Any = {name: raw.decode(errors="surrogateescape")}
    links[at] = replace(links[at], **damaged)

    found = examine(links)

    assert found
    assert found[0].sequence == at
    with pytest.raises(ValueError, match=f"broken at {at}"):
        verify(links)


@given(st.integers(0, 6))
def test_a_dropped_link_is_named_by_the_one_behind_it(at: int) -> None:
    links = chain()
    del links[at]

    [fault] = examine(links)

    assert (fault.sequence, fault.what) == (at + 1, f"link {at} is missing before it")


@given(st.permutations(range(8)))
def test_any_other_order_is_found(order: list[int]) -> None:
    links = chain()
    found = examine([links[at] for at in order])

    assert bool(found) is (order != sorted(order))


def test_a_link_that_stands_there_twice_is_found() -> None:
    links = chain()

    assert "second time" in examine([*links[:4], links[3], *links[4:]])[0].what


def test_a_forged_link_breaks_the_next_one() -> None:
    links = chain()
    links[3] = link(links[2], {"event": "forged"})

    [fault] = examine(links)

    assert (fault.sequence, fault.what) == (4, "it names another digest of the link before it")


def test_so_many_faults_are_named_and_no_more() -> None:
    links = [replace(one, body="{}") for one in chain(MOST_FAULTS * 2)]

    assert len(examine(links)) == MOST_FAULTS


def test_the_documented_recipe_agrees() -> None:
    before = GENESIS
    for number, one in enumerate(chain()):
        text = f"{number}|{before}|{one.body}"
        before = hashlib.sha256(text.encode()).hexdigest()
        assert one.digest == before
