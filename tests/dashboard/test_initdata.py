"""Who opened a Mini App is whom Telegram says, and only that."""

from __future__ import annotations

import hashlib
import hmac
import json
from urllib.parse import urlencode

import pytest

from tradegram.dashboard import initdata
from tradegram.errors import UserError

TOKEN = "4711:bot-token-of-the-tests"
NOW = 1_795_000_000.0
USER = {"id": 7, "first_name": "Anu & Ravi", "username": "anu"}


def signed(token: str = TOKEN, at: float = NOW, **more: str) -> str:
    """As Telegram makes it, written out once more and not with the code under test."""
    fields = {
        "query_id": "AAF", "user": json.dumps(USER), "auth_date": str(int(at)),
        "signature": "third-party", **more,
    }  # fmt: skip
    text = "\n".join(f"{name}={fields[name]}" for name in sorted(fields))
    key = hmac.new(b"WebAppData", token.encode(), hashlib.sha256).digest()
    return urlencode({**fields, "hash": hmac.new(key, text.encode(), hashlib.sha256).hexdigest()})


def test_the_user_is_read_where_telegram_signed() -> None:
    assert initdata.read(signed(), TOKEN, NOW).user_id == 7


def test_a_signature_made_elsewhere_is_known() -> None:
    """A vector computed with openssl: printf ... | openssl dgst -sha256 -mac HMAC."""
    fields = {"auth_date": "1700000000", "user": '{"id":42}'}

    assert initdata.signature(fields, "123:ABC") == VECTOR


VECTOR = "9d6cda6285c707ee8542a190bb9984c6ddd322e018aa8a9bed33da139a56839c"


@pytest.mark.parametrize(
    "given",
    [
        signed("4712:another-bot"),
        signed() + "0",
        signed().replace("%22id%22%3A+7", "%22id%22%3A+8"),
        signed().replace("auth_date=1795", "auth_date=1796"),
        signed().partition("&hash=")[0],
        signed() + "&user=%7B%22id%22%3A8%7D",
        "user=%7B%22id%22%3A8%7D&" + signed(),
        signed() + "&more=1",
        "",
        "hash=",
        "hash=%F0%9F%92%A5&user=%7B%7D",
        "%FF=%FF",
        "a" * (initdata.LONGEST + 1),
        "&".join(f"f{number}=1" for number in range(50)),
    ],
)
def test_what_telegram_did_not_sign_so_is_refused(given: str) -> None:
    with pytest.raises(UserError, match="did not sign"):
        initdata.read(given, TOKEN, NOW)


@pytest.mark.parametrize("at", [NOW - initdata.FRESH - 1, NOW + 3600, 0])
def test_what_was_said_long_ago_or_is_yet_to_come_is_refused(at: float) -> None:
    with pytest.raises(UserError, match="more than an hour ago"):
        initdata.read(signed(at=at), TOKEN, NOW)


@pytest.mark.parametrize(
    "user", ["", "7", "{}", "[]", "{", '{"id":"7"}', '{"id":-7}', '{"id":true}']
)
def test_a_signed_opening_without_a_person_lets_nobody_in(user: str) -> None:
    with pytest.raises(UserError, match="did not sign"):
        initdata.read(signed(user=user), TOKEN, NOW)


def test_without_a_bot_token_nothing_is_believed() -> None:
    with pytest.raises(UserError):
        initdata.read(signed(""), "", NOW)
