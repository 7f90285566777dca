"""
The settings of one process, read from the environment once, by `bootstrap`.

A wrong setting stops the start with one sentence that says which, why, and what to write.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from tradegram.errors import SettingError

TOKEN_SHAPE = re.compile(r"[A-Za-z0-9:_-]+")  # it becomes a part of an address


class Settings(BaseModel):
    """Each field is one environment variable, named by its alias."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    bot_token: SecretStr | None = Field(None, alias="TELEGRAM_BOT_TOKEN")
    bot_api: str = Field("https://api.telegram.org", alias="TELEGRAM_API_BASE_URL")
    webhook_secret: SecretStr | None = Field(None, alias="TELEGRAM_WEBHOOK_SECRET")
    allowed_users: frozenset[int] = Field(frozenset(), alias="TRADEGRAM_ALLOWED_USERS")
    data_dir: Path = Field(Path("data"), alias="TRADEGRAM_DATA_DIR")
    http_host: str = Field("127.0.0.1", alias="TRADEGRAM_HTTP_HOST")
    http_port: Annotated[int, Field(ge=0, le=65535, alias="TRADEGRAM_HTTP_PORT")] = 8420
    console_token: SecretStr | None = Field(None, alias="TRADEGRAM_CONSOLE_TOKEN")
    vault_passphrase: SecretStr | None = Field(None, alias="TRADEGRAM_VAULT_PASSPHRASE")
    ticket_ttl_s: Annotated[float, Field(gt=0, le=3600, alias="TRADEGRAM_TICKET_TTL_S")] = 60.0
    paper_always_open: bool = Field(False, alias="TRADEGRAM_PAPER_ALWAYS_OPEN")
    paper_balance: Annotated[Decimal, Field(gt=0, alias="TRADEGRAM_PAPER_BALANCE")] = Decimal(
        1_000_000
    )
    paper_delay_s: Annotated[float, Field(ge=0, le=60, alias="TRADEGRAM_PAPER_DELAY_S")] = 0.3
    paper_rejection_rate: Annotated[
        float, Field(ge=0, le=1, alias="TRADEGRAM_PAPER_REJECTION_RATE")
    ] = 0.0
    paper_seed: int = Field(1, alias="TRADEGRAM_PAPER_SEED")
    public_url: str = Field("", alias="TRADEGRAM_PUBLIC_URL")
    broker_urls: Mapping[str, Mapping[str, str]] = Field(
        default_factory=dict, alias="TRADEGRAM_BROKER_URLS"
    )
    address_url: str = Field("", alias="TRADEGRAM_ADDRESS_URL")
    table: str = Field("", alias="TRADEGRAM_TABLE")
    vault_key: str = Field("", alias="TRADEGRAM_VAULT_KEY")
    queue_prefix: str = Field("", alias="TRADEGRAM_QUEUE_PREFIX")
    bucket: str = Field("", alias="TRADEGRAM_BUCKET")

    @field_validator("allowed_users", mode="before")
    @classmethod
    def _ids(cls, value: Any) -> Any:
        if isinstance(value, str):
            parts = [part.strip() for part in value.split(",") if part.strip()]
            if not all(part.isascii() and part.isdecimal() and int(part) for part in parts):
                raise ValueError("some part of it is not the id of a person")
            return frozenset(int(part) for part in parts)
        return value

    @field_validator("broker_urls", mode="before")
    @classmethod
    def _hosts(cls, value: Any) -> Any:
        """`zerodha.api=http://127.0.0.1:9000 zerodha.login=...`, by broker and our name of it."""
        if not isinstance(value, str):
            return value
        found: dict[str, dict[str, str]] = {}
        for part in value.split():
            name, _, url = part.partition("=")
            broker, _, host = name.partition(".")
            if not host or not url.startswith(("https://", "http://", "wss://", "ws://")):
                raise ValueError("some part of it is not BROKER.HOST=ADDRESS")
            found.setdefault(broker, {})[host] = url.rstrip("/")
        return found

    @field_validator("bot_token")
    @classmethod
    def _fits_in_an_address(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not TOKEN_SHAPE.fullmatch(value.get_secret_value()):
            raise ValueError("it holds characters that no bot token has")
        return value

    @field_validator("bot_token", "webhook_secret", "console_token", mode="before")
    @classmethod
    def _empty_is_none(cls, value: Any) -> Any:
        return value or None

    @field_validator("bot_api", "public_url", "address_url")
    @classmethod
    def _no_slash(cls, value: str) -> str:
        if value and not value.startswith(("https://", "http://")):
            raise ValueError("must begin with https:// (or http:// for a server of your own)")
        if value and not urlsplit(value).hostname:
            raise ValueError("names no server")
        return value.rstrip("/")


WHAT_TO_WRITE = {
    "TRADEGRAM_ALLOWED_USERS": "numeric Telegram ids separated by commas, e.g. 123456,789012",
    "TRADEGRAM_HTTP_PORT": "a port from 0 to 65535, e.g. 8420",
    "TRADEGRAM_TICKET_TTL_S": "seconds from 1 to 3600, e.g. 60",
    "TRADEGRAM_PAPER_ALWAYS_OPEN": "1 or 0",
    "TRADEGRAM_PAPER_BALANCE": "a positive amount, e.g. 1000000",
    "TRADEGRAM_PAPER_DELAY_S": "seconds from 0 to 60, e.g. 0.3",
    "TRADEGRAM_PAPER_REJECTION_RATE": "a share from 0 to 1, e.g. 0.05",
    "TRADEGRAM_PAPER_SEED": "a whole number",
    "TRADEGRAM_PUBLIC_URL": "where your phone reaches this desk, e.g. https://desk.example.org",
    "TRADEGRAM_BROKER_URLS": "parts such as zerodha.api=http://127.0.0.1:9000, divided by spaces",
    "TRADEGRAM_ADDRESS_URL": "a page that answers with the caller's address",
    "TELEGRAM_BOT_TOKEN": "the token as @BotFather shows it, with nothing around it",
    "TELEGRAM_API_BASE_URL": "an address, e.g. https://api.telegram.org",
}


def read(environment: Mapping[str, str]) -> Settings:
    """Raises SettingError, which never repeats the value: it may be a secret."""
    given = {name: value for name, value in environment.items() if value != ""}
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = str(first["loc"][0])
        hint = WHAT_TO_WRITE.get(name, "a value of the right kind")
        why = first["msg"].removeprefix("Value error, ")
        raise SettingError(f"{name} is wrong: {why}. Write {hint}.") from None
