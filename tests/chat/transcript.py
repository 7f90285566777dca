"""A conversation with the desk as it is seen on a phone, and the record of what was used in it."""

from __future__ import annotations

import base64
import hashlib
import html
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from chat.trading_floor import ANU, Floor, floor

from tradegram.brokers.paper.broker import PaperBroker
from tradegram.chat.buttons import read_press
from tradegram.chat.outbox import deliver
from tradegram.chat.reply import Answer, Button, Reply
from tradegram.chat.telegram.render import TAG
from tradegram.errors import Refused
from tradegram.model import Account, OrderIntent, Side
from tradegram.orders.attend import attend
from tradegram.orders.send import TryLater

WIDTH = 38  # letters beside each other on a phone
UNITS = ((3600, "h"), (60, "min"), (1, "s"))


@dataclass
class LikelyIds:
    """Ids that look like real ones and are the same in every run."""

    count: int = 0

    def nonce(self) -> str:
        self.count += 1
        return base64.b32encode(hashlib.sha256(str(self.count).encode()).digest()[:10]).decode()


class Doorman(PaperBroker):
    """A paper broker that refuses these sides at its door."""

    refuses: frozenset[Side] = frozenset()

    def place(self, intent: OrderIntent, *, not_after: float) -> str:
        if intent.side in self.refuses:
            raise Refused("paper", "margin exceeds", code="RMS")
        return super().place(intent, not_after=not_after)


@dataclass
class Used:
    """What was said and pressed; every message that was shown."""

    commands: set[str] = field(default_factory=set)
    presses: set[tuple[str, str]] = field(default_factory=set)  # kind, action
    shown: list[Reply] = field(default_factory=list)
    toasts: list[str] = field(default_factory=list)


@dataclass
class Phone:
    """One person's chat. Implements ports.Messenger, so that notices come to it as well."""

    floor: Floor
    used: Used
    lines: list[str] = field(default_factory=list)
    screen: dict[str, Reply] = field(default_factory=dict)

    # -- what a person does ----------------------------------------------------------------------

    def say(self, *texts: str) -> None:
        for text in texts:
            self._note("", *(f"{line:>{WIDTH}}" for line in wrapped(f"{text} «")))
            if text.startswith("/"):
                self.used.commands.add(text.split()[0])
            for reply in self.floor.say(text):
                self.send(f"tg:{ANU}", reply)

    def forward(self, text: str, source: str = "") -> None:
        """source: the channel it comes from."""
        title = f"(forwarded from {source or 'somebody'})"
        self._note("", *(f"{line:>{WIDTH}}" for line in wrapped(f"{title} {text} «")))
        for reply in self.floor.forward(text, source):
            self.send(f"tg:{ANU}", reply)

    def tap(self, *labels: str) -> None:
        """Press the newest buttons of these labels, or whose labels contain them, in turn."""
        for label in labels:
            message, button = self._newest(label)
            press = read_press(button.data)
            assert press is not None, button
            self.used.presses.add((press.kind, press.action))
            self._note("", *(f"{line:>{WIDTH}}" for line in wrapped(f"[{button.label}] «")))
            self._answered(message, self.floor.tap(button.data, message=message))

    def work(self, rounds: int = 2) -> None:
        """The desk's workers, and what they have to tell."""
        for _ in range(rounds):
            waiting = list(dict.fromkeys(self.floor.bell.rung))
            self.floor.bell.rung.clear()
            patient = [key for key in waiting if not self._attended(key)]
            self.floor.work()
            self.floor.bell.rung += patient
        deliver(self.floor.desk, self)

    def _attended(self, key: str) -> bool:
        try:
            attend(self.floor.desk, key)
        except TryLater:
            return False
        return True

    def wait(self, seconds: float) -> None:
        self.floor.clock.pass_(seconds)
        size, unit = next(each for each in UNITS if seconds >= each[0])
        self._note("", f"- {seconds / size:g} {unit} later -".center(WIDTH).rstrip())

    @contextmanager
    def unseen(self, words: str) -> Iterator[None]:
        """What happens meanwhile is not told line by line, and checked all the same."""
        before = list(self.lines)
        yield
        self.lines[:] = [*before, "", f"- {words} -".center(WIDTH).rstrip()]

    # -- what a person sees ----------------------------------------------------------------------

    def send(self, chat: str, reply: Reply, *, reply_to: str = "") -> str:
        name = f"m{len(self.screen) + 1}"
        self._show(name, reply, f"{name} to {reply_to.rpartition(':')[2]}" if reply_to else name)
        return f"{chat}:{name}"

    def edit(self, message: str, reply: Reply) -> None:
        name = message.rpartition(":")[2]
        self._show(name, reply, f"{name} becomes")

    def _answered(self, message: str, answer: Answer) -> None:
        if answer.toast:
            self.used.toasts.append(answer.toast)
            mark = "(!)" if answer.alert else "( )"
            self._note(*wrapped(f"{mark} {answer.toast}"))
        if answer.edit is not None:
            self.edit(message, answer.edit)
        for reply in answer.replies:
            self.send(f"tg:{ANU}", reply)

    def _show(self, name: str, reply: Reply, title: str) -> None:
        self.screen.pop(name, None)  # the newest goes last
        self.screen[name] = reply
        self.used.shown.append(reply)
        self._note(f"-- {title} ".ljust(WIDTH, "-"), *drawn(reply))

    def _newest(self, label: str) -> tuple[str, Button]:
        """The label itself before one that contains it; of these the newest."""
        shown = [
            (name, button)
            for name, reply in reversed(self.screen.items())
            for row in reply.buttons
            for button in row
            if label in button.label and not button.copy
        ]
        assert shown, f"no button {label!r} on the screen\n" + "\n".join(self.lines[-60:])
        return next((each for each in shown if each[1].label == label), shown[0])

    def _note(self, *lines: str) -> None:
        self.lines.extend(lines)


@contextmanager
def phone(folder: Path, used: Used, title: str, *accounts: Account) -> Iterator[Phone]:
    folder.mkdir()
    with floor(folder, *accounts, ids=LikelyIds(), broker=Doorman) as made:
        yield Phone(made, used, ["=" * WIDTH, title, "=" * WIDTH])


# -- drawing -------------------------------------------------------------------------------------


def drawn(reply: Reply) -> Sequence[str]:
    """A message as lines: its text wrapped, what it carries, its buttons row by row."""
    lines = [line for text in plain(reply.text).splitlines() for line in wrapped(text)]
    if reply.picture is not None:
        lines.append("(a picture)")
    if reply.file is not None:
        lines.append(f"({reply.file.name})")
    for row in reply.buttons:
        lines += wrapped(" ".join(f"[{button.label}]" for button in row))
    return lines


def plain(text: str) -> str:
    """What is read of HTML; what is behind a tap stands between bars."""
    hidden = text.replace("<tg-spoiler>", "‖").replace("</tg-spoiler>", "‖")
    return html.unescape(TAG.sub("", hidden))


def wrapped(line: str) -> Sequence[str]:
    """Broken between words as a phone does it; a longer word keeps its length."""
    if cells(line) <= WIDTH:
        return [line.rstrip()]
    done, current = list[str](), ""
    for word in line.split(" "):
        joined = f"{current} {word}" if current else word
        if current.strip() and cells(joined) > WIDTH:
            done.append(current.rstrip())
            joined = word
        current = joined
    return [*done, current.rstrip()]


def cells(text: str) -> int:
    """Width: an emoji takes two letters' room, a joiner none."""
    return sum(
        0 if unicodedata.combining(one) or one in "\ufe0f\u200d" else
        2 if unicodedata.east_asian_width(one) in "WF" else 1
        for one in text
    )  # fmt: skip
