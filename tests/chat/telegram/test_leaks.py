from __future__ import annotations

import pytest

from tradegram.chat.telegram.leaks import looks_secret


@pytest.mark.parametrize(
    "text",
    [
        "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw8",
        "token 110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw8 ok?",
        "0123456789abcdef0123456789abcdef",
        "secret=Zk3v9QpL0aX7bN2mC5dF8gH1jK4lM6nP",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0",
        "-----BEGIN EC PRIVATE KEY-----",
    ],
)
def test_tokens_and_keys_look_secret(text: str) -> None:
    assert looks_secret(text)


@pytest.mark.parametrize(
    "text",
    [
        "123456",
        "/buy NIFTY24NOV26000CE 65 @ 120.50 sl 100 tgt 160",
        "/order K7Q2M9XW4TABCDEF",
        "/start K7Q2-M9XW",
        "https://kite.trade/docs/connect/v3/orders/0123456789abcdef0123456789abcdef",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "--------------------------------------------",
        "/buy RELIANCE 10 @ 2950",
    ],
)
def test_orders_codes_and_links_do_not(text: str) -> None:
    assert not looks_secret(text)
