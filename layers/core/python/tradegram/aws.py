"""
The AWS home, wired: what one Lambda function holds while its sandbox lives.

Everything is built once, when the function is loaded. Only the functions that speak to people
read the bot's secrets; they come from Parameter Store, never from the function's own settings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from tradegram.bootstrap import build
from tradegram.brokers.client import connection
from tradegram.clock import SystemClock, SystemIds
from tradegram.errors import SettingError
from tradegram.ports import Desk
from tradegram.settings import Settings, read
from tradegram.store.dynamodb import DynamoStore
from tradegram.store.s3 import S3Shelf
from tradegram.store.sqs import SqsDoorbell
from tradegram.vault.kms import KmsKeyRing

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient
    from pydantic import SecretStr

    from tradegram.chat.telegram.messenger import TelegramMessenger

# The address is no secret, but a function cannot be given it: it is made after the functions.
PARAMETERS = ("TELEGRAM_BOT_TOKEN", "TELEGRAM_WEBHOOK_SECRET", "TRADEGRAM_PUBLIC_URL")

# Seconds and tries of one call to AWS: all of them together fit into every function's limit.
CONNECT, READ, ATTEMPTS = 1.0, 2.0, 3
CLIENT = Config(
    connect_timeout=CONNECT,
    read_timeout=READ,
    retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
)


# A sandbox is frozen between events, and a connection that died meanwhile would cost an order.
fresh_connection = cache(partial(connection, keep_alive=False))


@dataclass(frozen=True, slots=True)
class Clients:
    """One of each for a sandbox's whole life. The endpoint is AWS_ENDPOINT_URL, when it is set."""

    dynamodb: DynamoDBClient
    sqs: SQSClient


def clients() -> Clients:
    session = boto3.Session()
    return Clients(session.client("dynamodb", config=CLIENT), session.client("sqs", config=CLIENT))


def settings(environment: Mapping[str, str], *, secrets: bool = False) -> Settings:
    """
    The function's environment, with the bot's secrets from Parameter Store when they are needed.

    TRADEGRAM_SECRETS_PATH: where they lie, e.g. /tradegram; without it they are expected in the
    environment itself. Raises SettingError.
    """
    path = environment.get("TRADEGRAM_SECRETS_PATH", "")
    found = read({**environment, **_secrets(path)} if secrets and path else environment)
    for name, value in (
        ("TRADEGRAM_TABLE", found.table),
        ("TRADEGRAM_QUEUE_PREFIX", found.queue_prefix),
    ):
        if not value:
            raise SettingError(
                f"{name} is missing. template.yaml sets it; deploy with make deploy."
            )
    return found


def aws_desk(wanted: Settings, aws: Clients, role: str = "") -> Desk:
    """A desk over one table and the brokers' queues. role: of a function that calls brokers."""
    clock, ids = SystemClock(), SystemIds()
    store = DynamoStore(aws.dynamodb, wanted.table, clock, ids)
    doorbell = SqsDoorbell(aws.sqs, lambda broker: f"{wanted.queue_prefix}{broker}.fifo", ids)
    ring = KmsKeyRing(Kms(), wanted.vault_key)
    lists = shelf(wanted) if wanted.bucket else None
    return build(wanted, store, doorbell, clock, ids, ring, role, fresh_connection, lists)


def shelf(wanted: Settings) -> S3Shelf:
    """Where brokers' lists of instruments lie. Raises SettingError."""
    if not wanted.bucket:
        raise SettingError(
            "TRADEGRAM_BUCKET is missing. template.yaml sets it; deploy with make deploy."
        )
    return S3Shelf(S3(), wanted.bucket)


@dataclass(slots=True)
class S3:
    """Implements `store.s3.S3Client`; made at the first list: most functions look nothing up."""

    _client: Any = None

    def put_object(self, **asked: Any) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = self._made().put_object(**asked)
        return answer

    def head_object(self, **asked: Any) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = self._made().head_object(**asked)
        return answer

    def get_object(self, **asked: Any) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = self._made().get_object(**asked)
        return answer

    def _made(self) -> Any:
        if self._client is None:
            self._client = boto3.client("s3", config=CLIENT)
        return self._client


@dataclass(slots=True)
class Kms:
    """Implements `vault.kms.KmsClient`; made at the first secret: most functions open none."""

    _client: Any = None

    def generate_data_key(self, **asked: Any) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = self._made().generate_data_key(**asked)
        return answer

    def decrypt(self, **asked: Any) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = self._made().decrypt(**asked)
        return answer

    def re_encrypt(self, **asked: Any) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = self._made().re_encrypt(**asked)
        return answer

    def _made(self) -> Any:
        if self._client is None:
            self._client = boto3.client("kms", config=CLIENT)
        return self._client


def secrets_of(wanted: Settings) -> Sequence[str]:
    """The bot's token and the webhook's secret, where they are known."""
    return [each.get_secret_value() for each in (wanted.bot_token, wanted.webhook_secret) if each]


def telegram(wanted: Settings) -> TelegramMessenger:
    """The way to Telegram. Raises SettingError without a token."""
    from tradegram.chat.telegram.messenger import TelegramMessenger
    from tradegram.chat.telegram.pace import Pace
    from tradegram.chat.telegram.wire import Wire

    token = _given(wanted.bot_token, "TELEGRAM_BOT_TOKEN")
    # A sandbox is frozen between events, and a connection that died meanwhile costs a message.
    wire = Wire(token, wanted.bot_api, keep_alive=False)
    return TelegramMessenger(wire, Pace(SystemClock()))


def webhook_secret(wanted: Settings) -> bytes:
    """What Telegram says in its header. Raises SettingError: without it anybody could trade."""
    return _given(wanted.webhook_secret, "TELEGRAM_WEBHOOK_SECRET").encode()


def _given(secret: SecretStr | None, name: str) -> str:
    if secret is None:
        raise SettingError(
            f"{name} is missing. Put it into Parameter Store below the path that "
            "TRADEGRAM_SECRETS_PATH names, as a SecureString."
        )
    return secret.get_secret_value()


def _secrets(path: str) -> Mapping[str, str]:
    ssm: Any = boto3.client("ssm", config=CLIENT)
    answer = ssm.get_parameters(
        Names=[f"{path}/{name}" for name in PARAMETERS], WithDecryption=True
    )
    return {each["Name"].rpartition("/")[2]: each["Value"] for each in answer["Parameters"]}
