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

from botocore.config import Config
from botocore.loaders import Loader
from botocore.session import Session, get_session

from tradegram.aws.parameters import parameters
from tradegram.bootstrap import build
from tradegram.brokers.proxies import connection
from tradegram.clock import SystemClock, SystemIds
from tradegram.errors import SettingError
from tradegram.ports import Desk
from tradegram.settings import Secret, Settings, read
from tradegram.store.dynamodb import DynamoStore
from tradegram.store.s3 import S3Client, S3Shelf
from tradegram.store.sqs import SqsDoorbell
from tradegram.vault.kms import KmsClient, KmsKeyRing

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient

    from tradegram.chat.telegram.messenger import TelegramMessenger

# The address is no secret, but a function cannot be given it: it is made after the functions.
PARAMETERS = ("TELEGRAM_BOT_TOKEN", "TELEGRAM_WEBHOOK_SECRET", "TRADEGRAM_PUBLIC_URL")

# Which accounts there are: none ever changes, and one message in the chat asks for them four times.
SELDOM = frozenset({"account"})

# What functions ask of AWS through clients.
SERVICES = ("dynamodb", "kms", "s3", "sqs")

# Seconds and tries of one call to AWS: all of them together fit into every function's limit.
CONNECT, READ, ATTEMPTS = 1.0, 2.0, 3
CLIENT = Config(
    connect_timeout=CONNECT,
    read_timeout=READ,
    retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
)


# A sandbox is frozen between events, and a connection that died meanwhile would cost an order.
fresh_connection = cache(partial(connection, keep_alive=False))


class _Descriptions(Loader):
    """botocore's, of what services can do. It knows ours without looking through all 400 twice."""

    def list_available_services(self, type_name: str) -> list[str]:
        return list(SERVICES)


@cache
def _session() -> Session:
    """One, for what all clients need. Not boto3's: half of that is for moving files."""
    session = get_session()
    session.register_component("data_loader", _Descriptions())
    return session


@dataclass(frozen=True, slots=True)
class Clients:
    """One of each for a sandbox's whole life. The endpoint is AWS_ENDPOINT_URL, when it is set."""

    dynamodb: DynamoDBClient
    sqs: SQSClient
    kms: KmsClient
    s3: S3Client


@dataclass(slots=True)
class Late:
    """A client that is made when it is first asked for something: most functions ask few."""

    service: str
    _made: Any = None

    def __getattr__(self, name: str) -> Any:
        if self._made is None:
            self._made = _client(self.service)
        return getattr(self._made, name)


def clients() -> Clients:
    sqs: Any = Late("sqs")
    return Clients(_client("dynamodb"), sqs, Late("kms"), Late("s3"))


def _client(service: str) -> Any:
    return _session().create_client(service, config=CLIENT)


def settings(environment: Mapping[str, str], *, secrets: bool = False) -> Settings:
    """
    The function's environment, with the bot's secrets from Parameter Store when they are needed.

    TRADEGRAM_SECRETS_PATH: where they lie, e.g. /tradegram; without it they are expected in the
    environment itself. Raises SettingError.
    """
    path = environment.get("TRADEGRAM_SECRETS_PATH", "")
    kept = parameters(_session(), path, PARAMETERS) if secrets and path else {}
    found = read({**environment, **kept})
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
    store = DynamoStore(aws.dynamodb, wanted.table, clock, ids, seldom=SELDOM)
    doorbell = SqsDoorbell(aws.sqs, lambda broker: f"{wanted.queue_prefix}{broker}.fifo", ids)
    ring = KmsKeyRing(aws.kms, wanted.vault_key)
    lists = shelf(wanted, aws) if wanted.bucket else None
    return build(wanted, store, doorbell, clock, ids, ring, role, fresh_connection, lists)


def shelf(wanted: Settings, aws: Clients) -> S3Shelf:
    """Where brokers' lists of instruments lie. Raises SettingError."""
    if not wanted.bucket:
        raise SettingError(
            "TRADEGRAM_BUCKET is missing. template.yaml sets it; deploy with make deploy."
        )
    return S3Shelf(aws.s3, wanted.bucket)


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


def _given(secret: Secret | None, name: str) -> str:
    if secret is None:
        raise SettingError(
            f"{name} is missing. Put it into Parameter Store below the path that "
            "TRADEGRAM_SECRETS_PATH names, as a SecureString."
        )
    return secret.get_secret_value()
