"""The AWS resources that tests need, made as template.yaml describes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import boto3
from botocore.config import Config
from cfnlint.template.template import Template
from cfnlint.template.transforms._language_extensions import language_extension
from samtranslator.yaml_helper import yaml_parse

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient

ROOT = Path(__file__).resolve().parents[1]
TABLE = "desk"
REGION = "ap-south-1"
# Behind this proxy nobody listens: a client that no emulator catches reaches nothing at all.
NOWHERE = {"http": "http://127.0.0.1:9", "https": "http://127.0.0.1:9"}


@cache
def written() -> dict[str, Any]:
    """The template as written, intrinsic functions in their long form."""
    return cast(dict[str, Any], yaml_parse((ROOT / "template.yaml").read_text()))


@cache
def template(brokers: str = "paper") -> dict[str, Any]:
    """The template with its loops unrolled, for these brokers, divided by commas."""
    return unrolled(written(), brokers)


def unrolled(template: Mapping[str, Any], brokers: str = "paper") -> dict[str, Any]:
    """As AWS::LanguageExtensions leaves it, the first of its two transforms."""
    plain: dict[str, Any] = json.loads(json.dumps(template, default=str))
    plain["Parameters"]["Brokers"]["Default"] = brokers
    faults, made = language_extension(Template("template.yaml", plain))
    assert not faults, faults
    return {**made, "Transform": "AWS::Serverless-2016-10-31"}


def session() -> boto3.Session:
    return boto3.Session("test", "test", region_name=REGION)


def terminal(endpoint: str) -> dict[str, str]:
    """The environment of somebody who may do everything in the account. endpoint "" is moto's."""
    return {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": endpoint,
    }


def dynamodb(endpoint: str = "") -> DynamoDBClient:
    return session().client("dynamodb", endpoint_url=endpoint or None, config=_config(endpoint))


def sqs(endpoint: str = "") -> SQSClient:
    return session().client("sqs", endpoint_url=endpoint or None, config=_config(endpoint))


def streams(endpoint: str = "") -> Any:
    return session().client(
        "dynamodbstreams", endpoint_url=endpoint or None, config=_config(endpoint)
    )


def put_secrets(endpoint: str, path: str, secrets: Mapping[str, str]) -> None:
    ssm: Any = session().client("ssm", endpoint_url=endpoint or None, config=_config(endpoint))
    for name, value in secrets.items():
        ssm.put_parameter(Name=f"{path}/{name}", Value=value, Type="SecureString", Overwrite=True)


def make_key(endpoint: str) -> str:
    """Answers with its name."""
    kms: Any = session().client("kms", endpoint_url=endpoint or None, config=_config(endpoint))
    name: str = kms.create_key()["KeyMetadata"]["Arn"]
    return name


def make_table(client: DynamoDBClient, name: str = TABLE) -> None:
    described = template()["Resources"]["Table"]["Properties"]
    wanted = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
    client.create_table(
        TableName=name,
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        **{key: described[key] for key in wanted},
    )


def make_queue(client: SQSClient, broker: str = "paper") -> str:
    """Answers with its address."""
    described = template()["Resources"]["paperOrders"]["Properties"]
    wanted = ("FifoQueue", "DeduplicationScope", "FifoThroughputLimit", "VisibilityTimeout")
    made = client.create_queue(
        QueueName=f"desk-{broker}.fifo",
        Attributes=cast(Any, {key: _word(described[key]) for key in wanted}),
    )
    return made["QueueUrl"]


def _config(endpoint: str) -> Config:
    return Config(
        retries={"mode": "standard", "total_max_attempts": 3},
        max_pool_connections=32,
        proxies={} if endpoint else NOWHERE,
    )


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
