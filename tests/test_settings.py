"""Settings: read once, and a wrong one says which, why and what to write, but never its value."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal
from pathlib import Path

import pytest

from tradegram.errors import SettingError
from tradegram.settings import VARIABLES, Secret, Settings, read


def test_nothing_set_is_a_desk_on_this_machine() -> None:
    assert read({}) == Settings()
    assert read({"TRADEGRAM_HTTP_PORT": ""}) == Settings()


def test_every_setting_has_its_variable() -> None:
    assert {each.field for each in VARIABLES.values()} == {each.name for each in fields(Settings)}


def test_values_are_of_their_kinds() -> None:
    found = read({
        "TRADEGRAM_ALLOWED_USERS": "42, 43,",
        "TRADEGRAM_BROKERS": "paper, zerodha",
        "TRADEGRAM_DATA_DIR": "~/desk",
        "TRADEGRAM_HTTP_PORT": "0",
        "TRADEGRAM_TICKET_TTL_S": "90",
        "TRADEGRAM_PAPER_ALWAYS_OPEN": "true",
        "TRADEGRAM_PAPER_BALANCE": "250000.50",
        "TRADEGRAM_PAPER_REJECTION_RATE": "0.05",
        "TELEGRAM_API_BASE_URL": "http://127.0.0.1:8081/",
        "TRADEGRAM_BROKER_URLS": "zerodha.api=http://127.0.0.1:1/ zerodha.login=http://127.0.0.1:2",
    })  # fmt: skip

    assert found.allowed_users == {42, 43}
    assert found.brokers == {"paper", "zerodha"}
    assert found.data_dir == Path("~/desk")
    assert (found.http_port, found.ticket_ttl_s, found.paper_always_open) == (0, 90.0, True)
    assert found.paper_balance == Decimal("250000.50")
    assert found.paper_rejection_rate == 0.05
    assert found.bot_api == "http://127.0.0.1:8081"
    assert found.broker_urls == {
        "zerodha": {"api": "http://127.0.0.1:1", "login": "http://127.0.0.1:2"}
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TRADEGRAM_ALLOWED_USERS", "asha"),
        ("TRADEGRAM_ALLOWED_USERS", "0"),
        ("TRADEGRAM_ALLOWED_USERS", "४२"),
        ("TRADEGRAM_BROKERS", "Zerodha"),
        ("TRADEGRAM_HTTP_PORT", "65536"),
        ("TRADEGRAM_HTTP_PORT", "http"),
        ("TRADEGRAM_TICKET_TTL_S", "0"),
        ("TRADEGRAM_TICKET_TTL_S", "nan"),
        ("TRADEGRAM_TICKET_TTL_S", "4000"),
        ("TRADEGRAM_PAPER_ALWAYS_OPEN", "perhaps"),
        ("TRADEGRAM_PAPER_BALANCE", "-1"),
        ("TRADEGRAM_PAPER_BALANCE", "Infinity"),
        ("TRADEGRAM_PAPER_DELAY_S", "-0.1"),
        ("TRADEGRAM_PAPER_REJECTION_RATE", "1.5"),
        ("TRADEGRAM_PAPER_SEED", "1.5"),
        ("TRADEGRAM_PUBLIC_URL", "desk.example.org"),
        ("TRADEGRAM_ADDRESS_URL", "https://"),
        ("TRADEGRAM_BROKER_URLS", "zerodha=http://127.0.0.1:1"),
        ("TELEGRAM_BOT_TOKEN", "123/../abc"),
        ("TELEGRAM_API_BASE_URL", "ftp://127.0.0.1"),
    ],
)
def test_a_wrong_value_is_named_explained_and_not_repeated(name: str, value: str) -> None:
    with pytest.raises(SettingError) as wrong:
        read({name: value})

    said = str(wrong.value)
    assert said.startswith(f"{name} is wrong: ")
    assert f" Write {VARIABLES[name].hint}." in said
    assert value not in said.removeprefix(name).replace(VARIABLES[name].hint, "").split()


def test_a_secret_is_shown_nowhere() -> None:
    found = read({"TELEGRAM_BOT_TOKEN": "123:abcdef", "TRADEGRAM_CONSOLE_TOKEN": "horse"})

    assert found.bot_token == Secret("123:abcdef") != Secret("another")
    assert hash(found.bot_token) == hash(Secret("123:abcdef"))
    for secret in ("abcdef", "horse"):
        assert secret not in f"{found!r} {found} {found.bot_token} {found.console_token!r}"
