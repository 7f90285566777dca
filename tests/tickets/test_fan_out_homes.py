"""The largest ticket there is, in both homes of the record: written whole, once, and verified."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from store import stores
from tickets.desks import MESSAGE, OWNER, PROFILE, D, LedgerBroker, asked, scene

from tradegram.audit import verify
from tradegram.brokers.registry import Maker, Registry, add_account
from tradegram.errors import StoreUnavailable, UserError
from tradegram.model import Account, Mode
from tradegram.orders.state import State
from tradegram.ports import Change, Desk, Document, Record, Store
from tradegram.risk.limits import KIND, key_of_account
from tradegram.tickets.desk import Confirmed, confirm_ticket, open_ticket
from tradegram.tickets.ticket import MOST_ORDERS, Ticket

ACCOUNTS = [
    Account(f"paper:a{n:02d}", "paper", f"a{n:02d}", Mode.PAPER) for n in range(MOST_ORDERS)
]


class Forgetful:
    """Any store; the answers of the next writes are lost."""

    def __init__(self, store: Store) -> None:
        self.store, self.lose_answers = store, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def commit(self, change: Change) -> Any:
        stored: list[Record] = list(self.store.commit(change))
        if self.lose_answers:
            self.lose_answers -= 1
            raise StoreUnavailable("no answer")
        return stored


@pytest.fixture(params=["sqlite", "moto"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    play = scene(tmp_path)
    with stores.opened(request.param, tmp_path, play.clock) as inner:
        store: Any = Forgetful(inner)
        for account in ACCOUNTS:
            add_account(store, account)
        brokers = Registry(store, {"paper": Maker(PROFILE, lambda _: LedgerBroker())})
        yield replace(play.desk, store=store, brokers=brokers)
    play.store.close()


def opened(desk: Desk, **said: Any) -> Ticket:
    wish = asked(quantity=D(48), account="all", **said)
    return open_ticket(desk, user_id=OWNER, asked=wish, source_text="typed")


def confirm(desk: Desk, ticket: Ticket) -> Confirmed:
    done = confirm_ticket(
        desk,
        user_id=OWNER,
        ticket_id=ticket.ticket_id,
        version=ticket.version,
        message=MESSAGE,
    )
    assert isinstance(done, Confirmed)
    return done


def test_the_most_orders_of_a_ticket_fit_into_one_write(desk: Desk) -> None:
    done = confirm(desk, opened(desk))

    assert len(done.orders) == MOST_ORDERS
    for account in ACCOUNTS:
        [order] = desk.store.unsettled(account.account_id)
        assert (order.state, order.quantity) == (State.STAGED, D(2))
        verify(list(desk.store.chain(account.account_id)))
    assert desk.store.ticket(done.ticket.ticket_id) == done.ticket


def test_a_lost_answer_is_found_out_by_reading_again(desk: Desk) -> None:
    ticket = opened(desk)
    desk.store.lose_answers = 1  # type: ignore[attr-defined]

    done = confirm(desk, ticket)

    assert len(done.orders) == MOST_ORDERS
    assert all(len(desk.store.orders(one.account_id).orders) == 1 for one in ACCOUNTS)


def test_what_is_too_much_for_one_write_is_said_before_anything_is_written(desk: Desk) -> None:
    levels = {"price": D(2940), "stop_loss": None}
    ticket = opened(desk, **levels)
    bracketed = replace(ticket, legs=tuple(_with_stop(leg) for leg in ticket.legs))
    [ticket_] = desk.store.commit(Change((bracketed,)))
    assert isinstance(ticket_, Ticket)

    with pytest.raises(UserError, match=r"[Ff]ewer accounts"):
        confirm(desk, ticket_)

    assert not any(desk.store.orders(one.account_id).orders for one in ACCOUNTS)


def test_a_limit_in_every_account_makes_one_write_too_small(desk: Desk) -> None:
    for account in ACCOUNTS:
        limits = Document(KIND, key_of_account(account.account_id), {"trades_per_day": 50})
        desk.store.commit(Change((limits,)))
    ticket = opened(desk)

    with pytest.raises(UserError, match="more than is written at once"):
        confirm(desk, ticket)

    assert not any(desk.store.orders(one.account_id).orders for one in ACCOUNTS)


def _with_stop(leg: Any) -> Any:
    return replace(leg, draft=replace(leg.draft, stop_loss=D(2900)))
