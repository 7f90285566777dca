"""
The settings of one process, read from the environment once, by `bootstrap`.

A wrong setting stops the start with one sentence that says which, why, and what to write. Plain
dataclasses and not pydantic: every function on AWS begins with this, and half of the time that
`import boto3` takes would go into loading it (docs/aws.md).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tradegram.errors import SettingError

TOKEN_SHAPE = re.compile(r"[A-Za-z0-9:_-]+")  # it becomes a part of an address
YES = frozenset({"1", "true", "yes", "on"})
NO = frozenset({"0", "false", "no", "off"})


class Secret:
    """A value that no repr, log line or error shows."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def get_secret_value(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


@dataclass(frozen=True, slots=True)
class Settings:
    """Each field is one environment variable; `VARIABLES` says which."""

    bot_token: Secret | None = None
    bot_api: str = "https://api.telegram.org"
    webhook_secret: Secret | None = None
    allowed_users: frozenset[int] = frozenset()
    data_dir: Path = Path("data")
    http_host: str = "127.0.0.1"
    http_port: int = 8420
    console_token: Secret | None = None
    vault_passphrase: Secret | None = None
    ticket_ttl_s: float = 60.0
    paper_always_open: bool = False
    paper_balance: Decimal = Decimal(1_000_000)
    paper_delay_s: float = 0.3
    paper_rejection_rate: float = 0.0
    paper_seed: int = 1
    public_url: str = ""
    broker_urls: Mapping[str, Mapping[str, str]] = field(
        default_factory=dict[str, Mapping[str, str]]
    )
    address_url: str = ""
    brokers: frozenset[str] = frozenset()
    table: str = ""
    vault_key: str = ""
    queue_prefix: str = ""
    bucket: str = ""


@dataclass(frozen=True, slots=True)
class Variable:
    """read: raises ValueError, whose words never hold the value. hint: what to write instead."""

    field: str
    read: Callable[[str], Any]
    hint: str = "a value of the right kind"


def read(environment: Mapping[str, str]) -> Settings:
    """Raises SettingError, which never repeats the value: it may be a secret."""
    found: dict[str, Any] = {}
    for name, variable in VARIABLES.items():
        if not (given := environment.get(name, "")):
            continue
        try:
            found[variable.field] = variable.read(given)
        except ValueError as error:
            raise SettingError(f"{name} is wrong: {error}. Write {variable.hint}.") from None
    return Settings(**found)


def _users(given: str) -> frozenset[int]:
    parts = [part.strip() for part in given.split(",") if part.strip()]
    if not all(part.isascii() and part.isdecimal() and int(part) for part in parts):
        raise ValueError("some part of it is not the id of a person")
    return frozenset(int(part) for part in parts)


def _words(given: str) -> frozenset[str]:
    parts = [part.strip() for part in given.split(",") if part.strip()]
    if not all(part.isascii() and part.isalnum() and part.islower() for part in parts):
        raise ValueError("some part of it is not the word of a broker")
    return frozenset(parts)


def _hosts(given: str) -> Mapping[str, Mapping[str, str]]:
    """`zerodha.api=http://127.0.0.1:9000 zerodha.login=...`, by broker and our name of it."""
    found: dict[str, dict[str, str]] = {}
    for part in given.split():
        name, _, url = part.partition("=")
        broker, _, host = name.partition(".")
        if not host or not url.startswith(("https://", "http://", "wss://", "ws://")):
            raise ValueError("some part of it is not BROKER.HOST=ADDRESS")
        found.setdefault(broker, {})[host] = url.rstrip("/")
    return found


def _token(given: str) -> Secret:
    if not TOKEN_SHAPE.fullmatch(given):
        raise ValueError("it holds characters that no bot token has")
    return Secret(given)


def _address(given: str) -> str:
    if not given.startswith(("https://", "http://")):
        raise ValueError("must begin with https:// (or http:// for a server of your own)")
    if not urlsplit(given).hostname:
        raise ValueError("names no server")
    return given.rstrip("/")


def _yes(given: str) -> bool:
    word = given.strip().casefold()
    if word not in YES | NO:
        raise ValueError("it is neither yes nor no")
    return word in YES


def _whole(given: str) -> int:
    try:
        return int(given)
    except ValueError:
        raise ValueError("it is not a whole number") from None


def _port(given: str) -> int:
    if not 0 <= _whole(given) <= 65535:
        raise ValueError("there is no such port")
    return _whole(given)


def _number(given: str) -> Decimal:
    try:
        number = Decimal(given)
    except InvalidOperation:
        raise ValueError("it is not a number") from None
    if not number.is_finite():
        raise ValueError("it is not a number")
    return number


def _amount(given: str) -> Decimal:
    if _number(given) <= 0:
        raise ValueError("it is not more than 0")
    return _number(given)


def _between(least: str, most: str) -> Callable[[str], float]:
    def number(given: str) -> float:
        if not Decimal(least) <= _number(given) <= Decimal(most):
            raise ValueError(f"it is not between {least} and {most}")
        return float(given)

    return number


ADDRESS_HINT = "an address, e.g. https://api.telegram.org"
VARIABLES: Mapping[str, Variable] = {
    "TELEGRAM_BOT_TOKEN": Variable(
        "bot_token", _token, "the token as @BotFather shows it, with nothing around it"
    ),
    "TELEGRAM_API_BASE_URL": Variable("bot_api", _address, ADDRESS_HINT),
    "TELEGRAM_WEBHOOK_SECRET": Variable("webhook_secret", Secret),
    "TRADEGRAM_ALLOWED_USERS": Variable(
        "allowed_users", _users, "numeric Telegram ids separated by commas, e.g. 123456,789012"
    ),
    "TRADEGRAM_DATA_DIR": Variable("data_dir", Path),
    "TRADEGRAM_HTTP_HOST": Variable("http_host", str),
    "TRADEGRAM_HTTP_PORT": Variable("http_port", _port, "a port from 0 to 65535, e.g. 8420"),
    "TRADEGRAM_CONSOLE_TOKEN": Variable("console_token", Secret),
    "TRADEGRAM_VAULT_PASSPHRASE": Variable("vault_passphrase", Secret),
    "TRADEGRAM_TICKET_TTL_S": Variable(
        "ticket_ttl_s", _between("1", "3600"), "seconds from 1 to 3600, e.g. 60"
    ),
    "TRADEGRAM_PAPER_ALWAYS_OPEN": Variable("paper_always_open", _yes, "1 or 0"),
    "TRADEGRAM_PAPER_BALANCE": Variable(
        "paper_balance", _amount, "a positive amount, e.g. 1000000"
    ),
    "TRADEGRAM_PAPER_DELAY_S": Variable(
        "paper_delay_s", _between("0", "60"), "seconds from 0 to 60, e.g. 0.3"
    ),
    "TRADEGRAM_PAPER_REJECTION_RATE": Variable(
        "paper_rejection_rate", _between("0", "1"), "a share from 0 to 1, e.g. 0.05"
    ),
    "TRADEGRAM_PAPER_SEED": Variable("paper_seed", _whole, "a whole number"),
    "TRADEGRAM_PUBLIC_URL": Variable(
        "public_url",
        _address,
        "where your phone reaches this desk, e.g. https://desk.example.org",
    ),
    "TRADEGRAM_BROKER_URLS": Variable(
        "broker_urls",
        _hosts,
        "parts such as zerodha.api=http://127.0.0.1:9000, divided by spaces",
    ),
    "TRADEGRAM_ADDRESS_URL": Variable(
        "address_url", _address, "a page that answers with the caller's address"
    ),
    "TRADEGRAM_BROKERS": Variable(
        "brokers", _words, "brokers' words separated by commas, e.g. paper,zerodha"
    ),
    "TRADEGRAM_TABLE": Variable("table", str),
    "TRADEGRAM_VAULT_KEY": Variable("vault_key", str),
    "TRADEGRAM_QUEUE_PREFIX": Variable("queue_prefix", str),
    "TRADEGRAM_BUCKET": Variable("bucket", str),
}
