"""
Deliver what the desk owes people. A message is owed from the moment its cause is written.

The order's own message is edited to the newest state; what must not be missed is also said in a
short message that replies to it. Nothing is dropped: what cannot be shown now stays owed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from tradegram.chat import people
from tradegram.chat.buttons import say_button
from tradegram.chat.cards.order import is_loud, notice_text, order_card
from tradegram.chat.outcome import (
    account_name,
    bracket_shown,
    half_basket,
    is_several,
    outcome_card,
    ticket_of,
)
from tradegram.chat.reply import Reply
from tradegram.chat.writing import pages
from tradegram.errors import (
    Busy,
    Conflict,
    Gone,
    NotFound,
    StoreError,
    StoreFull,
    Unreachable,
    UserError,
)
from tradegram.orders.state import Order
from tradegram.ports import Change, Desk, Messenger, Notice
from tradegram.tickets.ticket import Ticket

WIDER = 10  # when chats are held up, so many times more is read once, so that others get theirs
AGAIN_AFTER = 5.0  # seconds, when a messenger did not answer
SESSION = "session"  # the kind of notice about a login that failed or ended
# Kinds of notices whose text names what a program asks its holder for.
TICKET, CHANGE = "ticket", "change"
QUESTIONS = frozenset({TICKET, CHANGE})
FILLS = frozenset({"partial", "filled"})  # of several only the last says anything new

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Delivered:
    """count: messages no longer owed. wait: seconds until the rest is worth trying; 0: no rest."""

    count: int
    wait: float


def deliver(
    desk: Desk,
    messenger: Messenger,
    limit: int = 50,
    serves: Callable[[str], bool] = lambda chat: True,
    shown: set[str] | None = None,
) -> Delivered:
    """
    One pass over what is owed, oldest first. Harmless to repeat and to interrupt.

    serves: leaves the other chats to another caller. shown: what was said while the record took no
    writes; the caller keeps it from one pass to the next. Raises StoreError. One at a time should
    call it for a chat: two would say some things twice.
    """
    round_ = _Round(desk, messenger, set() if shown is None else shown)
    for size in (limit, limit * WIDER):
        owed = desk.store.notices(size)
        unsaid = round_.without_shown(owed)
        letters = sorted(_letters(desk, unsaid), key=_through_a_network)
        mine = [letter for letter in letters if serves(letter.chat)]
        for letter in mine:
            round_.deliver(letter)
        if (not round_.held and len(mine) == len(letters)) or len(owed) < size:
            break
    return Delivered(round_.count, min(round_.held.values(), default=round_.stuck))


def chat_of(user_id: int) -> str:
    return "web:0" if user_id == people.CONSOLE else f"tg:{user_id}"


@dataclass(frozen=True, slots=True)
class _Letter:
    """
    What is owed about one order, about several orders of one ticket, or one alert about none.

    parts: the notices of each order; None for an alert.
    """

    parts: Sequence[tuple[Sequence[Notice], Order | None]]
    ticket: Ticket | None

    @property
    def chat(self) -> str:
        if self.ticket is not None and self.ticket.message:
            return self.ticket.message.rpartition(":")[0]
        return chat_of(self.parts[0][0][0].user_id)


def _through_a_network(letter: _Letter) -> bool:
    """Last come those that may have to wait for an answer; else in the order they were owed."""
    return not letter.chat.startswith("web:")


def _letters(desk: Desk, owed: Iterable[Notice]) -> Sequence[_Letter]:
    groups: dict[tuple[str, str], list[Notice]] = {}
    for notice in owed:
        alone = notice.notice_id if not notice.client_order_id else ""
        groups.setdefault((notice.client_order_id, alone), []).append(notice)
    letters: dict[str, _Letter] = {}
    for notices in groups.values():
        letter = _letter(desk, notices)
        # The orders of one ticket have one message, which is then edited once for all of them.
        several = letter.ticket is not None and is_several(letter.ticket)
        key = letter.ticket.ticket_id if letter.ticket and several else str(len(letters))
        before = letters[key].parts if key in letters else ()
        letters[key] = replace(letter, parts=(*before, *letter.parts))
    return list(letters.values())


def _letter(desk: Desk, notices: Sequence[Notice]) -> _Letter:
    try:
        order = _order(desk, notices[0].client_order_id)
        return _Letter(((notices, order),), ticket_of(desk, order) if order else None)
    except StoreError:
        raise
    except Exception:
        logger.exception("unreadable", extra={"client_order_id": notices[0].client_order_id})
        return _Letter(((notices, None),), None)  # its own words can still be said


def _order(desk: Desk, client_order_id: str) -> Order | None:
    try:
        return desk.store.order(client_order_id) if client_order_id else None
    except NotFound:
        return None


@dataclass(slots=True)
class _Round:
    """
    shown: notices that were said and could not be marked. held: chats not to be written to in this
    round, and for how long. stuck: by our own fault.
    """

    desk: Desk
    messenger: Messenger
    shown: set[str]
    count: int = 0
    held: dict[str, float] = field(default_factory=dict)
    stuck: float = 0.0

    def without_shown(self, owed: Sequence[Notice]) -> Sequence[Notice]:
        """What is yet to be said; the rest is only marked, if it can be by now."""
        unsaid = [each for each in owed if each.notice_id not in self.shown]
        self._done([each for each in owed if each.notice_id in self.shown])
        return unsaid

    def deliver(self, letter: _Letter) -> None:
        chat = letter.chat
        if chat in self.held or _kind(chat) in self.held:
            return
        try:
            self._deliver(letter, chat)
        except Busy as busy:
            self.held[chat] = max(busy.retry_after, 0.1)
        except Unreachable as error:
            # Every chat of that kind would have us wait as long for no answer.
            logger.info("not delivered yet: %s", error)  # who reads from it has said so
            self.held[_kind(chat)] = AGAIN_AFTER
        except StoreError:
            raise
        except Exception:
            # A fault in one message must not keep everybody's others from them.
            logger.exception(
                "not delivered", extra={"client_order_id": letter.parts[0][0][0].client_order_id}
            )
            self.stuck = AGAIN_AFTER

    def _deliver(self, letter: _Letter, chat: str) -> None:
        notices, order = letter.parts[0]
        ticket = letter.ticket
        if order is None:
            self._say(notices, chat)
        elif ticket is not None and is_several(ticket):
            self._tell_together(letter.parts, ticket, chat)
        else:
            self._tell(notices, order, ticket, chat)

    def _tell(
        self, notices: Sequence[Notice], order: Order, ticket: Ticket | None, chat: str
    ) -> None:
        message = self._card(order, ticket, chat)
        loud = [each for each in notices if _must_be_said(each, order)]
        self._done(each for each in notices if each not in loud)
        for each, is_news in _last_fill(loud):
            if is_news:
                self._send(chat, Reply(notice_text(each, order)), message)
            self._done([each])

    def _tell_together(
        self, parts: Sequence[tuple[Sequence[Notice], Order | None]], ticket: Ticket, chat: str
    ) -> None:
        """One edit, and one message for all that must be said; each account's part names it."""
        message = self._card(None, ticket, chat)
        said: list[str] = []
        for notices, order in parts:
            if order is not None:
                loud = [each for each in notices if _must_be_said(each, order)]
                where = account_name(self.desk, order.account_id) if ticket.shares else ""
                said += [notice_text(each, order, where) for each, news in _last_fill(loud) if news]
        for text in pages(said):
            self._send(chat, Reply(text), message)
        if said and (warning := half_basket(self.desk, ticket, [order for _, order in parts])):
            self._send(chat, warning, message)
        self._done(each for notices, _ in parts for each in notices)

    def _card(self, order: Order | None, ticket: Ticket | None, chat: str) -> str:
        """
        Edit the message, or show a new one; its name, or "" when nobody can see it.

        order: None for all those of the ticket.
        """
        try:
            card = self._shown(order, ticket)
        except UserError:
            return ""  # unlinked since; the notice still says what happened
        if ticket is not None and ticket.message:
            try:
                self.messenger.edit(ticket.message, card)
            except Gone as gone:
                logger.info("the order's message is gone: %s", gone)
            else:
                return ticket.message
        message = self._send(chat, replace(card, silent=True))
        if ticket is not None and message:
            self._remember(ticket, message)
        return message

    def _shown(self, order: Order | None, ticket: Ticket | None) -> Reply:
        if order is not None:
            account = self.desk.brokers.account(order.account_id)
            return order_card(order, ticket, account, bracket_shown(self.desk, order, ticket))
        assert ticket is not None  # noqa: S101 - a letter is about an order or about a ticket's
        return outcome_card(self.desk, ticket)

    def _remember(self, ticket: Ticket, message: str) -> None:
        try:
            self.desk.store.commit(Change((replace(ticket, message=message),)))
        except (Conflict, StoreFull):
            # The next notice shows the card once more; better than to overwrite a newer ticket.
            logger.info("message not remembered", extra={"ticket_id": ticket.ticket_id})

    def _say(self, notices: Sequence[Notice], chat: str) -> None:
        """An alert about no order; or a question that a program put, with its buttons."""
        questions = [each for each in notices if each.kind in QUESTIONS]
        for each in questions:
            self._send(chat, _question(self.desk, each))
        if texts := [notice_text(each, None) for each in notices if each not in questions]:
            lost = any(each.kind == SESSION for each in notices)
            buttons = ((say_button("Log in", "/login"),),) if lost else ()
            self._send(chat, Reply("\n".join(texts), buttons))
        self._done(notices)

    def _send(self, chat: str, reply: Reply, reply_to: str = "") -> str:
        """The message's name; "" when the person cannot be reached any more."""
        try:
            return self.messenger.send(chat, reply, reply_to=reply_to)
        except Gone as gone:
            logger.warning("nobody there to tell: %s", gone)
            return ""

    def _done(self, notices: Iterable[Notice]) -> None:
        for notice in notices:
            try:
                self.desk.store.delivered(notice)
            except StoreFull:
                # It was said, and is not said again each second until there is room to write so.
                self.shown.add(notice.notice_id)
            else:
                self.shown.discard(notice.notice_id)
                self.count += 1


def _question(desk: Desk, notice: Notice) -> Reply:
    # Only here: programs ask seldom, and what makes tickets is half of the desk to load.
    from tradegram.chat.program_questions import question

    return question(desk, notice)


def _kind(chat: str) -> str:
    return chat.partition(":")[0]


def _last_fill(loud: Sequence[Notice]) -> Iterator[tuple[Notice, bool]]:
    """Each with whether it is news: of several fills only the last says anything new."""
    latest = max((at for at, each in enumerate(loud) if each.kind in FILLS), default=-1)
    for at, each in enumerate(loud):
        yield each, each.kind not in FILLS or at == latest


def _must_be_said(notice: Notice, order: Order) -> bool:
    """A cancel the holder asked for is no news; one by the broker is."""
    return is_loud(notice) or (notice.kind == "cancelled" and not order.cancel_wanted)
