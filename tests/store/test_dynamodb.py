"""What only a store behind a network can get wrong."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import cloud
import ministack
import pytest
from clocks import StillClock
from loopback.aws_proxy import Answered, AwsProxy, Halved, Lost
from samples import STAGED, order

from tradegram.audit import verify
from tradegram.errors import Conflict, StoreError, StoreUnavailable
from tradegram.orders.state import State, move
from tradegram.ports import Change, Document, Event, Notice
from tradegram.store.dynamodb import ATTEMPTS, DynamoStore
from tradegram.store.dynamodb_rows import written_at

STAGING = Event("paper:main", {"event": "staged"})
STAGE = Change((STAGED,), (STAGING,), (Notice("paper:main", "A" * 16, "staged", "on its way"),))
NUMBERS = itertools.count(1)


@pytest.fixture
def proxy() -> Iterator[AwsProxy]:
    with AwsProxy(ministack.endpoint()) as made:
        yield made


@pytest.fixture
def table() -> str:
    name = f"network-{next(NUMBERS)}"
    cloud.make_table(cloud.dynamodb(ministack.endpoint()), name)
    return name


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def store(proxy: AwsProxy, table: str, clock: StillClock) -> DynamoStore:
    return made(proxy, table, clock)


def made(proxy: AwsProxy, table: str, clock: StillClock) -> DynamoStore:
    return DynamoStore(cloud.dynamodb(proxy.url), table, clock, pause=lambda _: None)


def test_a_lost_answer_is_asked_for_again_and_nothing_is_written_twice(
    proxy: AwsProxy, store: DynamoStore
) -> None:
    proxy.fail("TransactWriteItems", Lost())

    [stored] = store.commit(STAGE)

    assert store.order("A" * 16) == stored
    assert proxy.calls.count("TransactWriteItems") == 2
    assert len(list(store.chain("paper:main"))) == 1
    assert len(store.notices()) == 1


def test_a_claim_whose_answer_is_lost_is_still_ours(proxy: AwsProxy, store: DynamoStore) -> None:
    store.commit(STAGE)
    claim = move(store.order("A" * 16), State.SENDING, owner="me")
    proxy.fail("TransactWriteItems", Lost())

    [claimed] = store.commit(Change((claim,), (STAGING,)))

    assert store.order("A" * 16) == claimed


def test_when_no_answer_comes_at_all_the_write_may_have_happened_and_we_say_so(
    proxy: AwsProxy, store: DynamoStore
) -> None:
    proxy.fail("TransactWriteItems", Lost(), times=3)

    with pytest.raises(StoreUnavailable):
        store.commit(STAGE)

    assert store.order("A" * 16).version == 1


def test_a_store_that_is_not_there_is_unavailable_for_every_question(table: str) -> None:
    with AwsProxy(ministack.endpoint()) as gone:
        store = made(gone, table, StillClock())

    for ask in (
        lambda: store.order("A"),
        lambda: store.unsettled("paper:main"),
        lambda: list(store.chain("paper:main")),
        lambda: store.commit(STAGE),
        lambda: store.delivered(Notice("a", "b", "c", "d", notice_id="e")),
    ):
        with pytest.raises(StoreUnavailable):
            ask()


def test_two_processes_that_take_turns_keep_one_chain(
    proxy: AwsProxy, table: str, clock: StillClock
) -> None:
    writers = [made(proxy, table, clock), made(proxy, table, clock)]

    for number in range(6):
        writers[number % 2].commit(Change((order(f"{number:016d}"),), (STAGING,)))

    chain = list(writers[0].chain("paper:main"))
    verify(chain)
    assert len(chain) == 6


def test_the_end_of_the_chain_is_remembered_while_it_is_fresh(
    proxy: AwsProxy, store: DynamoStore, clock: StillClock
) -> None:
    store.commit(STAGE)
    asked = len(proxy.calls)
    store.commit(Change((order("B" * 16),), (STAGING,)))
    assert proxy.calls[asked:] == ["TransactWriteItems"]

    clock.pass_(10)
    store.commit(Change((order("C" * 16),), (STAGING,)))

    assert proxy.calls[asked:] == ["TransactWriteItems", "Query", "TransactWriteItems"]


def test_a_throttled_transaction_is_tried_again_and_then_given_up(
    proxy: AwsProxy, store: DynamoStore
) -> None:
    throttled = Answered(
        "TransactionCanceledException",
        {"CancellationReasons": [{"Code": "ThrottlingError"}] + [{"Code": "None"}] * 4},
    )
    proxy.fail("TransactWriteItems", throttled, times=2)
    store.commit(STAGE)
    assert store.order("A" * 16).version == 1

    proxy.fail("TransactWriteItems", throttled, times=ATTEMPTS)
    with pytest.raises(StoreUnavailable, match="nothing was written"):
        store.commit(Change((order("B" * 16),), (STAGING,)))


def test_a_throttled_read_is_tried_again(proxy: AwsProxy, store: DynamoStore) -> None:
    store.commit(STAGE)
    proxy.fail("GetItem", Answered("ProvisionedThroughputExceededException"), times=2)

    assert store.order("A" * 16).key == "A" * 16


def test_many_unsettled_orders_are_read_in_batches_and_what_is_left_out_is_asked_for_again(
    proxy: AwsProxy, store: DynamoStore
) -> None:
    for start in range(0, 120, 40):
        orders = [order(f"{n:016d}", staged_at=1000.0 + n) for n in range(start, start + 40)]
        store.commit(Change(orders, (STAGING,)))
    proxy.fail("BatchGetItem", Halved(), times=3)

    unsettled = store.unsettled("paper:main")

    assert [one.key for one in unsettled] == [f"{n:016d}" for n in range(120)]


def test_documents_beyond_one_page_are_all_listed(proxy: AwsProxy, store: DynamoStore) -> None:
    for number in range(12):
        store.commit(Change((Document("paper", f"{number:02d}", {"text": "x" * 120_000}),)))

    found = store.documents("paper")

    assert [document.key for document in found] == [f"{n:02d}" for n in range(12)]
    assert proxy.calls.count("Query") > 1


def test_a_record_that_no_row_can_hold_is_refused_in_words(store: DynamoStore) -> None:
    with pytest.raises(StoreError, match=r"Document big is \d+ bytes"):
        store.commit(Change((Document("paper", "big", {"text": "x" * 500_000}),)))


def test_more_rows_than_one_transaction_takes_are_refused_in_words(store: DynamoStore) -> None:
    orders = [order(f"{n:016d}") for n in range(60)]

    with pytest.raises(StoreError, match="120 rows in one change"):
        store.commit(Change(orders))


def test_a_conflict_is_told_apart_from_a_chain_that_moved_on(
    proxy: AwsProxy, table: str, clock: StillClock
) -> None:
    mine, theirs = made(proxy, table, clock), made(proxy, table, clock)
    [staged] = mine.commit(STAGE)
    theirs.commit(Change((order("C" * 16),), (STAGING,)))

    mine.commit(Change((order("D" * 16),), (STAGING,)))  # only the chain had moved
    theirs.commit(Change((staged,), (STAGING,)))
    with pytest.raises(Conflict):
        mine.commit(Change((staged,), (STAGING,)))

    verify(mine.chain("paper:main"))


def test_a_notice_says_when_it_was_written(store: DynamoStore, clock: StillClock) -> None:
    store.commit(STAGE)

    [owed] = store.notices()
    assert written_at(owed.notice_id) == pytest.approx(clock.now(), abs=1e-3)


def test_what_seldom_changes_is_read_once_a_second_and_after_every_write_of_ours(
    proxy: AwsProxy, table: str, clock: StillClock
) -> None:
    client = cloud.dynamodb(proxy.url)
    store = DynamoStore(client, table, clock, seldom=frozenset({"account"}))
    other = made(proxy, table, clock)
    for key in ("paper:main", "paper:spare"):
        store.commit(Change((Document("account", key, {}),)))
        assert key in [each.key for each in store.documents("account")]
    asked = len(proxy.calls)

    for _ in range(3):
        assert len(store.documents("account")) == 2
        assert store.document("account", "paper:main") is not None
    assert proxy.calls[asked:] == ["GetItem"]

    other.commit(Change((Document("account", "paper:third", {}),)))
    assert len(store.documents("account")) == 2
    clock.pass_(1.0)
    assert len(store.documents("account")) == 3


def test_everything_else_is_read_whenever_it_is_asked_for(
    proxy: AwsProxy, table: str, clock: StillClock
) -> None:
    store = DynamoStore(cloud.dynamodb(proxy.url), table, clock, seldom=frozenset({"account"}))
    made(proxy, table, clock).commit(Change((Document("switch", "kill", {"on": False}),)))
    assert store.document("switch", "kill") is not None

    asked = len(proxy.calls)
    store.document("switch", "kill")

    assert proxy.calls[asked:] == ["GetItem"]


def test_whoever_lost_a_race_over_what_seldom_changes_reads_again(
    proxy: AwsProxy, table: str, clock: StillClock
) -> None:
    store = DynamoStore(cloud.dynamodb(proxy.url), table, clock, seldom=frozenset({"account"}))
    store.commit(Change((Document("account", "paper:main", {"name": "a"}),)))
    mine = store.document("account", "paper:main")
    assert mine is not None
    made(proxy, table, clock).commit(Change((replace(mine, body={"name": "b"}),)))

    with pytest.raises(Conflict):
        store.commit(Change((mine,)))

    again = store.document("account", "paper:main")
    assert again is not None
    assert again.body == {"name": "b"}
