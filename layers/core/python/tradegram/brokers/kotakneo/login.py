"""
Sessions: a one-time code lets us look, the MPIN lets us trade.

The broker does not say when a session ends; we take the end of the day, and a refusal of the
token for the truth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tradegram.brokers.adapter import Call, Request, Steps, Tokens, known, step
from tradegram.brokers.indian import midnight_after
from tradegram.brokers.kotakneo.dialect import KEY, Dialect, jdata
from tradegram.brokers.refusals import let_in
from tradegram.model import Session

LIMITS = {"seg": "ALL", "exch": "ALL", "prod": "ALL"}


class Login(Dialect):
    def login_url(self, credentials: Mapping[str, str], state: str) -> str:
        raise KeyError("Kotak Neo asks for an MPIN and a code, not in a browser")

    def enter(
        self, credentials: Mapping[str, str], given: Mapping[str, str], at: float
    ) -> Steps[Tokens]:
        """credentials: with `client`, the UCC. given: with `totp`."""
        client = credentials["client"]
        asked = {"mobileNumber": credentials["mobile"], "ucc": client, "totp": given["totp"]}
        ours = {"Authorization": credentials["access_token"], **KEY}
        view, sid = yield from _step("tradeApiLogin", asked, ours, ("token", "sid"))
        ours |= {"Auth": view, "sid": sid}
        mpin = {"mpin": credentials["mpin"]}
        token, sid, home = yield from _step(
            "tradeApiValidate", mpin, ours, ("token", "sid", "baseUrl")
        )
        stream = home.replace("https://", "wss://", 1)
        secrets = {
            "session_token": token, "session_id": sid, "api_url": home, "stream_url": stream,
        }  # fmt: skip
        return Tokens(secrets, midnight_after(at), client)

    def leave(self, session: Session) -> Steps[None]:
        """This generation has no logout that anybody documents: the session ends with the day."""
        return known(None)

    def check(self) -> Steps[str]:
        """Its answer names an account in a form of its own; the login was for our client only."""
        yield Call(jdata("/quick/user/limits", LIMITS), lambda body: body["EntityId"])
        return ""


def _step(
    name: str, asked: Mapping[str, str], headers: Mapping[str, str], wanted: Sequence[str]
) -> Steps[Sequence[str]]:
    def read(body: Mapping[str, Mapping[str, str]]) -> Sequence[str]:
        return [body["data"][one] for one in wanted]

    path = f"/login/1.0/{name}"
    ask = Request("POST", path, json=asked, headers=headers, host="login", signed=False)
    return let_in(step(Call(ask, read)))
