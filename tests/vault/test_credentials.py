from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import samples
from clocks import StillClock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store.stores import opened
from vault.test_envelope import on_kms
from vault.vaults import BY, canaries, everything, ring_in, vault_in

from tradegram import audit
from tradegram.brokers.registry import Registry, open_paper_account
from tradegram.errors import Conflict, SealBroken, StoreUnavailable, UserError
from tradegram.model import Mode, Session
from tradegram.ports import Change, Record
from tradegram.store.sqlite import SqliteStore
from tradegram.vault.credentials import MOST_SETS, Vault
from tradegram.vault.fields import NEEDS
from tradegram.vault.sets import Given

ZERODHA = canaries("zerodha", "AB1234", "live")


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    with vault_in(tmp_path) as made:
        yield made


def events(vault: Vault, chain: str) -> list[dict[str, object]]:
    return [json.loads(link.body) for link in vault.store.chain(chain)]


@pytest.mark.parametrize("broker", NEEDS)
def test_a_set_of_every_broker_comes_back_as_it_was_given(vault: Vault, broker: str) -> None:
    given = canaries(broker, "AB1234" if NEEDS[broker].client else "")
    account = vault.link(given, BY)

    assert account.account_id == (
        f"{broker}:AB1234" if NEEDS[broker].client else f"{broker}:{broker}"
    )
    assert account.mode is Mode.LIVE
    assert vault.opened(account.account_id, BY, "to look") == given.values


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.fixed_dictionaries(
        {
            name: st.text(
                st.characters(codec="ascii", categories=("L", "N", "P", "S", "Zs")),
                min_size=1,
                max_size=80,
            )
            for name in ("api_key", "api_secret")
        }
    )
)
def test_any_value_comes_back(vault: Vault, values: dict[str, str]) -> None:
    account = vault.link(replace(ZERODHA, values=values), BY)

    assert vault.opened(account.account_id, BY, "to look") == values


def test_every_access_is_in_the_audit_and_no_value_is(vault: Vault) -> None:
    vault.link(ZERODHA, "somebody")
    vault.opened("zerodha:AB1234", "a login", "the morning")
    vault.keep_session(Session("zerodha:AB1234", 2e9, {"token": "CANARY-t"}), "a login")
    vault.session("zerodha:AB1234", "a worker", "an order")
    vault.unlink("zerodha:AB1234", "somebody")

    kept = events(vault, "zerodha:AB1234")
    assert [(each["event"], each["by"]) for each in kept] == [
        ("credentials linked", "somebody"),
        ("credentials opened", "a login"),
        ("session kept", "a login"),
        ("session opened", "a worker"),
        ("credentials unlinked", "somebody"),
    ]
    assert kept[1]["fields"] == sorted(ZERODHA.values)
    assert kept[1]["why"] == "the morning"
    assert "CANARY" not in json.dumps(kept)
    audit.verify(vault.store.chain("zerodha:AB1234"))


def test_nothing_is_opened_when_the_access_cannot_be_written(tmp_path: Path) -> None:
    with vault_in(tmp_path) as vault:
        vault.link(ZERODHA, BY)
    with vault_in(tmp_path) as vault:

        class Deaf(SqliteStore):
            def commit(self, change: Change) -> Sequence[Record]:
                raise OSError("no room")

        deaf = Deaf(tmp_path / "desk.sqlite", StillClock())
        with pytest.raises(OSError, match="no room"):
            replace(vault, store=deaf).opened("zerodha:AB1234", BY, "to look")
        deaf.close()


def test_new_values_leave_the_others_as_they_are(vault: Vault) -> None:
    vault.link(ZERODHA, BY)
    vault.link(replace(ZERODHA, values={"api_key": "", "api_secret": "another"}), BY)

    opened = {**ZERODHA.values, "api_secret": "another"}
    assert vault.opened("zerodha:AB1234", BY, "to look") == opened


def test_a_set_moved_to_another_account_does_not_open(vault: Vault) -> None:
    vault.link(ZERODHA, BY)
    vault.link(canaries("zerodha", "XY9999", "other"), BY)
    mine, other = (
        vault.store.document("credential", f"zerodha:{each}") for each in ("AB1234", "XY9999")
    )
    assert mine is not None
    assert other is not None

    vault.store.commit(Change((replace(other, body=mine.body),)))

    with pytest.raises(SealBroken) as caught:
        vault.opened("zerodha:XY9999", BY, "to look")
    assert "CANARY" not in str(caught.value)


def test_a_field_moved_to_another_does_not_open(vault: Vault) -> None:
    vault.link(ZERODHA, BY)
    found = vault.store.document("credential", "zerodha:AB1234")
    assert found is not None
    fields = found.body["fields"]
    swapped = {"api_key": fields["api_secret"], "api_secret": fields["api_key"]}

    vault.store.commit(Change((replace(found, body={**found.body, "fields": swapped}),)))

    with pytest.raises(SealBroken):
        vault.opened("zerodha:AB1234", BY, "to look")


def test_a_token_of_the_day_ends_with_it(tmp_path: Path) -> None:
    clock = StillClock()
    with vault_in(tmp_path, clock=clock) as vault:
        vault.link(ZERODHA, BY)
        session = Session("zerodha:AB1234", clock.now() + 60, {"access_token": "CANARY-token"})
        vault.keep_session(session, BY)

        assert vault.session("zerodha:AB1234", BY, "to look") == session
        assert vault.sets()[0].session_until == session.expires_at
        clock.pass_(60)
        assert vault.session("zerodha:AB1234", BY, "to look") is None
        assert vault.sets()[0].session_until is None

        vault.keep_session(replace(session, expires_at=clock.now() + 60), BY)
        assert vault.session("zerodha:AB1234", BY, "to look") is not None
        vault.end_session("zerodha:AB1234", BY)
        vault.end_session("zerodha:AB1234", BY)
        assert vault.session("zerodha:AB1234", BY, "to look") is None


def test_a_token_without_a_set_is_not_kept(vault: Vault) -> None:
    with pytest.raises(UserError, match="not linked"):
        vault.keep_session(Session("zerodha:AB1234", 2e9, {"access_token": "t"}), BY)


def test_unlinked_it_is_gone_and_may_come_back(vault: Vault) -> None:
    vault.link(ZERODHA, BY)
    vault.keep_session(Session("zerodha:AB1234", 2e9, {"access_token": "t"}), BY)
    vault.unlink("zerodha:AB1234", BY)

    assert vault.sets() == []
    assert [vault.store.documents(kind) for kind in ("credential", "session", "account")] == [
        [],
        [],
        [],
    ]
    with pytest.raises(UserError, match="is not linked"):
        vault.opened("zerodha:AB1234", BY, "to look")
    vault.link(ZERODHA, BY)
    assert everything(vault) == {"zerodha:AB1234": ZERODHA.values}


def test_an_account_with_orders_stays_known_when_it_is_unlinked(vault: Vault) -> None:
    vault.link(ZERODHA, BY)
    vault.store.commit(Change((samples.order("K" * 16, "zerodha:AB1234"),)))

    vault.unlink("zerodha:AB1234", BY)

    assert vault.sets() == []
    assert vault.store.document("account", "zerodha:AB1234") is not None
    vault.link(ZERODHA, BY)
    assert everything(vault) == {"zerodha:AB1234": ZERODHA.values}


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (replace(ZERODHA, broker="nobody"), "No broker 'nobody'"),
        (replace(ZERODHA, name="Live!"), "A name is"),
        (replace(ZERODHA, client="../x"), "client id has letters"),
        (replace(ZERODHA, values={"api_key": "CANARY"}), "API secret must be given"),
        (replace(ZERODHA, values={"pin": "CANARY"}), "Zerodha has no pin"),
        (replace(ZERODHA, values={"api_key": "CANARY" * 1000, "api_secret": "x"}), "4096"),
        (replace(ZERODHA, values={"api_key": "CANARY\u2013K", "api_secret": "x"}), "API key has a"),
        (replace(ZERODHA, values={"api_key": "k", "api_secret": "CANARY\n2"}), "API secret has a"),
        (replace(ZERODHA, name="spare"), "#spare already"),
    ],
)
def test_what_cannot_be_linked_says_why_and_repeats_no_value(
    vault: Vault, given: Given, why: str
) -> None:
    open_paper_account(vault.store, "spare")

    with pytest.raises(UserError, match=why) as caught:
        vault.link(given, BY)

    assert "CANARY" not in str(caught.value)
    assert vault.sets() == []


def test_a_private_key_has_lines(vault: Vault) -> None:
    pem = "-----BEGIN PRIVATE KEY-----\nCANARY\n-----END PRIVATE KEY-----"
    account = vault.link(Given("binance", "coins", "", {"api_key": "k", "private_key": pem}), BY)

    assert vault.opened(account.account_id, BY, "to look")["private_key"] == pem


def test_others_who_always_come_first_are_waited_for_only_so_long(tmp_path: Path) -> None:
    class Busy(SqliteStore):
        def commit(self, change: Change) -> Sequence[Record]:
            raise Conflict("vault sealings")

    store = Busy(tmp_path / "desk.sqlite", StillClock())
    with pytest.raises(StoreUnavailable, match="nothing was changed"):
        Vault(store, StillClock(), ring_in(tmp_path)).link(ZERODHA, BY)
    store.close()


def test_a_name_stays_and_an_account_is_given_once(vault: Vault) -> None:
    vault.link(ZERODHA, BY)

    with pytest.raises(UserError, match="A name stays"):
        vault.link(replace(ZERODHA, name="other"), BY)
    with pytest.raises(UserError, match="once only"):
        vault.link_all([ZERODHA, ZERODHA], BY)


def test_all_of_many_or_none(vault: Vault) -> None:
    with pytest.raises(UserError, match="PIN must be given"):
        vault.link_all([ZERODHA, Given("angelone", "angelone", "A1", {"api_key": "x"})], BY)
    assert vault.sets() == []

    many = [Given("alpaca", f"n{n}", "", canaries("alpaca").values) for n in range(MOST_SETS + 1)]
    with pytest.raises(UserError, match=f"At most {MOST_SETS}"):
        vault.link_all(many, BY)
    vault.link_all(many[1:], BY)
    assert len(vault.sets()) == MOST_SETS


@pytest.mark.parametrize("home", ["sqlite", "moto"])
def test_as_many_as_there_may_be_are_linked_at_once_in_both_homes(
    home: str, tmp_path: Path
) -> None:
    clock = StillClock()
    with opened(home, tmp_path, clock) as store:
        vault = Vault(store, clock, ring_in(tmp_path))
        many = [Given("alpaca", f"n{n}", "", canaries("alpaca").values) for n in range(MOST_SETS)]

        assert len(vault.link_all(many, BY)) == len(vault.sets()) == MOST_SETS


def test_an_account_of_a_broker_that_nothing_here_speaks_to_trades_nowhere(vault: Vault) -> None:
    vault.link(ZERODHA, BY)
    registry = Registry(vault.store, {})

    assert registry.accounts() == []
    assert registry.account("zerodha:AB1234").name == "live"
    with pytest.raises(UserError, match="no broker 'zerodha' in this version"):
        registry.broker("zerodha:AB1234")


def test_a_set_whose_key_is_lost_says_what_to_do(tmp_path: Path) -> None:
    with vault_in(tmp_path) as vault:
        vault.link(ZERODHA, BY)
        (tmp_path / "vault.key").unlink()

        with pytest.raises(SealBroken, match="Link the account again"):
            vault.opened("zerodha:AB1234", BY, "to look")
        vault.link(ZERODHA, BY)
        assert everything(vault) == {"zerodha:AB1234": ZERODHA.values}


def test_no_value_stands_in_a_repr(vault: Vault) -> None:
    vault.link(ZERODHA, BY)
    session = Session("zerodha:AB1234", 2e9, {"access_token": "CANARY-token"})

    shown = repr(
        [
            ZERODHA,
            vault,
            vault.sets(),
            session,
            ring_in(Path()),
            vault.store.documents("credential"),
        ]
    )

    assert "CANARY" not in shown


def test_on_aws_it_is_the_same(tmp_path: Path) -> None:
    clock = StillClock()
    with opened("moto", tmp_path, clock) as store, on_kms() as ring:
        vault = Vault(store, clock, ring)
        vault.link(ZERODHA, BY)
        session = Session("zerodha:AB1234", clock.now() + 60, {"access_token": "CANARY-token"})
        vault.keep_session(session, BY)

        assert vault.reseal_all(BY) == len(ZERODHA.values) + 1
        assert everything(vault) == {"zerodha:AB1234": ZERODHA.values}
        assert vault.session("zerodha:AB1234", BY, "to look") == session
        audit.verify(store.chain("zerodha:AB1234"))

        vault.unlink("zerodha:AB1234", BY)
        assert vault.sets() == []
