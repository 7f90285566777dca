"""What every store must promise; each home of the record runs the same tests."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from clocks import StillClock
from samples import STAGED, TICKET, order
from store import stores

from tradegram.audit import verify
from tradegram.errors import Conflict, NotFound
from tradegram.model import Terms
from tradegram.orders.state import Order, State, move
from tradegram.ports import Change, Document, Event, Notice, Store

STAGING = Event("paper:main", {"event": "staged"})


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture(params=stores.HOMES)
def store(request: pytest.FixtureRequest, tmp_path: Path, clock: StillClock) -> Iterator[Store]:
    with stores.opened(request.param, tmp_path, clock) as made:
        yield made


def written(store: Store, order: Order, *notices: Notice) -> Order:
    [stored] = store.commit(Change((order,), (STAGING,), notices))
    assert isinstance(stored, Order)
    return stored


def test_an_order_is_read_back_as_it_was_written(store: Store) -> None:
    rich = replace(
        STAGED,
        cum_quantity=Decimal("0.00001"),
        average_price=Decimal("95123.4567890123456789"),
        terms=Terms(Decimal(90), Decimal("1500.10")),
        text="Ω <b> ₹",
    )

    stored = written(store, rich)

    assert stored == replace(rich, version=1)
    assert store.order("A" * 16) == stored
    assert store.order("A" * 16).text == "Ω <b> ₹"


def test_a_ticket_and_its_order_are_written_together_or_not_at_all(store: Store) -> None:
    [ticket, _] = store.commit(Change((TICKET, STAGED), (STAGING,)))
    assert store.ticket(TICKET.ticket_id) == ticket

    with pytest.raises(Conflict):
        store.commit(Change((TICKET, order("B" * 16)), (STAGING,)))

    with pytest.raises(NotFound):
        store.order("B" * 16)


def test_what_was_never_written_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound):
        store.order("A" * 16)
    with pytest.raises(NotFound):
        store.ticket("T" * 16)
    assert store.document("user", "7") is None
    assert list(store.unsettled("paper:main")) == []
    assert list(store.chain("paper:main")) == []


def test_only_one_of_two_writers_wins(store: Store) -> None:
    seen = written(store, STAGED)
    store.commit(Change((move(seen, State.SENDING, owner="first"),)))

    with pytest.raises(Conflict):
        store.commit(Change((move(seen, State.SENDING, owner="second"),)))

    assert store.order("A" * 16).owner == "first"


def test_the_same_order_cannot_be_staged_twice(store: Store) -> None:
    written(store, STAGED)

    with pytest.raises(Conflict):
        written(store, STAGED)


def test_a_lost_race_leaves_no_audit_link_and_no_message(store: Store) -> None:
    seen = written(store, STAGED)
    told = Notice("paper:main", "A" * 16, "sending", "on its way")
    store.commit(Change((move(seen, State.SENDING),), (STAGING,), (told,)))
    with pytest.raises(Conflict):
        store.commit(Change((move(seen, State.DENIED),), (STAGING,), (told,)))

    chain = list(store.chain("paper:main"))

    verify(chain)
    assert len(chain) == 2
    assert len(store.notices()) == 1


def test_a_chain_is_read_from_any_link_on(store: Store) -> None:
    seen = written(store, STAGED)
    store.commit(Change((move(seen, State.SENDING),), (STAGING, STAGING)))
    whole = list(store.chain("paper:main"))

    assert len(whole) == 3
    assert [list(store.chain("paper:main", after)) for after in range(-1, 4)] == [
        whole, whole[1:], whole[2:], [], [],
    ]  # fmt: skip


def test_of_twelve_racing_writers_exactly_one_wins(store: Store) -> None:
    if not stores.is_concurrent(store):
        pytest.skip("this emulator is a single-threaded test double")
    for turn in range(5):
        seen = written(store, order(f"RACE{turn:012d}"))
        gate = threading.Barrier(12)
        winners: list[int] = []

        def claim(number: int, seen: Order = seen, gate: threading.Barrier = gate,
                  winners: list[int] = winners) -> None:  # fmt: skip
            gate.wait()
            try:
                store.commit(Change((move(seen, State.SENDING, owner=str(number)),), (STAGING,)))
            except Conflict:
                return
            winners.append(number)

        workers = [threading.Thread(target=claim, args=(number,)) for number in range(12)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

        assert [store.order(seen.key).owner] == [str(number) for number in winners]
    verify(store.chain("paper:main"))


def test_writers_to_different_orders_do_not_lose_audit_links(store: Store) -> None:
    if not stores.is_concurrent(store):
        pytest.skip("this emulator is a single-threaded test double")
    workers = [
        threading.Thread(target=written, args=(store, order(f"MANY{number:012d}")))
        for number in range(12)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    chain = list(store.chain("paper:main"))

    verify(chain)
    assert len(chain) == 12


def test_unsettled_orders_are_listed_until_they_are_settled_oldest_first(store: Store) -> None:
    late = written(store, order("B" * 16, staged_at=2000.0))
    early = written(store, order("A" * 16, staged_at=1000.0))
    written(store, order("C" * 16, account_id="paper:other"))

    assert list(store.unsettled("paper:main")) == [early, late]

    store.commit(Change((replace(early, settled=True),)))

    assert [one.key for one in store.unsettled("paper:main")] == ["B" * 16]
    assert store.order("A" * 16).settled


def test_history_is_paged_newest_first_without_gaps_or_repeats(store: Store) -> None:
    for number in range(7):
        written(store, order(f"{number:016d}", staged_at=1000.0 + number // 2))
    seen: list[str] = []
    after = ""

    for _ in range(4):
        page = store.orders("paper:main", limit=3, after=after)
        seen += [one.key for one in page.orders]
        after = page.after
        if not after:
            break

    assert seen == [f"{number:016d}" for number in reversed(range(7))]


def test_documents_are_conditional_listed_by_prefix_and_removable(store: Store) -> None:
    [first] = store.commit(Change((Document("paper", "a#1", {"n": 1}),)))
    store.commit(Change((Document("paper", "a#2", {"n": 2}), Document("paper", "b#1", {}))))
    assert isinstance(first, Document)

    with pytest.raises(Conflict):
        store.commit(Change((Document("paper", "a#1", {"n": 9}),)))
    store.commit(Change((replace(first, body={"n": 3}),)))

    assert [one.body["n"] for one in store.documents("paper", "a#")] == [3, 2]
    assert len(store.documents("paper")) == 3
    store.remove(first)
    store.remove(first)
    assert store.document("paper", "a#1") is None


def test_an_expired_document_is_gone_for_readers_and_its_key_is_free(
    store: Store, clock: StillClock
) -> None:
    once = Document("pairing", "code", {"n": 1}, expires_at=clock.now() + 10)
    store.commit(Change((once,)))
    assert store.document("pairing", "code") is not None

    clock.pass_(10)

    assert store.document("pairing", "code") is None
    assert list(store.documents("pairing")) == []
    store.commit(Change((replace(once, expires_at=clock.now() + 10),)))
    assert store.document("pairing", "code") is not None


def test_messages_are_owed_in_order_until_they_are_delivered(store: Store) -> None:
    for number in range(3):
        notice = Notice("paper:main", f"{number}", "filled", "filled <b> ₹", user_id=7)
        written(store, order(f"{number:016d}"), notice)

    owed = store.notices()
    store.delivered(owed[0])
    store.delivered(owed[0])

    assert [one.client_order_id for one in owed] == ["0", "1", "2"]
    assert owed[0].text == "filled <b> ₹"
    assert [one.client_order_id for one in store.notices()] == ["1", "2"]
    assert len(store.notices(limit=1)) == 1


def test_every_account_has_its_own_chain(store: Store) -> None:
    for account in ("paper:main", "paper:other"):
        event = Event(account, {"event": "staged", "price": Decimal("1.50")})
        store.commit(Change((order("A" * 15 + account[-1], account),), (event,)))

    assert sorted(store.audited()) == ["paper:main", "paper:other"]
    for account in store.audited():
        [only] = store.chain(account)
        assert '"1.50"' in only.body


def test_a_chain_longer_than_a_page_is_read_whole(store: Store) -> None:
    if not stores.is_concurrent(store):
        pytest.skip("this emulator copies its table for every transaction: it takes a minute")
    for start in range(0, 1_200, 40):
        events = [Event("paper:main", {"n": start + step}) for step in range(40)]
        store.commit(Change((), events))

    chain = list(store.chain("paper:main"))

    verify(chain)
    assert [link.sequence for link in chain] == list(range(1_200))
