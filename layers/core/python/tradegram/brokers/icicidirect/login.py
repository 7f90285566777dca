"""
Sessions. A person logs in at ICICI Direct, once a day; there is no other way in.

The browser comes back with `apisession`. The day's key ends after 24 hours or at midnight,
whichever is first. Nothing ends it before, and nothing of ours comes back with the browser.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from tradegram.brokers.adapter import JSON, Call, Request, Steps, Tokens, exact_json, known, step
from tradegram.brokers.icicidirect.dialect import Dialect
from tradegram.brokers.indian import midnight_after
from tradegram.brokers.refusals import let_in
from tradegram.model import Session


class Login(Dialect):
    def login_url(self, credentials: Mapping[str, str], state: str) -> str:
        asked = urlencode({"api_key": credentials["api_key"]})
        return f"{self.profile.hosts['login']}/login?{asked}"

    def enter(
        self, credentials: Mapping[str, str], given: Mapping[str, str], at: float
    ) -> Steps[Tokens]:
        asked = {"SessionToken": given["apisession"], "AppKey": credentials["api_key"]}
        ask = Request(
            "GET",
            "/customerdetails",
            content=exact_json(asked).encode(),
            headers={"Content-Type": JSON},
            signed=False,
        )
        data = yield from let_in(step(Call(ask, dict)))
        tokens = {"session_token": data["session_token"]}
        return Tokens(tokens, midnight_after(at), data["idirect_userid"])

    def leave(self, session: Session) -> Steps[None]:
        return known(None)

    def check(self) -> Steps[str]:
        """Breeze does not say who is logged in, only that somebody is."""
        return step(Call(Request("GET", "/funds"), _somebody))


def _somebody(data: Mapping[str, Any]) -> str:
    """Raises KeyError: it is not what was asked for."""
    if "bank_account" not in data:
        raise KeyError("bank_account")
    return ""
