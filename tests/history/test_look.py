"""The look back: trades kept, external orders noted, days closed once."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import pytest
from chat.trading_floor import Floor, floor
from store import stores

from tradegram.audit import Link, examine, link
from tradegram.brokers.contract import Book, Broker, Identity, Profile
from tradegram.chat.cards.order import notice_text
from tradegram.errors import SessionExpired
from tradegram.history.audited import check
from tradegram.history.external import externals, note_externals
from tradegram.history.keep import kept
from tradegram.history.look import look_back, try_look_back
from tradegram.history.trade import day_of
from tradegram.model import Account, ExecutionReport, OrderType, ReportStatus
from tradegram.orders.state import State
from tradegram.ports import Brokers, Change, Document, Notice

MAIN = "paper:main"
HOUR = 3600.0


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Floor]:
    with floor(tmp_path) as made:
        yield made


def look(desk: Floor, after: float = 0.0) -> None:
    desk.clock.pass_(after)
    look_back(desk.desk, MAIN, now=True)


def statements(desk: Floor) -> list[Notice]:
    return [each for each in desk.store.notices(100) if each.kind == "statement"]


def by_hand(desk: Floor, tag: str = "APP", **terms: object) -> str:
    """An order that the holder places in the broker's own app."""
    ours = desk.store.orders(MAIN).orders[0].intent
    changes: dict[str, object] = {"client_order_id": tag, "wire_id": tag, **terms}
    theirs = replace(ours, **changes)  # type: ignore[arg-type]
    broker = desk.desk.brokers.broker(MAIN)
    return broker.place(theirs, not_after=desk.clock.monotonic() + 5)


def test_a_look_keeps_the_days_trades_once(desk: Floor) -> None:
    desk.bought()
    for _ in range(3):
        look(desk)

    [one] = kept(desk.store, MAIN, day_of(desk.clock.now()), day_of(desk.clock.now()))
    assert (one.instrument, one.quantity, one.source) == ("NSE:RELIANCE", 10, "book")
    assert one.charges


def test_looks_come_no_oftener_than_they_should_however_many_ask(desk: Floor) -> None:
    assert look_back(desk.desk, MAIN)
    assert not look_back(desk.desk, MAIN)
    desk.clock.pass_(60)
    assert look_back(desk.desk, MAIN)


def test_an_order_placed_elsewhere_is_noted_shown_and_left_alone(desk: Floor) -> None:
    desk.bought()
    name = by_hand(desk)
    look(desk, 3)

    [one] = externals(desk.store, MAIN, day_of(desk.clock.now()))
    assert (one.broker_order_id, one.status, one.cum) == (name, "FILLED", "10")
    assert len(desk.store.orders(MAIN).orders) == 1
    shown = desk.one("/orders").text
    assert "Placed elsewhere today" in shown
    assert "external · BUY 10 RELIANCE" in shown
    assert len(kept(desk.store, MAIN, one.day, one.day)) == 2  # its fill is ours to count


def test_an_external_order_is_noted_again_only_when_it_changes(desk: Floor) -> None:
    desk.bought()
    price = desk.store.orders(MAIN).orders[0].average_price - 20
    by_hand(desk, order_type=OrderType.LIMIT, price=price, asked_type=OrderType.LIMIT)
    for _ in range(3):
        look(desk, 3)

    events = [json.loads(each.body) for each in desk.store.chain(MAIN)]
    [noted] = [each for each in events if each["event"] == "external order"]
    assert noted["before"] == {}
    assert noted["after"]["status"] == "NEW"


def test_an_order_of_ours_is_never_external(desk: Floor) -> None:
    desk.bought()
    look(desk)

    assert externals(desk.store, MAIN, day_of(desk.clock.now())) == []


def test_a_day_is_closed_once_after_its_markets_with_one_statement(desk: Floor) -> None:
    desk.bought()
    look(desk, HOUR)
    assert statements(desk) == []  # the market is still open

    for _ in range(4):
        desk.work(2)
        look(desk, 2 * HOUR)

    [told] = statements(desk)
    assert "Day 2026-11-20 of main is closed" in told.text
    assert "1 trade, realised" in told.text
    assert "charges ₹" in told.text
    assert "Order book and trade book agree." in told.text
    assert "Positions agree with the fills." in told.text
    assert notice_text(told, None).count("\n") == told.text.count("\n")


def test_the_statement_carries_the_head_of_the_chain_it_closes(desk: Floor) -> None:
    desk.bought()
    look(desk, 6 * HOUR + 60)
    look(desk, HOUR)

    [told] = statements(desk)
    events = list(desk.store.chain(MAIN))
    closed = next(each for each in events if "day closed" in each.body)
    head = events[closed.sequence - 1].digest
    assert f"Audit head {head[:8]}." in told.text
    assert json.loads(closed.body)["head"] == head
    assert check(desk.desk, MAIN, head[:8]).wrong == ()
    assert check(desk.desk, MAIN, "00000000").wrong == ("no link has the head 00000000",)


def test_a_worker_that_dies_before_it_noted_the_day_sends_no_second_statement(desk: Floor) -> None:
    desk.bought()
    look(desk, 7 * HOUR)
    assert len(statements(desk)) == 1
    known = desk.store.document("history", MAIN)
    assert isinstance(known, Document)
    forgotten = replace(known, body={**known.body, "closed": "2026-11-19"})
    desk.store.commit(Change((forgotten,)))

    look(desk, HOUR)

    assert len(statements(desk)) == 1


def test_a_broker_that_does_not_answer_at_the_close_is_asked_again(desk: Floor) -> None:
    desk.bought()
    silent = replace(desk.desk, brokers=Silent(desk.desk.brokers))
    desk.clock.pass_(7 * HOUR)
    look_back(silent, MAIN, now=True)
    assert statements(desk) == []

    look(desk, HOUR)

    assert "Order book and trade book agree." in statements(desk)[0].text


def test_a_broker_that_never_answers_does_not_keep_the_day_open(desk: Floor) -> None:
    desk.bought()
    silent = replace(desk.desk, brokers=Silent(desk.desk.brokers))
    look_back(silent, MAIN, now=True)
    desk.clock.pass_(21 * HOUR)
    look_back(silent, MAIN, now=True)

    [told] = statements(desk)
    assert "were not read after its close" in told.text
    assert "Positions were not compared." in told.text


def test_a_day_nobody_was_there_to_close_is_closed_later_and_says_so(desk: Floor) -> None:
    desk.bought()
    look(desk)
    look(desk, 48 * HOUR)

    [told] = statements(desk)
    assert "2026-11-20" in told.text
    assert "were not read after its close" in told.text


def test_a_day_without_orders_is_not_worth_a_statement(desk: Floor) -> None:
    look(desk, 7 * HOUR)
    look(desk, 24 * HOUR)

    assert statements(desk) == []


def test_books_that_disagree_are_named_in_the_statement(desk: Floor) -> None:
    desk.bought()
    order = desk.store.orders(MAIN).orders[0]
    desk.store.commit(Change((replace(order, cum_quantity=Decimal(4)),)))
    look(desk, 7 * HOUR)

    assert "4 filled by our record, 10 by the order book" in statements(desk)[0].text


def test_a_chain_that_lost_its_end_since_the_statement_is_found(desk: Floor) -> None:
    desk.bought()
    look(desk, 7 * HOUR)
    head = desk.store.head(MAIN)
    assert head is not None
    assert check(desk.desk, MAIN).wrong == ()
    with sqlite3.connect(desk.folder / "desk.sqlite") as db:
        db.execute("DELETE FROM audit WHERE sequence >= ?", (head.sequence - 1,))
    db.close()

    [sentence] = check(desk.desk, MAIN).wrong
    assert sentence == f"link {head.sequence - 1} of a day statement is missing at the end"


def test_a_chain_that_was_written_anew_since_the_statement_is_found(desk: Floor) -> None:
    desk.bought()
    look(desk, 7 * HOUR)
    links = list(desk.store.chain(MAIN))
    forged: list[Link] = []
    for each in links:
        body = json.loads(each.body.replace("RELIANCE", "INFOSYS"))
        forged.append(link(forged[-1] if forged else None, body))
    with sqlite3.connect(desk.folder / "desk.sqlite") as db:
        db.executemany(
            "UPDATE audit SET previous = ?, body = ?, digest = ? WHERE sequence = ?",
            [(each.previous, each.body, each.digest, each.sequence) for each in forged],
        )
    db.close()

    assert examine(desk.store.chain(MAIN)) == []
    [sentence] = check(desk.desk, MAIN).wrong
    assert sentence == f"link {links[-2].sequence} is not the one in that day's statement"


def test_where_a_broker_keeps_no_id_of_ours_an_order_in_doubt_is_not_taken_for_external(
    desk: Floor,
) -> None:
    desk.press(desk.one("buy RELIANCE 10"), "Confirm")
    [order] = desk.store.unsettled(MAIN)
    desk.store.commit(Change((replace(order, state=State.UNKNOWN),)))
    row = ExecutionReport(
        "B1", "", ReportStatus.NEW, Decimal(10), Decimal(0), Decimal(0), desk.clock.now()
    )
    nameless = replace(desk.desk, brokers=Nameless(desk.desk.brokers))

    assert note_externals(nameless, MAIN, Book([row])) == 0
    assert note_externals(desk.desk, MAIN, Book([row])) == 1


@dataclass
class Wrapped:
    inner: Brokers

    def accounts(self) -> Sequence[Account]:
        return self.inner.accounts()

    def account(self, account_id: str) -> Account:
        return self.inner.account(account_id)

    def broker(self, account_id: str) -> Broker:
        return self.inner.broker(account_id)

    def profile(self, account_id: str) -> Profile:
        return self.inner.profile(account_id)


class Nameless(Wrapped):
    """The same brokers, as if they kept no client order id."""

    def profile(self, account_id: str) -> Profile:
        return replace(self.inner.profile(account_id), identity=Identity.NONE)


class Silent(Wrapped):
    """Nobody is logged in."""

    def broker(self, account_id: str) -> Broker:
        raise SessionExpired("paper", "no session")


def test_the_same_look_over_dynamodb(tmp_path: Path) -> None:
    with floor(tmp_path) as desk, stores.opened("moto", tmp_path, desk.clock) as store:
        desk.bought()
        cloud = replace(desk.desk, store=store)
        for _ in range(3):
            look_back(cloud, MAIN, now=True)
            desk.clock.pass_(4 * HOUR)

        [one] = kept(store, MAIN, day_of(desk.clock.now()), day_of(desk.clock.now()))
        assert one.quantity == 10
        closed = [each.kind for each in store.notices(100)]
        assert closed.count("statement") == 1
        assert check(cloud, MAIN).wrong == ()


def test_what_goes_wrong_in_a_look_stops_nobody(desk: Floor) -> None:
    desk.store.down = True

    try_look_back(desk.desk, MAIN)
