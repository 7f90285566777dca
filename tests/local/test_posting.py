"""Messages go out as they arise, each messenger at its own pace."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

from telegram_desk import eventually

from tradegram.bootstrap import local_home
from tradegram.chat.reply import Reply
from tradegram.errors import Gone
from tradegram.local.posting import Posting
from tradegram.ports import Change, Notice
from tradegram.settings import read


@dataclass
class Board:
    """A messenger that keeps what it was told; shut, it gives no answer until it is opened."""

    open: threading.Event = field(default_factory=threading.Event)
    said: list[str] = field(default_factory=list)

    def send(self, chat: str, reply: Reply, *, reply_to: str = "") -> str:
        self.open.wait(20)
        self.said.append(reply.text)
        return f"{chat}:{len(self.said)}"

    def edit(self, message: str, reply: Reply) -> None:
        raise Gone("nothing here can be edited")


def test_a_messenger_that_hangs_delays_nobody_elses_messages(tmp_path: Path) -> None:
    home = local_home(read({"TRADEGRAM_DATA_DIR": str(tmp_path)}))
    console, telegram = Board(), Board()
    console.open.set()
    posting = Posting(home.desk, {"web": console, "tg": telegram})
    posting.start()
    try:
        for person in (42, 0):
            alert = Notice("paper:main", "", "alert", "feed stale", person)
            home.store.commit(Change((), (), (alert,)))
        posting.news()

        eventually(lambda: console.said)
        assert telegram.said == []

        telegram.open.set()
        eventually(lambda: telegram.said and not home.store.notices())
    finally:
        telegram.open.set()
        posting.stop()
        home.store.close()


def test_what_no_messenger_shows_any_more_is_given_up(tmp_path: Path) -> None:
    home = local_home(read({"TRADEGRAM_DATA_DIR": str(tmp_path)}))
    home.store.commit(Change((), (), (Notice("paper:main", "", "alert", "feed stale", 42),)))
    console = Board()
    console.open.set()
    posting = Posting(home.desk, {"web": console})
    posting.start()
    try:
        eventually(lambda: not home.store.notices())
        assert console.said == []
    finally:
        posting.stop()
        home.store.close()
