"""A desk on paper and a program that asks its API, without a socket between them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from chat.trading_floor import ANU, Floor, floor

from tradegram.api.call import Answer, Asking, Scope
from tradegram.api.keys import PER_MINUTE, Wanted, make
from tradegram.api.serve import Api
from tradegram.chat.outbox import deliver
from tradegram.chat.reply import Reply
from tradegram.model import Account
from tradegram.risk.kill import resume
from tradegram.risk.stepup import AtTheTerminal
from tradegram.vault.credentials import Vault
from tradegram.vault.keyring import LocalKeyRing

LIMIT_ORDER: dict[str, Any] = {
    "symbol": "RELIANCE", "exchange": "NSE", "transactionType": "BUY", "orderType": "LIMIT",
    "quantity": 10, "price": 2900, "product": "MIS", "validity": "DAY",
}  # fmt: skip
ORDERS = "/api/brokers/accounts/1/orders"


@dataclass
class Said:
    """An answer as a program reads it."""

    status: int
    json: Any
    headers: Mapping[str, str]


@dataclass
class Screen:
    """Implements ports.Messenger: what was sent to it, and nothing is ever gone."""

    shown: list[Reply] = field(default_factory=list)

    def send(self, chat: str, reply: Reply, *, reply_to: str = "") -> str:
        self.shown.append(reply)
        return f"{chat}:{len(self.shown)}"

    def edit(self, message: str, reply: Reply) -> None: ...


@dataclass
class Program:
    """Asks with its key, unless it is told otherwise."""

    floor: Floor
    api: Api
    key: str
    headers: dict[str, str] = field(default_factory=dict)
    private: bool = False

    def asks(
        self, method: str, path: str, body: Any = None, *, query: Mapping[str, str] | None = None,
        once: str = "", key: str | None = None,
    ) -> Said:  # fmt: skip
        headers = {"authorization": f"Bearer {self.key if key is None else key}"}
        if body is not None:
            headers["content-type"] = "application/json"
        if once:
            headers["idempotency-key"] = once
        raw = b"" if body is None else json.dumps(body).encode()
        asking = Asking(method, path, urlencode(query or {}), {**headers, **self.headers}, raw,
                        "192.0.2.7", self.private)  # fmt: skip
        return read(self.api.answer(asking))

    def told(self) -> list[Reply]:
        """New messages that the holder is shown in chat."""
        screen = Screen()
        deliver(self.floor.desk, screen)
        return screen.shown

    def released(self) -> None:
        resume(self.floor.desk, "terminal")

    def dies_after(self, writes: int) -> None:
        """From the next write but so many on, the process is dead: nothing is written any more."""
        self.floor.store.writes_left = writes

    def lives_again(self) -> None:
        """A new process over the same record: it remembers nothing else."""
        self.floor.store.writes_left = None
        self.api = Api(self.floor.desk)

    def with_vault(self) -> None:
        ring = LocalKeyRing(self.floor.folder / "vault.key")
        vault = Vault(self.floor.store, self.floor.clock, ring)
        self.api = replace(self.api, linker=vault)

    def open_(self, path: str) -> Answer:
        """As a browser would, without a key."""
        return self.api.answer(Asking("GET", path))


def read(answer: Answer) -> Said:
    return Said(answer.status, json.loads(answer.content), answer.headers)


def new_key(place: Floor, *scopes: Scope, name: str = "bot", **more: Any) -> str:
    wanted = Wanted(name, scopes or tuple(Scope), **more)
    return make(place.desk, ANU, wanted, AtTheTerminal())[1]


@contextmanager
def program(
    folder: Path, *accounts: Account, alone: bool = True, per_minute: int = PER_MINUTE
) -> Iterator[Program]:
    with floor(folder, *accounts) as place:
        place.desk = allowing(place)
        yield Program(place, Api(place.desk), new_key(place, alone=alone, per_minute=per_minute))


def allowing(place: Floor) -> Any:
    return replace(place.desk, allowed_users=frozenset({ANU}))
