"""Limits: stricter at once, looser with proof, whatever is tried; and never when unreadable."""

from __future__ import annotations

import json
import tempfile
import threading
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tickets.desks import OWNER, STRANGER, Scene, asked, scene

from tradegram.brokers.registry import PAPER
from tradegram.errors import StoreUnavailable, UserError
from tradegram.ports import Change, Document, Limits
from tradegram.risk.change import UNSET, NeedsStepUp, reset, set_limit
from tradegram.risk.limits import (
    KIND,
    LIMITS,
    TABLE,
    key_of_account,
    key_of_user,
    limit_named,
    limits_of,
)
from tradegram.risk.stepup import AtTheTerminal, prove, set_up_pin
from tradegram.tickets.desk import open_ticket

D = Decimal
MINE, THEIRS = key_of_user(OWNER), key_of_account(PAPER.account_id)
PIN = "482915"
TERMINAL = AtTheTerminal()


def counts(play: Scene, user_id: int = OWNER) -> Limits:
    return limits_of(play.desk, user_id, PAPER)


def test_stricter_counts_at_once_and_only_for_whom_it_was_set(play: Scene) -> None:
    set_limit(play.desk, MINE, "order_value", D(20_000), user_id=OWNER)

    assert counts(play).order_value == 20_000
    assert counts(play, STRANGER).order_value == 5_000_000
    with pytest.raises(UserError, match=r"your limit of ₹20,000.*/risk order_value"):
        open_ticket(play.desk, user_id=OWNER, asked=asked(), source_text="")
    open_ticket(play.desk, user_id=STRANGER, asked=asked(), source_text="")


def test_the_stricter_of_person_and_account_counts_and_a_denial_names_it(play: Scene) -> None:
    set_limit(play.desk, MINE, "order_value", D(100_000), user_id=OWNER)
    set_limit(play.desk, THEIRS, "order_value", D(20_000), user_id=OWNER)

    with pytest.raises(UserError, match="/risk #main order_value"):
        open_ticket(play.desk, user_id=OWNER, asked=asked(), source_text="")
    assert counts(play).order_value == 20_000


def test_less_strict_wants_proof_and_the_proof_is_used_up(play: Scene) -> None:
    set_up_pin(play.desk, OWNER, PIN)
    with pytest.raises(NeedsStepUp) as asks:
        set_limit(play.desk, MINE, "order_value", D(9_000_000), user_id=OWNER)
    assert counts(play).order_value == 5_000_000

    grant = prove(play.desk, OWNER, asks.value.action, PIN)
    set_limit(play.desk, MINE, "order_value", D(9_000_000), user_id=OWNER, proof=grant)

    assert counts(play).order_value == 9_000_000
    set_limit(play.desk, MINE, "order_value", D(1), user_id=OWNER)
    with pytest.raises(UserError, match="not proven"):
        set_limit(play.desk, MINE, "order_value", D(9_000_000), user_id=OWNER, proof=grant)


def test_a_proof_for_one_value_does_not_carry_another(play: Scene) -> None:
    set_up_pin(play.desk, OWNER, PIN)
    with pytest.raises(NeedsStepUp) as asks:
        set_limit(play.desk, MINE, "order_value", D(6_000_000), user_id=OWNER)
    grant = prove(play.desk, OWNER, asks.value.action, PIN)

    for key, value in ((MINE, D(6_000_001)), (THEIRS, D(6_000_000))):
        with pytest.raises(UserError, match="not proven"):
            set_limit(play.desk, key, "order_value", value, user_id=OWNER, proof=grant)


def test_taking_a_limit_away_wants_proof_even_where_the_desks_own_is_stricter(play: Scene) -> None:
    # Without its own value the person's limit gives way to the account's.
    for key in (MINE, THEIRS):
        set_limit(play.desk, key, "order_value", D(8_000_000), user_id=OWNER, proof=TERMINAL)
    with pytest.raises(NeedsStepUp):
        set_limit(play.desk, MINE, "order_value", UNSET, user_id=OWNER)


@pytest.mark.parametrize(
    ("name", "strict", "loose"),
    [
        ("order_value", "200000", "6000000"),
        ("quantity", "100", "off"),
        ("share_of_balance", "10%", "25%"),
        ("price_band", "5%", "0.5"),
        ("open_positions", "3", "off"),
        ("daily_loss", "5000", "off"),
        ("trades_per_day", "10", "off"),
        ("duplicate_window", "60", "0"),
        ("min_confidence", "0.9", "0.5"),
        ("market_hours", "on", "off"),
        ("symbols", "RELIANCE", "RELIANCE, INFY"),
        ("forbidden_symbols", "YESBANK, PAYTM", "YESBANK"),
        ("products", "CNC", "CNC MIS"),
        ("forbidden_products", "MTF", "off"),
    ],
)
def test_each_limit_tightens_freely_and_loosens_with_proof(
    play: Scene, name: str, strict: str, loose: str
) -> None:
    limit = limit_named(name)
    set_limit(play.desk, MINE, name, limit.read(strict), user_id=OWNER)
    assert getattr(counts(play), name) == limit.read(strict)
    assert limit.load(json.loads(json.dumps(limit.dump(limit.read(strict))))) == limit.read(strict)

    with pytest.raises(NeedsStepUp):
        set_limit(play.desk, MINE, name, limit.read(loose), user_id=OWNER)
    set_limit(play.desk, MINE, name, limit.read(loose), user_id=OWNER, proof=TERMINAL)
    assert getattr(counts(play), name) == limit.read(loose)


def test_every_limit_is_tried_above() -> None:
    assert len(LIMITS) == 14


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("order_value", "much"), ("order_value", "-1"), ("order_value", "nan"),
        ("order_value", "off"), ("order_value", "1e99"), ("share_of_balance", "0"),
        ("share_of_balance", "101%"), ("trades_per_day", "1.5"), ("trades_per_day", "-3"),
        ("duplicate_window", "7200"), ("market_hours", "maybe"), ("products", "XYZ"),
        ("symbols", "<b>"), ("forbidden_symbols", " ".join(f"S{n}" for n in range(51))),
    ],
)  # fmt: skip
def test_what_is_no_value_is_refused_with_an_example(name: str, text: str) -> None:
    with pytest.raises(UserError):
        limit_named(name).read(text)


@pytest.mark.parametrize(
    "body",
    [
        {"order_value": "NaN"}, {"order_value": 5}, {"order_value": None}, {"trades_per_day": True},
        {"trades_per_day": "3"}, {"nobody": "1"}, {"symbols": "INFY"}, {"market_hours": "on"},
        {"min_confidence": "x"}, {"daily_loss": "-1"},
    ],
)  # fmt: skip
@pytest.mark.parametrize("key", [MINE, THEIRS])
def test_limits_that_nobody_can_read_deny(play: Scene, key: str, body: dict[str, Any]) -> None:
    play.store.commit(Change((Document(KIND, key, body),)))

    with pytest.raises(UserError, match="cannot be read, so nothing is sent"):
        open_ticket(play.desk, user_id=OWNER, asked=asked(), source_text="")
    assert reset(play.desk, key, TERMINAL)
    open_ticket(play.desk, user_id=OWNER, asked=asked(), source_text="")


def test_a_store_that_does_not_answer_denies(tmp_path: Path) -> None:
    class Deaf:
        def __init__(self, inner: Any) -> None:
            self.inner = inner

        def documents(self, kind: str, prefix: str = "") -> Any:
            if kind == KIND:
                raise StoreUnavailable("no answer")
            return self.inner.documents(kind, prefix)

        def __getattr__(self, name: str) -> Any:
            return getattr(self.inner, name)

    play = scene(tmp_path)
    desk = replace(play.desk, store=Deaf(play.store))
    with pytest.raises(StoreUnavailable):
        open_ticket(desk, user_id=OWNER, asked=asked(), source_text="")
    play.store.close()


def test_every_change_is_in_the_audit_chain_with_who_what_before_and_after(play: Scene) -> None:
    set_limit(play.desk, MINE, "trades_per_day", 20, user_id=OWNER)
    set_limit(play.desk, THEIRS, "daily_loss", D(5000), user_id=0, proof=TERMINAL)
    set_limit(play.desk, THEIRS, "daily_loss", UNSET, user_id=0, proof=TERMINAL)

    [mine] = [json.loads(link.body) for link in play.store.chain("desk")][-1:]
    theirs = [json.loads(link.body) for link in play.store.chain(PAPER.account_id)]
    expected = {
        "event": "limit", "whose": "user:7", "limit": "trades_per_day",
        "before": "default", "after": 20, "by": "user 7",
    }  # fmt: skip
    assert expected.items() <= mine.items()
    assert theirs[-1].items() >= {"before": "5000", "after": "default", "by": "terminal"}.items()


def test_changes_made_at_once_are_all_kept(play: Scene) -> None:
    names = [("order_value", D(1000)), ("quantity", D(5)), ("trades_per_day", 3)]
    names += [("market_hours", True)]
    start = threading.Barrier(len(names))

    def change(name: str, value: Any) -> None:
        start.wait()
        set_limit(play.desk, MINE, name, value, user_id=OWNER)

    threads = [threading.Thread(target=change, args=each) for each in names]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    found = counts(play)
    assert [getattr(found, name) for name, _ in names] == [value for _, value in names]


# -- no way around -------------------------------------------------------------------------------

VALUES: dict[str, list[str]] = {
    "order_value": ["1000", "5000000", "9000000"],
    "trades_per_day": ["1", "50", "off"],
    "symbols": ["RELIANCE", "RELIANCE INFY", "TCS", "off"],
    "forbidden_symbols": ["YESBANK", "YESBANK PAYTM", "off"],
    "duplicate_window": ["0", "30", "90"],
    "market_hours": ["on", "off"],
    "min_confidence": ["0.5", "0.7", "0.9"],
}
STEP = st.one_of(
    [
        st.tuples(st.sampled_from([MINE, THEIRS]), st.just(name), st.sampled_from([*values, ""]))
        for name, values in VALUES.items()
    ]
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(before=st.lists(STEP, max_size=6), steps=st.lists(STEP, min_size=1, max_size=8))
def test_no_sequence_of_changes_without_proof_permits_more(
    before: list[tuple[str, str, str]], steps: list[tuple[str, str, str]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        play = scene(Path(folder))
        try:
            for key, name, text in before:  # any state the terminal can have left
                change(play, key, name, text, TERMINAL)
            for key, name, text in steps:
                was = counts(play)
                try:
                    change(play, key, name, text, None)
                except NeedsStepUp:
                    assert counts(play) == was
                now = counts(play)
                for row in TABLE:
                    old, new = getattr(was, row.name), getattr(now, row.name)
                    assert not row.loosens(old, new), (row.name, old, new)
        finally:
            play.store.close()


def change(play: Scene, key: str, name: str, text: str, proof: AtTheTerminal | None) -> None:
    value = limit_named(name).read(text) if text else UNSET
    set_limit(play.desk, key, name, value, user_id=OWNER, proof=proof)
