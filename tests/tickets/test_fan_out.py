"""One ticket for several accounts: divided, priced and refused account by account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from tickets.desks import (
    CALL,
    FUTURE,
    MESSAGE,
    OWNER,
    PROFILE,
    RELIANCE,
    D,
    LedgerBroker,
    Scene,
    asked,
    position,
    scene,
)

from tradegram.brokers.registry import Maker, Registry, open_paper_account
from tradegram.chat.asked import AskedShare
from tradegram.chat.preferences import prefer
from tradegram.errors import Denied, NotSent, Refused, SessionExpired, StoreUnavailable, UserError
from tradegram.model import Account, Mode, OrderType, Product, Side
from tradegram.orders.stage import client_order_id, order_ids
from tradegram.orders.state import State
from tradegram.ports import Desk
from tradegram.risk.change import set_limit
from tradegram.risk.limits import key_of_account, key_of_user
from tradegram.risk.stepup import AtTheTerminal
from tradegram.tickets.desk import (
    Confirmed,
    Edit,
    LookAgain,
    confirm_ticket,
    edit_ticket,
    open_ticket,
    requote,
)
from tradegram.tickets.errors import AlreadyConfirmed
from tradegram.tickets.ticket import MOST_ORDERS, Share, Ticket

MAIN, WIFE, KID = (Account(f"paper:{n}", "paper", n, Mode.PAPER) for n in ("main", "wife", "kid"))
LIVE = Account("zerodha:AB1234", "zerodha", "kite", Mode.LIVE)


@dataclass
class Family:
    """Three accounts, each with a broker of its own."""

    scene: Scene
    desk: Desk
    of: Mapping[str, LedgerBroker]

    def opened(self, *what: Any, **said: Any) -> Ticket:
        return open_ticket(
            self.desk, user_id=OWNER, asked=asked(*what, **said), source_text="typed"
        )

    def confirm(self, ticket: Ticket) -> Confirmed | LookAgain:
        return confirm_ticket(
            self.desk,
            user_id=OWNER,
            ticket_id=ticket.ticket_id,
            version=ticket.version,
            message=MESSAGE,
        )


def family_of(folder: Path, *accounts: Account) -> Family:
    play = scene(folder, *accounts)
    of = {one.account_id: LedgerBroker() for one in accounts}
    maker = Maker(PROFILE, lambda account: of[account.account_id])
    brokers = Registry(play.store, {"paper": maker, "zerodha": maker})
    return Family(play, replace(play.desk, brokers=brokers), of)


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Family]:
    made = family_of(tmp_path, MAIN, WIFE, KID)
    prefer(made.desk, OWNER, lambda mine: replace(mine, account=MAIN.account_id))
    yield made
    made.scene.store.close()


def shares(*said: str) -> tuple[AskedShare, ...]:
    """`wife:2`, `main`, `kid=5`."""
    found = []
    for each in said:
        name, _, size = each.partition("=")
        name, _, weight = name.partition(":")
        found.append(AskedShare(name, int(weight or 0), D(size) if size else None))
    return tuple(found)


def parts(ticket: Ticket) -> dict[str, Any]:
    """Units by account, those that cannot be sent too."""
    found: dict[str, Any] = {}
    for leg in ticket.all_legs:
        name = leg.account_id.partition(":")[2]
        found[name] = found.get(name, 0) + leg.draft.quantity
    return found


# -- who takes how much --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"account": "all"}, {"main": 4, "kid": 3, "wife": 3}),
        ({"account": "all", "each": True}, {"main": 10, "kid": 10, "wife": 10}),
        ({"shares": shares("main:2", "wife")}, {"main": 7, "wife": 3}),
        ({"shares": shares("wife", "main")}, {"wife": 5, "main": 5}),
        ({"shares": shares("main=6", "kid=1")}, {"main": 6, "kid": 1}),
        ({"shares": shares("all=2")}, {"main": 2, "kid": 2, "wife": 2}),
        ({"shares": shares("kid=3")}, {"kid": 3}),
        ({"shares": shares("kid:7")}, {"kid": 10}),
    ],
)
def test_the_quantity_is_for_all_unless_each_or_his_own_is_said(
    family: Family, said: dict[str, Any], expected: dict[str, int]
) -> None:
    ticket = family.opened(quantity=D(10), **said)

    assert parts(ticket) == expected
    assert ticket.draft.quantity == ticket.quantity == sum(expected.values())


def test_a_group_keeps_its_weights(family: Family) -> None:
    group = {"family": {KID.account_id: 1, MAIN.account_id: 3}}
    prefer(family.desk, OWNER, lambda mine: replace(mine, groups=group))

    assert parts(family.opened(quantity=D(8), account="Family")) == {"kid": 2, "main": 6}


def test_money_is_divided_and_a_share_of_the_balance_is_each_accounts_own(family: Family) -> None:
    family.of[KID.account_id].free = {"INR": D(50_000)}

    assert parts(family.opened(money=D(30_000), account="all")) == {"main": 4, "kid": 3, "wife": 3}
    each = family.opened(percent=D(10), account="all", each=True)
    assert parts(each) == {"main": 33, "kid": 1, "wife": 33}
    with pytest.raises(UserError, match="each account's own"):
        family.opened(percent=D(10), account="all")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"shares": shares("main", "nobody")}, "no account called #nobody"),
        ({"account": "nobody"}, "no account called #nobody"),
        ({"shares": (AskedShare("main"), AskedShare("paper:main"))}, "#main is meant twice"),
        ({"shares": shares("main", "all")}, "#main is meant twice"),
        ({"shares": shares("main", "best")}, "said alone"),
        ({"account": "all", "quantity": D(0)}, "least of RELIANCE is one"),
    ],
)
def test_what_cannot_be_divided_is_said(family: Family, said: dict[str, Any], why: str) -> None:
    with pytest.raises(UserError, match=why):
        family.opened(**said)


def test_paper_and_live_money_never_stand_on_one_ticket(tmp_path: Path) -> None:
    mixed = family_of(tmp_path, MAIN, WIFE, LIVE)

    assert parts(mixed.opened(quantity=D(4), account="all")) == {"main": 2, "wife": 2}
    with pytest.raises(UserError, match="#kite is LIVE"):
        mixed.opened(shares=shares("main", "kite"))


@pytest.mark.parametrize("name", ["all", "best"])
def test_no_account_is_called_what_orders_mean_by_a_word_of_their_own(
    family: Family, name: str
) -> None:
    with pytest.raises(UserError, match="meaning of its own"):
        open_paper_account(family.scene.store, name)


# -- each for itself -----------------------------------------------------------------------------


def test_the_whole_is_the_sum_of_its_parts(family: Family) -> None:
    ticket = family.opened(quantity=D(10), account="all")

    one = ticket.legs[0].pricing
    assert ticket.pricing.value == sum(leg.pricing.value for leg in ticket.legs)
    assert ticket.pricing.margin == sum(leg.pricing.margin for leg in ticket.legs)
    assert ticket.pricing.available == 3 * one.available
    assert ticket.pricing.worst_price == one.worst_price
    assert set(ticket.pricing.charges) == set(one.charges)
    assert "✅ margin" in ticket.pricing.checks


def allow(family: Family, key: str, most: int) -> None:
    value = D(most)
    set_limit(family.desk, key, "order_value", value, user_id=OWNER, proof=AtTheTerminal())


def test_the_holders_limit_on_one_order_is_on_all_of_it_together(family: Family) -> None:
    worth = family.opened(quantity=D(30), account="all").pricing.value
    allow(family, key_of_user(OWNER), int(worth) - 1)

    with pytest.raises(Denied, match=r"orders together are worth .* /risk order_value"):
        family.opened(quantity=D(30), account="all")
    with pytest.raises(Denied, match="together"):
        family.opened(quantity=D(10), account="all", each=True)
    assert family.opened(quantity=D(29), account="all")


def test_an_accounts_limit_is_on_its_own_part(family: Family) -> None:
    worth = family.opened(quantity=D(30), account="all").legs[0].pricing.value
    for account in (MAIN, WIFE, KID):
        allow(family, key_of_account(account.account_id), int(worth) + 1)

    assert not any(leg.denied for leg in family.opened(quantity=D(30), account="all").legs)


def test_closing_in_all_accounts_is_stopped_by_no_limit_on_one_order(family: Family) -> None:
    for broker in family.of.values():
        broker.runs = [position("10", Product.INTRADAY)]
    allow(family, key_of_user(OWNER), 15_000)

    sale = {"side": Side.SELL, "product": Product.INTRADAY, "account": "all", "each": True}
    assert family.opened(quantity=D(10), **sale)
    with pytest.raises(UserError, match="above your limit"):
        family.opened(quantity=D(11), **sale)


@pytest.mark.parametrize(
    ("trouble", "why"),
    [
        (Refused("Paper", "margin blocked"), "margin blocked"),
        (SessionExpired("Paper", "token ended"), "not logged in"),
    ],
)
def test_an_account_that_cannot_take_its_part_is_shown_and_never_staged(
    family: Family, trouble: Exception, why: str
) -> None:
    family.of[WIFE.account_id].fails = trouble  # type: ignore[assignment]

    ticket = family.opened(quantity=D(9), account="all")

    [denied] = [leg for leg in ticket.legs if leg.denied]
    assert denied.account_id == WIFE.account_id
    assert why in denied.denied
    assert (ticket.draft.quantity, ticket.quantity) == (D(9), D(6))
    done = family.confirm(ticket)
    assert isinstance(done, Confirmed)
    assert {order.account_id for order in done.orders} == {MAIN.account_id, KID.account_id}
    assert not family.scene.staged(WIFE.account_id)
    assert order_ids(done.ticket) == tuple(order.key for order in done.orders)


def test_money_that_is_not_free_denies_that_account_only(family: Family) -> None:
    family.of[KID.account_id].free = {"INR": D(100)}

    ticket = family.opened(quantity=D(9), account="all")

    assert [leg.account_id for leg in ticket.legs if leg.denied] == [KID.account_id]
    assert "is free" in next(leg.denied for leg in ticket.legs if leg.denied)


def test_an_account_for_which_no_lot_is_left_is_shown(family: Family) -> None:
    ticket = family.opened(CALL, quantity=D(130), account="all", price=D(120))

    assert parts(ticket) == {"main": 65, "kid": 65, "wife": 0}
    assert "no whole lot" in ticket.legs[-1].denied


def test_when_nobody_can_take_it_there_is_no_ticket_and_all_reasons_are_said(
    family: Family,
) -> None:
    for broker in family.of.values():
        broker.free = {"INR": D(1)}
    family.of[WIFE.account_id].free = {"INR": D(2)}

    with pytest.raises(UserError) as refused:
        family.opened(quantity=D(9), account="all")

    same, other = str(refused.value).splitlines()
    assert same.startswith("#main, #kid: ")
    assert other.startswith("#wife: ")


def test_a_caution_names_its_account(family: Family) -> None:
    family.of[KID.account_id].free = {"INR": D(3_000)}

    ticket = family.opened(quantity=D(9), account="all")

    assert ticket.pricing.needs_second_confirm
    assert any(each.startswith("⚠ #kid: ") for each in ticket.pricing.checks)
    assert isinstance(family.confirm(ticket), LookAgain)


# -- slices --------------------------------------------------------------------------------------


def test_more_than_the_freeze_quantity_becomes_slices_that_sum_to_it(family: Family) -> None:
    ticket = family.opened(CALL_FROZEN, quantity=D(65 * 60), price=D(1))

    assert [leg.draft.quantity for leg in ticket.legs] == [D(1755), D(1755), D(390)]
    assert sum(leg.pricing.value for leg in ticket.legs) == ticket.pricing.value == D(3900)
    done = family.confirm(ticket)
    assert isinstance(done, Confirmed)
    assert [order.quantity for order in done.orders] == [D(1755), D(1755), D(390)]
    assert [order.intent.price for order in done.orders] == [D(1)] * 3


def test_the_margin_of_slices_is_that_of_the_whole(family: Family) -> None:
    # Each slice for itself could be afforded; together they cannot.
    family.of[MAIN.account_id].free = {"INR": D(300)}

    with pytest.raises(UserError, match="is free"):
        family.opened(CALL_FROZEN, quantity=D(65 * 60), price=D(1))


def test_each_accounts_part_is_sliced_for_itself(family: Family) -> None:
    ticket = family.opened(
        CALL_FROZEN, quantity=D(65 * 60), price=D(1), shares=shares("main:3", "wife")
    )

    sizes = [(leg.account_id, leg.draft.quantity) for leg in ticket.legs]
    assert sizes == [
        (MAIN.account_id, D(1755)),
        (MAIN.account_id, D(1170)),
        (WIFE.account_id, D(975)),
    ]


def test_more_orders_than_one_write_can_hold_are_refused_in_a_sentence(family: Family) -> None:
    most = 1755 * MOST_ORDERS // 3
    assert len(
        family.opened(CALL_FROZEN, quantity=D(most * 3), price=D(1), account="all").legs
    ) == (MOST_ORDERS)
    with pytest.raises(UserError, match="makes 27 orders, and one ticket holds at most 24"):
        family.opened(CALL_FROZEN, quantity=D(most * 3 + 195), price=D(1), account="all")


def test_an_exit_in_slices_closes_no_more_than_is_open(family: Family) -> None:
    family.of[MAIN.account_id].runs = [position("3900", Product.CARRY_FORWARD, CALL_FROZEN)]
    closing: dict[str, Any] = {
        "order_type": OrderType.LIMIT, "price": D(120), "product": Product.CARRY_FORWARD,
        "closes": True, "account": "main", "quantity": D(3900),
    }  # fmt: skip
    first = family.opened(CALL_FROZEN, Side.SELL, **closing)
    second = family.opened(CALL_FROZEN, Side.SELL, **closing)

    done = family.confirm(first)
    assert isinstance(done, Confirmed)
    assert len(done.orders) == 3
    with pytest.raises(UserError, match=r"Nothing of .* is left to close"):
        family.confirm(second)


# -- changing and confirming ---------------------------------------------------------------------


def test_a_change_is_divided_as_before(family: Family) -> None:
    ticket = family.opened(quantity=D(10), shares=shares("main:2", "wife"))

    more = edit_ticket(
        family.desk, user_id=OWNER, ticket_id=ticket.ticket_id, version=ticket.version,
        change=Edit(quantity=D(30), price=D(2940)),
    )  # fmt: skip

    assert parts(more) == {"main": 20, "wife": 10}
    assert {leg.draft.price for leg in more.legs} == {D(2940)}
    assert more.shares == (Share(MAIN.account_id, 2), Share(WIFE.account_id, 1))
    again = requote(family.desk, user_id=OWNER, ticket_id=more.ticket_id, version=more.version)
    assert parts(again) == parts(more)


def test_own_quantities_keep_their_proportion_when_the_whole_is_changed(family: Family) -> None:
    ticket = family.opened(shares=shares("main=20", "wife=10"))

    more = edit_ticket(
        family.desk, user_id=OWNER, ticket_id=ticket.ticket_id, version=ticket.version,
        change=Edit(quantity=D(15)),
    )  # fmt: skip

    assert parts(more) == {"main": 10, "wife": 5}


def test_an_account_that_recovers_gets_its_part_at_the_next_look(family: Family) -> None:
    family.of[KID.account_id].free = {"INR": D(1)}
    ticket = family.opened(quantity=D(9), account="all")
    family.of[KID.account_id].free = {"INR": D(1_000_000)}
    family.scene.clock.pass_(30)  # a margin is remembered for a moment

    again = requote(family.desk, user_id=OWNER, ticket_id=ticket.ticket_id, version=ticket.version)

    assert (ticket.quantity, again.quantity) == (D(6), D(9))


def test_all_legs_are_staged_in_one_write_or_none(family: Family) -> None:
    ticket = family.opened(quantity=D(9), account="all")
    family.scene.store.lose_writes = 9

    with pytest.raises(StoreUnavailable):
        family.confirm(ticket)

    assert not any(family.scene.staged(one.account_id) for one in (MAIN, WIFE, KID))


def test_a_lost_answer_of_the_write_makes_no_second_order(family: Family) -> None:
    ticket = family.opened(quantity=D(9), account="all")
    family.scene.store.lose_answers = 1

    done = family.confirm(ticket)

    assert isinstance(done, Confirmed)
    assert [order.key for order in done.orders] == [
        client_order_id(ticket.ticket_id, number) for number in range(3)
    ]
    assert {account for account, _ in family.scene.bell.rung} == {
        one.account_id for one in (MAIN, WIFE, KID)
    }
    with pytest.raises(AlreadyConfirmed):
        family.confirm(ticket)
    assert all(len(family.scene.staged(one.account_id)) == 1 for one in (MAIN, WIFE, KID))


def test_a_bell_that_is_lost_leaves_every_leg_to_the_sweeper(family: Family) -> None:
    ticket = family.opened(quantity=D(9), account="all")
    family.scene.bell.broken = True

    done = family.confirm(ticket)

    assert isinstance(done, Confirmed)
    assert [order.state for order in done.orders] == [State.STAGED] * 3


# -- best ----------------------------------------------------------------------------------------


def test_best_is_the_account_with_the_most_left_and_says_so(family: Family) -> None:
    family.of[KID.account_id].free = {"INR": D(2_000_000)}

    ticket = family.opened(quantity=D(9), account="BEST")

    assert ticket.account_id == KID.account_id
    assert ticket.legs == ()
    assert "#best is #kid" in ticket.routed
    assert "then #main" in ticket.routed
    again = requote(family.desk, user_id=OWNER, ticket_id=ticket.ticket_id, version=ticket.version)
    assert (again.account_id, again.routed) == (
        KID.account_id,
        "#best was #kid when this ticket was opened",
    )


def test_best_passes_over_accounts_that_cannot_take_it_or_do_not_say(family: Family) -> None:
    family.of[KID.account_id].free = {"INR": D(2_000_000)}
    family.of[KID.account_id].fails = NotSent("Paper", "down")
    family.of[MAIN.account_id].free = {"INR": D(1)}

    ticket = family.opened(quantity=D(9), account="best")

    assert ticket.account_id == WIFE.account_id
    assert "2 cannot take it" in ticket.routed


def test_when_no_account_is_best_every_reason_is_said(family: Family) -> None:
    for broker in family.of.values():
        broker.free = {"INR": D(1)}

    with pytest.raises(UserError, match=r"#main: .*\n#kid: .*\n#wife: "):
        family.opened(quantity=D(9), account="best")


def test_the_first_account_takes_the_odd_lot_and_a_future_is_never_split(family: Family) -> None:
    ticket = family.opened(FUTURE, quantity=D(195), shares=shares("kid", "main"), price=D(24050))

    assert parts(ticket) == {"kid": 130, "main": 65}
    assert RELIANCE.freeze_quantity is None


CALL_FROZEN = replace(CALL, freeze_quantity=D(1800))
