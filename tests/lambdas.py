"""
The functions as Lambda would run them, around a table, a queue and a stream of an emulator.

    with lambdas(endpoint, api) as house:   # endpoint "" is moto's
    house.webhook(asha.says("/buy ..."))    # answers with the status
    house.pump()                            # queue -> worker, stream -> reconcile and notify
"""

from __future__ import annotations

import importlib.util
import itertools
import json
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import TYPE_CHECKING, Any

import cloud
from loopback.aws_proxy import AwsProxy
from loopback.bot_api import BotApi

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient

RESOURCES = {
    "telegram_webhook": "TelegramWebhook",
    "submit_order": "SubmitOrderpaper",
    "dead_letter": "DeadLetter",
    "reconcile": "Reconcile",
    "settle_day": "SettleDay",
    "notify": "Notify",
    "login": "Login",
    "refresh_sessions": "RefreshSessions",
    "refresh_instruments": "RefreshInstruments",
    "api": "Rest",
    "postback": "Postback",
}
SECRET = "only-telegram-and-we-know"
PATH = "/desk-test"
PUBLIC = "https://abcdefghij.execute-api.ap-south-1.amazonaws.com"
USERS = range(42, 52)
NUMBERS = itertools.count(1)


def sample(name: str) -> dict[str, Any]:
    """An event from events/, to be changed freely."""
    loaded: dict[str, Any] = json.loads((cloud.ROOT / f"events/{name}.json").read_text())
    return loaded


@dataclass(slots=True)
class Context:
    """What Lambda says of the time: little enough that nothing is waited for."""

    seconds: float = 11.0
    function_name: str = "desk"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:ap-south-1:123456789012:function:desk"
    aws_request_id: str = "52fdfc07-2182-154f-163f-5f0f9a621d72"

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds * 1000)


def load(name: str) -> ModuleType:
    """A fresh sandbox: the module as Lambda loads it, in the environment that stands now."""
    spec = importlib.util.spec_from_file_location(
        f"sandbox_{next(NUMBERS)}_{name}", cloud.ROOT / "functions" / name / "app.py"
    )
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass(slots=True)
class Lambdas:
    """
    dynamodb, sqs: the test's own clients, past any proxy. calls: what each function asked of AWS,
    when a proxy keeps a ledger; loading: while it was loaded.
    """

    dynamodb: DynamoDBClient
    sqs: SQSClient
    streams: Any
    table: str
    queue: str
    proxy: AwsProxy | None = None
    calls: dict[str, list[list[str]]] = field(default_factory=dict[str, list[list[str]]])
    loading: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    apps: dict[str, ModuleType] = field(default_factory=dict[str, ModuleType])
    _iterator: str = ""
    _rows: set[str] = field(default_factory=set[str])

    def app(self, name: str) -> ModuleType:
        if name not in self.apps:
            before = len(self._ledger)
            self.apps[name] = load(name)
            self.loading[name] = self._ledger[before:]
        return self.apps[name]

    def recycle(self, name: str) -> None:
        """The next event finds a fresh sandbox."""
        _close(self.apps.pop(name, None))

    @property
    def _ledger(self) -> list[str]:
        return self.proxy.calls if self.proxy else []

    def invoke(self, name: str, event: Mapping[str, Any], seconds: float = 11.0) -> Any:
        handler = self.app(name).handler
        before = len(self._ledger)
        answer = handler(event, Context(seconds))
        self.calls.setdefault(name, []).append(self._ledger[before:])
        return answer

    def webhook(self, update: Mapping[str, Any], **headers: str) -> int:
        event = sample("telegram_webhook")
        event["headers"] |= headers
        event["body"] = json.dumps(update)
        return int(self.invoke("telegram_webhook", event)["statusCode"])

    # -- what AWS does between the functions -----------------------------------------------------

    def pump(self, rounds: int = 8) -> None:
        """Until nothing moves any more."""
        for _ in range(rounds):
            if not self.pump_queue() + self.pump_stream():
                return

    def pump_queue(self) -> int:
        """Each message to the worker; what it does not fail is deleted. How many there were."""
        found = self.sqs.receive_message(
            QueueUrl=self.queue, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
        ).get("Messages", [])
        for message in found:
            if not self.work(message)["batchItemFailures"]:
                self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return len(found)

    def work(self, message: Mapping[str, Any]) -> Any:
        """One delivery of one message."""
        event = sample("submit_order")
        event["Records"][0] |= {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message["Attributes"],
            "eventSourceARN": self._queue_arn(),
        }
        return self.invoke("submit_order", event, seconds=25.0)

    def _queue_arn(self) -> str:
        answer = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["QueueArn"])
        return answer["Attributes"]["QueueArn"]

    def pump_stream(self) -> int:
        """New records to every function whose filter takes them. How many were taken."""
        records = self.new_records()
        taken = 0
        for name in ("reconcile", "notify"):
            for pattern in patterns(name):
                wanted = [each for each in records if matches(pattern, each)]
                if wanted:
                    taken += len(wanted)
                    self.invoke(name, {"Records": wanted})
        return taken

    def new_records(self) -> list[dict[str, Any]]:
        if self.streams is None:
            return self._inserted()
        answer = self.streams.get_records(ShardIterator=self._iterator or self._first_iterator())
        self._iterator = answer["NextShardIterator"]
        plain: list[dict[str, Any]] = json.loads(json.dumps(answer["Records"], default=str))
        return plain

    def _inserted(self) -> list[dict[str, Any]]:
        """What a stream would say of rows that were not there the last time; moto has none."""
        rows = self.dynamodb.scan(TableName=self.table, ConsistentRead=True)["Items"]
        keys = [{"pk": row["pk"], "sk": row["sk"]} for row in rows]
        fresh = [key for key in keys if str(key) not in self._rows]
        self._rows |= {str(key) for key in fresh}
        return [{"eventName": "INSERT", "dynamodb": {"Keys": key}} for key in fresh]

    def _first_iterator(self) -> str:
        arn = self.dynamodb.describe_table(TableName=self.table)["Table"]["LatestStreamArn"]
        [shard] = self.streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        iterator: str = self.streams.get_shard_iterator(
            StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        return iterator


@contextmanager
def lambdas(
    endpoint: str,
    api: BotApi,
    proxy: AwsProxy | None = None,
    more: Mapping[str, str] | None = None,
) -> Iterator[Lambdas]:
    """proxy: what the functions see of the endpoint. more: of their environment."""
    dynamodb, sqs = cloud.dynamodb(endpoint), cloud.sqs(endpoint)
    number = next(NUMBERS)
    table = f"functions-{number}"
    cloud.make_table(dynamodb, table)
    queue = cloud.make_queue(sqs, f"{number}-paper")
    secrets = {
        "TELEGRAM_BOT_TOKEN": api.token, "TELEGRAM_WEBHOOK_SECRET": SECRET,
        "TRADEGRAM_PUBLIC_URL": PUBLIC,
    }  # fmt: skip
    environment = {
        **cloud.terminal(proxy.url if proxy else endpoint),
        "TRADEGRAM_TABLE": table,
        "TRADEGRAM_QUEUE_PREFIX": queue.removesuffix("paper.fifo"),
        **(_kept(endpoint, secrets) if endpoint else secrets),
        "TRADEGRAM_ALLOWED_USERS": ",".join(str(user) for user in USERS),
        "TRADEGRAM_PAPER_ALWAYS_OPEN": "1",
        "TRADEGRAM_PAPER_DELAY_S": "0",
        "TELEGRAM_API_BASE_URL": api.base_url,
        "TRADEGRAM_VAULT_KEY": cloud.make_key(endpoint),
        **(more or {}),
    }
    streams = cloud.streams(endpoint) if endpoint else None
    with _environment(environment), _logging_as_before():
        house = Lambdas(dynamodb, sqs, streams, table, queue, proxy)
        yield house
        for app in house.apps.values():
            _close(app)


def _kept(endpoint: str, secrets: Mapping[str, str]) -> Mapping[str, str]:
    cloud.put_secrets(endpoint, PATH, secrets)
    return {"TRADEGRAM_SECRETS_PATH": PATH}


def _close(app: ModuleType | None) -> None:
    if app is not None and hasattr(app, "telegram"):
        app.telegram.close()


@contextmanager
def _environment(wanted: Mapping[str, str]) -> Iterator[None]:
    """An empty value takes a variable away."""
    before = {name: os.environ.get(name, "") for name in wanted}
    _set(wanted)
    try:
        yield
    finally:
        _set(before)


def _set(wanted: Mapping[str, str]) -> None:
    for name, value in wanted.items():
        os.environ.pop(name, None)
        if value:
            os.environ[name] = value


@contextmanager
def _logging_as_before() -> Iterator[None]:
    """A function sets up the log of its whole process; other tests must find theirs again."""
    root, ours = logging.getLogger(), logging.getLogger("tradegram")
    formatters = [(handler, handler.formatter) for handler in root.handlers]
    level = ours.level
    kept = vars(ours).copy()
    handlers, ours.handlers = ours.handlers, []
    try:
        yield
    finally:
        for name in vars(ours).keys() - kept.keys():
            delattr(ours, name)
        ours.handlers = handlers
        for handler, formatter in formatters:
            handler.setFormatter(formatter)
        ours.setLevel(level)


def patterns(name: str) -> list[dict[str, Any]]:
    """The stream filters of a function, from the template."""
    events = cloud.template()["Resources"][RESOURCES[name]]["Properties"]["Events"].values()
    return [
        json.loads(each["Pattern"])
        for event in events
        if event["Type"] == "DynamoDB"
        for each in event["Properties"]["FilterCriteria"]["Filters"]
    ]


def matches(pattern: Any, value: Any) -> bool:
    """Lambda's event filtering, as far as the template uses it."""
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(
            key in value and matches(each, value[key]) for key, each in pattern.items()
        )
    return any(
        str(value).startswith(each["prefix"]) if isinstance(each, dict) else value == each
        for each in pattern
    )
