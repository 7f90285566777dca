"""A desk behind a loopback Bot API, with a conversation that is written down beforehand."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any, cast

import samples
from clocks import CountingIds, StillClock
from loopback.bot_api import BotApi

from tradegram.chat.reply import Answer, Button, Pressed, Reply, Said, Style
from tradegram.chat.telegram.inbound import Manner, Received, receive
from tradegram.chat.telegram.messenger import TelegramMessenger
from tradegram.chat.telegram.pace import Pace
from tradegram.chat.telegram.wire import Wire
from tradegram.clock import SystemClock
from tradegram.errors import UserError
from tradegram.model import Account
from tradegram.ports import Desk
from tradegram.store.sqlite import SqliteStore

OWNER, STRANGER = 42, 666
TICKET = "t:" + "T" * 16


@dataclass
class Books:
    def accounts(self) -> Sequence[Account]:
        return [samples.ACCOUNT]

    def account(self, account_id: str) -> Account:
        if account_id != samples.ACCOUNT.account_id:
            raise UserError(f"no account {account_id}")
        return samples.ACCOUNT


@dataclass
class Talk:
    """
    Answers words with a card that has a Confirm button, and a press by editing that card.

    fail: every call raises it. gates: the words that wait until the test opens the gate. before:
    called when a button was pressed, before that is answered.
    """

    heard: list[Said] = field(default_factory=list)
    presses: list[Pressed] = field(default_factory=list)
    fail: Exception | None = None
    answer: Answer | None = None
    gates: dict[str, threading.Event] = field(default_factory=dict)
    before: Any = None

    def said(self, desk: Desk, said: Said, /) -> Sequence[Reply]:
        self.heard.append(said)
        if said.text in self.gates:
            self.gates[said.text].wait(60)
        if self.fail:
            raise self.fail
        confirm = Button("Confirm BUY", f"{TICKET}:c:1", Style.SUCCESS)
        return [Reply(f"<b>Ticket</b> {escape(said.text, quote=False)}", ((confirm,),))]

    def pressed(self, desk: Desk, pressed: Pressed, /) -> Answer:
        self.presses.append(pressed)
        if self.fail:
            raise self.fail
        if self.before:
            self.before(pressed)
        return self.answer or Answer("Submitted", edit=Reply("⏳ Submitting"))

    @property
    def texts(self) -> list[str]:
        return [each.text for each in self.heard]


@dataclass
class Chat:
    """One desk, one bot, its server; `receive` is the webhook's way in."""

    api: BotApi
    clock: StillClock
    desk: Desk
    messenger: TelegramMessenger
    talk: Talk = field(default_factory=Talk)
    manner: Manner = field(default_factory=Manner)

    def receive(self, update: dict[str, Any]) -> Received:
        return receive(self.desk, self.messenger, update, self.talk, self.manner)


@contextmanager
def chat(folder: Path, *, allowed: Sequence[int] = (OWNER,), burst: float = 1000) -> Iterator[Chat]:
    clock = StillClock()
    store = SqliteStore(folder / "desk.sqlite", clock)
    unused = cast(Any, None)
    desk = Desk(
        store, unused, clock, CountingIds(), cast(Any, Books()), unused, unused, unused, unused,
        allowed_users=frozenset(allowed),
    )  # fmt: skip
    with BotApi(now=clock.now) as api:
        wire = Wire(api.token, api.base_url)
        try:
            yield Chat(api, clock, desk, TelegramMessenger(wire, Pace(SystemClock(), burst)))
        finally:
            wire.close()
            store.close()


def eventually(true: Any, seconds: float = 30.0) -> None:
    """For what no call of the Bot API announces."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.01)
