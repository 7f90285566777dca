"""
Sessions, by PIN and one-time code: the login for programs that the broker documents.

The day's token stops working at about midnight, whatever the token itself says of its end.
"""

from __future__ import annotations

from collections.abc import Mapping

from tradegram.brokers.adapter import Call, Request, Steps, Tokens, step
from tradegram.brokers.angelone.dialect import Dialect, headers
from tradegram.brokers.indian import midnight_after
from tradegram.model import Session

AUTH = "/rest/auth/angelbroking"
SECURE = "/rest/secure/angelbroking"


class Login(Dialect):
    def login_url(self, credentials: Mapping[str, str], state: str) -> str:
        raise KeyError("Angel One asks for a PIN and a code, not in a browser")

    def enter(
        self, credentials: Mapping[str, str], given: Mapping[str, str], at: float
    ) -> Steps[Tokens]:
        """credentials: with `client`, the client code. given: with `totp`."""
        client = credentials["client"]
        asked = {"clientcode": client, "password": credentials["pin"], "totp": given["totp"]}
        path, ours = f"{AUTH}/user/v1/loginByPassword", headers(credentials)
        data = yield Call(Request("POST", path, json=asked, headers=ours, signed=False), dict)
        tokens = {
            "client": client,
            "jwt_token": data["jwtToken"],
            "refresh_token": data["refreshToken"],
            "feed_token": data["feedToken"],
        }
        return Tokens(tokens, midnight_after(at), client)

    def leave(self, session: Session) -> Steps[None]:
        asked = {"clientcode": session.secrets["client"]}
        return step(Call(Request("POST", f"{SECURE}/user/v1/logout", json=asked), _nothing))

    def check(self) -> Steps[str]:
        ask = Request("GET", f"{SECURE}/user/v1/getProfile")
        return step(Call(ask, lambda data: str(data["clientcode"])))


def _nothing(data: object) -> None:
    """The envelope was whole; what is in it does not matter."""
