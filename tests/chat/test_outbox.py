from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest
import samples
import telegram_desk
from loopback.bot_api import Flood, Message, Status
from telegram_desk import OWNER

from tradegram.chat.outbox import Delivered, deliver
from tradegram.chat.reply import Reply
from tradegram.chat.route import Route
from tradegram.errors import Busy, Gone, StoreFull
from tradegram.orders.state import Order, State
from tradegram.ports import Change, Notice, Record, Store
from tradegram.store.sqlite import SqliteStore
from tradegram.tickets.ticket import Ticket, TicketState

BUILT = "ABCDEFGHIJKLMNOP"


class Web:
    """A console that keeps what it was told."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def send(self, chat: str, reply: Reply, *, reply_to: str = "") -> str:
        self.said.append(reply.text)
        return f"{chat}:{len(self.said)}"

    def edit(self, message: str, reply: Reply) -> None:
        raise Gone("nothing here can be edited")


class BusyOnce(Web):
    """Asks for patience once, and would take the next message at once."""

    busy = True

    def send(self, chat: str, reply: Reply, *, reply_to: str = "") -> str:
        if self.busy:
            self.busy = False
            raise Busy("wait", retry_after=9)
        return super().send(chat, reply, reply_to=reply_to)


@dataclass
class NoRoom:
    """A record on a full disk: it reads, and takes no writes."""

    inner: Store
    has_room: bool = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def delivered(self, notice: Notice) -> None:
        self._check()
        self.inner.delivered(notice)

    def commit(self, change: Change) -> Sequence[Record]:
        self._check()
        return self.inner.commit(change)

    def _check(self) -> None:
        if not self.has_room:
            raise StoreFull("no room")


class Post:
    """Orders with tickets shown in Telegram, and the notices they owe."""

    def __init__(self, chat: telegram_desk.Chat) -> None:
        self.chat, self.store = chat, chat.desk.store
        self.web = Web()
        self.route = Route({"tg": chat.messenger, "web": self.web})

    def shown(self, key: str, *, user_id: int = OWNER) -> Message:
        """A confirmed ticket with its order, shown to the user."""
        name = self.chat.messenger.send(f"tg:{user_id}", Reply("⏳ Submitting"))
        self.staged(key, user_id=user_id, message=name)
        return self.chat.api.user(user_id).last()

    def staged(self, key: str, *, user_id: int = OWNER, message: str = "") -> None:
        ticket = replace(
            samples.TICKET, ticket_id="T" + key[1:], user_id=user_id, message=message,
            state=TicketState.CONFIRMED,
        )  # fmt: skip
        order = replace(samples.order(key), user_id=user_id, ticket_id=ticket.ticket_id)
        self.store.commit(Change((ticket, order)))

    def owe(self, key: str, kind: str, state: State, cum: int = 0, **changes: Any) -> None:
        order = replace(self.store.order(key), state=state, cum_quantity=Decimal(cum), **changes)
        owed = Notice(order.account_id, key, kind, order.text, order.user_id)
        self.store.commit(Change((order,), (), (owed,)))

    def deliver(self, limit: int = 50) -> Delivered:
        return deliver(self.chat.desk, self.route, limit)

    def order(self, key: str) -> Order:
        return self.store.order(key)

    def ticket(self, key: str) -> Ticket:
        return self.store.ticket("T" + key[1:])


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    with telegram_desk.chat(tmp_path) as chat:
        yield Post(chat)


def test_acceptance_edits_the_orders_message_without_a_word(post: Post) -> None:
    card = post.shown(BUILT)
    post.owe(BUILT, "working", State.WORKING)
    assert post.deliver() == Delivered(1, 0.0)
    assert card.edits == 1
    assert "Submitting" not in card.text
    assert len(post.chat.api.user(OWNER).shown()) == 1


def test_a_fill_edits_the_message_and_is_said_in_a_reply_to_it(post: Post) -> None:
    card = post.shown(BUILT)
    post.owe(BUILT, "filled", State.FILLED, 100)
    post.deliver()
    said = post.chat.api.user(OWNER).last()
    assert "Filled" in card.text
    assert "Filled" in said.text
    assert (said.reply_to, said.silent) == (card.message_id, False)


def test_many_notices_of_one_order_are_one_edit_and_one_word_about_the_fills(post: Post) -> None:
    card = post.shown(BUILT)
    post.owe(BUILT, "submitted", State.SUBMITTED)
    for cum in (10, 40, 70):
        post.owe(BUILT, "partial", State.WORKING, cum)
    post.owe(BUILT, "filled", State.FILLED, 100)
    assert post.deliver() == Delivered(5, 0.0)
    assert card.edits == 1
    assert len(post.chat.api.user(OWNER).shown()) == 2


def test_delivering_again_says_nothing_again(post: Post) -> None:
    post.shown(BUILT)
    post.owe(BUILT, "filled", State.FILLED, 100)
    post.deliver()
    calls = len(post.chat.api.ledger)
    assert post.deliver() == Delivered(0, 0.0)
    assert len(post.chat.api.ledger) == calls


def test_a_disk_without_room_does_not_say_the_same_again_and_again(post: Post) -> None:
    post.staged("A" * 16)
    post.owe("A" * 16, "filled", State.FILLED, 100)
    post.store.commit(Change((), (), (Notice("paper:main", "", "alert", "full", OWNER),)))
    full, shown = NoRoom(post.store), set[str]()
    desk = replace(post.chat.desk, store=cast(Store, full))
    told = post.chat.api.user(OWNER).shown

    for _ in range(3):
        deliver(desk, post.route, shown=shown)
    said = len(told())
    full.has_room = True
    deliver(desk, post.route, shown=shown)

    assert said == len(told()) == 3  # a card, that it was filled, and the alert
    assert (post.store.notices(), shown) == ([], set())


@pytest.mark.parametrize(("by_holder", "words"), [(True, 0), (False, 1)])
def test_a_cancel_is_said_aloud_only_when_the_holder_did_not_ask_for_it(
    post: Post, by_holder: bool, words: int
) -> None:
    post.shown(BUILT)
    post.owe(BUILT, "cancelled", State.CANCELLED, cancel_wanted=by_holder)
    post.deliver()
    assert len(post.chat.api.user(OWNER).shown()) == 1 + words


def test_an_order_that_was_never_shown_gets_a_card_that_is_edited_from_then_on(post: Post) -> None:
    post.staged(BUILT)
    post.owe(BUILT, "working", State.WORKING)
    post.deliver()
    card = post.chat.api.user(OWNER).last()
    assert post.ticket(BUILT).message == f"tg:{OWNER}:{card.message_id}"
    post.owe(BUILT, "submitted", State.FILLED, 100)
    post.deliver()
    assert card.edits == 1


def test_a_message_that_is_gone_is_replaced_by_a_new_one(post: Post) -> None:
    card = post.shown(BUILT)
    card.deleted = True
    post.owe(BUILT, "filled", State.FILLED, 100)
    assert post.deliver() == Delivered(1, 0.0)
    fresh, said = post.chat.api.user(OWNER).shown()
    assert "Filled" in fresh.text
    assert said.reply_to == fresh.message_id
    assert post.ticket(BUILT).message.endswith(f":{fresh.message_id}")


def test_a_flood_holds_one_chat_and_not_the_others_and_nothing_is_lost(post: Post) -> None:
    mine, theirs = "A" * 16, "B" * 16
    post.shown(mine)
    other = post.shown(theirs, user_id=7)
    post.owe(mine, "filled", State.FILLED, 100)
    post.owe(mine, "corrected", State.FILLED, 100)
    post.owe(theirs, "working", State.WORKING)
    post.chat.api.fail("editMessageText", Flood(1))
    assert post.deliver() == Delivered(1, 1.0)
    assert other.edits == 1
    telegram_desk.eventually(lambda: post.deliver().wait == 0.0)
    assert [each.text.split()[0] for each in post.chat.api.user(OWNER).shown()][-2:] == ["✅", "⚠"]


def test_an_outage_keeps_everything_owed_in_order(post: Post) -> None:
    post.shown(BUILT)
    post.owe(BUILT, "rejected", State.REJECTED, text="margin <short>")
    post.chat.api.fail("editMessageText", Status(500))
    assert post.deliver().wait > 0
    assert len(post.store.notices()) == 1
    post.chat.api.fail("sendMessage", Status(500))
    assert post.deliver().wait > 0
    assert len(post.store.notices()) == 1
    assert post.deliver() == Delivered(1, 0.0)
    assert "margin <short>" in post.chat.api.user(OWNER).last().text


def test_a_chat_that_is_held_up_does_not_starve_the_others(post: Post) -> None:
    for number in range(4):
        key = f"{number}" * 16
        post.shown(key)
        post.owe(key, "working", State.WORKING)
    other = post.shown("B" * 16, user_id=7)
    post.owe("B" * 16, "working", State.WORKING)
    post.chat.api.fail("editMessageText", Flood(60))
    assert post.deliver(limit=2).count == 1
    assert other.edits == 1


def test_who_blocked_the_bot_is_not_told_for_ever(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    post.shown(BUILT)
    post.owe(BUILT, "filled", State.FILLED, 100)
    post.chat.api.blocked.add(OWNER)
    assert post.deliver() == Delivered(1, 0.0)
    assert "nobody there to tell" in caplog.text


def test_an_alert_about_no_order_goes_to_its_person(post: Post) -> None:
    post.store.commit(Change((), (), (Notice("paper:main", "", "alert", "feed <stale>", OWNER),)))
    assert post.deliver() == Delivered(1, 0.0)
    assert "feed <stale>" in post.chat.api.user(OWNER).last().text


def test_an_alert_that_was_not_heard_stays_owed_to_that_person_alone(post: Post) -> None:
    for person in (0, OWNER):
        post.store.commit(
            Change((), (), (Notice("paper:main", "", "alert", "feed stale", person),))
        )
    post.chat.api.fail("sendMessage", Status(500))
    assert post.deliver().wait > 0
    assert post.deliver() == Delivered(1, 0.0)
    assert "feed stale" in post.chat.api.user(OWNER).last().text
    assert len(post.web.said) == 1


def test_a_round_for_one_messenger_leaves_the_others_chats_alone(post: Post) -> None:
    for person in (OWNER, 0):
        post.store.commit(Change((), (), (Notice("paper:main", "", "alert", "stale", person),)))

    done = deliver(post.chat.desk, post.route, 1, serves=lambda chat: chat.startswith("web:"))

    assert done == Delivered(1, 0.0)
    assert len(post.web.said) == 1, "beyond what is owed to others"
    assert [each.user_id for each in post.store.notices()] == [OWNER]


def test_an_order_of_the_console_is_told_there(post: Post) -> None:
    post.staged(BUILT, user_id=0)
    post.owe(BUILT, "filled", State.FILLED, 100)
    post.deliver()
    assert len(post.web.said) == 2
    assert post.chat.api.ledger == []


def test_an_order_that_cannot_be_read_is_told_in_the_notices_words(
    post: Post, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    post.shown("A" * 16)
    post.owe("A" * 16, "filled", State.FILLED, 100, text="filled somehow")
    broken = replace(post.order("A" * 16), average_price=cast(Any, None))
    with closing(SqliteStore(tmp_path / "desk.sqlite", post.chat.clock)) as elsewhere:
        elsewhere.commit(Change((broken,)))  # this store would know what it wrote itself
    other = post.shown("B" * 16)
    post.owe("B" * 16, "working", State.WORKING)
    assert (post.deliver(), other.edits) == (Delivered(2, 0.0), 1)
    assert "filled somehow" in post.chat.api.user(OWNER).last().text
    assert "unreadable" in caplog.text


def test_one_message_that_cannot_be_made_does_not_hold_up_the_others(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    post.shown("A" * 16)
    post.owe("A" * 16, "filled", State.FILLED, 100, average_price=Decimal("NaN"))
    other = post.shown("B" * 16)
    post.owe("B" * 16, "working", State.WORKING)
    delivered = post.deliver()
    assert (delivered.count, delivered.wait > 0, other.edits) == (1, True, 1)
    assert "not delivered" in caplog.text


def test_later_news_does_not_overtake_what_its_chat_is_still_owed(post: Post) -> None:
    post.web = BusyOnce()
    post.route = Route({"tg": post.chat.messenger, "web": post.web})
    for key in ("A" * 16, "B" * 16):
        post.staged(key, user_id=0)
        post.owe(key, "filled", State.FILLED, 100)
    assert post.deliver() == Delivered(0, 9.0)
    assert post.web.said == []
    assert post.deliver() == Delivered(2, 0.0)


def test_a_messenger_that_does_not_answer_is_waited_for_once_in_a_round(post: Post) -> None:
    post.shown("A" * 16)
    post.shown("B" * 16, user_id=7)
    post.staged("C" * 16, user_id=0)
    for key in ("A" * 16, "B" * 16, "C" * 16):
        post.owe(key, "filled", State.FILLED, 100)
    post.chat.api.fail("editMessageText", Status(500), times=2)
    assert post.deliver().count == 1
    assert len(post.web.said) == 2, "the console does not wait for Telegram"
    assert len(post.chat.api.calls("editMessageText")) == 1


def test_a_route_knows_its_messengers_and_nobody_elses(post: Post) -> None:
    with pytest.raises(Gone):
        post.route.send("fax:1", Reply("x"))
    name = post.route.send(f"tg:{OWNER}", Reply("x"), reply_to="web:0:1")
    post.route.edit(name, Reply("y"))
    assert post.chat.api.user(OWNER).last().text == "y"
