"""
Sessions. A person logs in at Zerodha, once a day; scripting its pages breaks its terms.

The browser comes back with a request token, good once and for minutes. The day's token dies at
about six in the morning, or when the holder logs out everywhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from tradegram.brokers.adapter import Call, Request, Steps, Tokens, step
from tradegram.brokers.indian import IST
from tradegram.brokers.refusals import let_in
from tradegram.brokers.zerodha.dialect import Dialect
from tradegram.model import Session

DIES = time(6, 0)
VERSION = {"X-Kite-Version": "3"}


class Login(Dialect):
    def login_url(self, credentials: Mapping[str, str], state: str) -> str:
        asked = {
            "v": "3",
            "api_key": credentials["api_key"],
            "redirect_params": urlencode({"state": state}),
        }
        return f"{self.profile.hosts['login']}/connect/login?{urlencode(asked)}"

    def enter(
        self, credentials: Mapping[str, str], given: Mapping[str, str], at: float
    ) -> Steps[Tokens]:
        key, once = credentials["api_key"], given["request_token"]
        proof = hashlib.sha256(f"{key}{once}{credentials['api_secret']}".encode()).hexdigest()
        form = {"api_key": key, "request_token": once, "checksum": proof}
        ask = Request("POST", "/session/token", form, VERSION, signed=False)
        data = yield from let_in(step(Call(ask, dict)))
        tokens = {"access_token": data["access_token"], "public_token": data["public_token"]}
        return Tokens(tokens, next_six(at), data["user_id"])

    def leave(self, session: Session) -> Steps[None]:
        asked = {name: session.secrets[name] for name in ("api_key", "access_token")}
        return step(Call(Request("DELETE", "/session/token", query=asked), _nothing))

    def check(self) -> Steps[str]:
        return step(Call(Request("GET", "/user/profile"), lambda data: str(data["user_id"])))


def next_six(at: float) -> float:
    """Six in the morning in India, strictly after `at`; both in seconds since the epoch."""
    now = datetime.fromtimestamp(at, IST)
    six = datetime.combine(now.date(), DIES, IST)
    return (six if now < six else six + timedelta(days=1)).timestamp()


def _nothing(data: Any) -> None:
    """The envelope was whole; what is in it does not matter."""
