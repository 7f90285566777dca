"""Each function's role: it may do what the function does, and little else."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import cloud
import ministack
import pytest
from functions.logins import kite_at, linked, logged_in, zerodha
from houses import house
from lambdas import RESOURCES, USERS, Lambdas, sample
from loopback.bot_api import BotApi, Person

from tradegram.api.call import Scope
from tradegram.api.keys import Wanted, make
from tradegram.clock import SystemIds
from tradegram.risk.stepup import AtTheTerminal
from tradegram.sessions.postback import path_secret
from tradegram.sims.zerodha import ZerodhaSim

# What is allowed and nobody here does, each with its reason.
BUCKET = "desk-roles"
READ_TOGETHER = {"dynamodb:BatchGetItem": "reading comes as one policy"}
LISTS = {
    "s3:GetObject": "lists of instruments: see test_refresh_instruments.py",
    "s3:ListBucket": "the same",
}
UNUSED: Mapping[str, Mapping[str, str]] = {
    "telegram_webhook": {
        **LISTS,
        "kms:GenerateDataKey": "a session that begins in the chat, by a secret the desk was given",
    },
    "submit_order": {
        **LISTS,
        "dynamodb:BatchGetItem": "to look for the hedge that a short leg waits for",
        "kms:Decrypt": "the session of a live account; the orders here are on paper",
    },
    "dead_letter": {
        **READ_TOGETHER,
    },
    "reconcile": {
        **LISTS,
        "dynamodb:DeleteItem": "a message that the stream missed, when it was told after all",
        "sqs:SendMessage": "the bell for an order whose own was lost, and for a wish",
    },
    "settle_day": {**LISTS},
    "notify": {
        **READ_TOGETHER,
    },
    "login": {
        **READ_TOGETHER,
    },
    "refresh_sessions": {
        **READ_TOGETHER,
        "kms:Decrypt": "logs in by itself on working days, with a secret the desk was given",
        "kms:GenerateDataKey": "and seals the session",
    },
    "refresh_instruments": {
        **READ_TOGETHER,
        **LISTS,
        "s3:PutObject": "see test_refresh_instruments.py",
    },
    "postback": {
        **LISTS,
        "dynamodb:BatchGetItem": "orders that are not settled; there are none here",
        "sqs:SendMessage": "the bell for an order that the book shows to want something",
    },
    "api": {
        **LISTS,
        "dynamodb:BatchGetItem": "to list orders",
        "dynamodb:DeleteItem": "a count of the day that a limit no longer needs",
    },
}
# Done by AWS itself with the function's role.
BY_LAMBDA = {
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
}
ACTIONS = {
    "GetItem": "dynamodb:GetItem",
    "BatchGetItem": "dynamodb:BatchGetItem",
    "Query": "dynamodb:Query",
    "TransactWriteItems": "dynamodb:PutItem",  # ours hold nothing but puts
    "DeleteItem": "dynamodb:DeleteItem",
    "SendMessage": "sqs:SendMessage",
    "ChangeMessageVisibility": "sqs:ChangeMessageVisibility",
    "GetParameters": "ssm:GetParameters",
    "Decrypt": "kms:Decrypt",
    "GenerateDataKey": "kms:GenerateDataKey",
}


@pytest.fixture(scope="module")
def used() -> Iterator[Mapping[str, set[str]]]:
    """By function, the actions that a day takes."""
    kite = zerodha()
    # Past the proxy and its ledger, which pass on what the table and the queues need.
    lists = {"TRADEGRAM_BUCKET": BUCKET, "AWS_ENDPOINT_URL_S3": ministack.endpoint()}
    with (
        BotApi(says_only=True) as api,
        kite_at(kite) as where,
        house("ministack", api, **where, **lists) as desk,
    ):
        s3: Any = cloud.session().client("s3", endpoint_url=ministack.endpoint())
        place = {"LocationConstraint": cloud.REGION}
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=place)
        asha = api.user(next(iter(USERS)))
        a_day(desk, asha)
        a_day_at_a_broker(desk, asha, kite)
        yield {
            name: {
                ACTIONS[call] for calls in [*desk.calls[name], desk.loading[name]] for call in calls
            }
            for name in RESOURCES
        }


def a_day(desk: Lambdas, asha: Person) -> None:
    """Everything that functions do on paper."""
    for text in ("/help", "/basket BUY RELIANCE 10 @ 2900; BUY INFY 10 @ 1400"):
        assert desk.webhook(asha.says(text)) == 200
    assert desk.webhook(asha.says("/buy RELIANCE 10 @ 3100")) == 200
    desk.webhook(asha.press(asha.last(), "Qty"))
    assert desk.webhook(asha.says("20")) == 200
    assert desk.webhook(asha.says("/buy RELIANCE 10 @ 3000")) == 200
    desk.webhook(asha.press(asha.last(), "Confirm"))
    desk.pump()
    for text in ("/orders", "/positions"):
        assert desk.webhook(asha.says(text)) == 200
    desk.sqs.send_message(
        QueueUrl=desk.queue, MessageBody="{", MessageGroupId="a", MessageDeduplicationId="a"
    )
    desk.pump_queue()
    for name in ("dead_letter", "reconcile", "settle_day"):
        desk.invoke(name, sample(name), seconds=60.0)
    desk.invoke("notify", sample("notify_alarm"))


def a_day_at_a_broker(desk: Lambdas, asha: Person, kite: ZerodhaSim) -> None:
    """Linked, logged in, asked by everybody, and by programs."""
    linked(desk, asha, kite)
    logged_in(desk, asha)
    assert desk.webhook(asha.says("/funds")) == 200
    for name in ("refresh_sessions", "reconcile", "settle_day"):
        desk.recycle(name)  # a sandbox may know the accounts of some seconds ago only
        desk.invoke(name, sample(name), seconds=60.0)
    posted = sample("postback")
    posted["pathParameters"]["secret"] = path_secret(desk.app("postback").desk.store, SystemIds())
    desk.invoke("postback", posted)
    desk.invoke("refresh_instruments", sample("refresh_instruments"), seconds=60.0)
    wanted = Wanted("bot", (Scope.READ, Scope.TRADE), alone=True)
    _, key = make(desk.app("api").api.desk, next(iter(USERS)), wanted, AtTheTerminal())
    event = sample("api")
    event["headers"]["authorization"] = f"Bearer {key}"
    event["body"] = json.dumps({**json.loads(event["body"]), "account": "paper:main"})
    assert desk.invoke("api", event)["statusCode"] == 201
    event["requestContext"]["http"]["method"], event["body"] = "GET", ""
    event["rawPath"] = "/api/brokers/accounts/zerodha:AB1234/holdings"
    assert desk.invoke("api", event)["statusCode"] == 200


@pytest.mark.parametrize("name", RESOURCES)
def test_a_role_allows_all_that_its_function_does(used: Mapping[str, set[str]], name: str) -> None:
    assert used[name] <= allowed(name)


@pytest.mark.parametrize("name", RESOURCES)
def test_what_a_role_allows_and_nobody_does_has_a_reason(
    used: Mapping[str, set[str]], name: str
) -> None:
    assert allowed(name) - used[name] - BY_LAMBDA == set(UNUSED[name])


@pytest.mark.parametrize("broker", ["paper", "zerodha", "ibkr"])
def test_who_sends_orders_to_a_broker_opens_the_credentials_of_no_other(broker: str) -> None:
    resources = cloud.template("paper,zerodha,ibkr")["Resources"]
    role = resources[f"SubmitOrder{broker}Role"]["Properties"]

    [open_vault] = [each for each in statements(role, resources) if "kms:Decrypt" in actions(each)]

    assert open_vault["Condition"] == {"StringEquals": {"kms:EncryptionContext:broker": broker}}


def test_nobody_may_delete_an_order_or_a_link_of_the_audit() -> None:
    resources = cloud.template()["Resources"]
    for name in RESOURCES:
        role = resources[f"{RESOURCES[name]}Role"]["Properties"]
        for each in statements(role, resources, by_dynamodb=True):
            if "dynamodb:DeleteItem" in actions(each):
                [keys] = each["Condition"].values()
                assert keys == {"dynamodb:LeadingKeys": ["OUTBOX", "DOCUMENT#*"]}


def allowed(name: str) -> set[str]:
    resources = cloud.template()["Resources"]
    role = resources[f"{RESOURCES[name]}Role"]["Properties"]
    return {action for each in statements(role, resources) for action in actions(each)}


def statements(
    role: Mapping[str, Any], resources: Mapping[str, Any], *, by_dynamodb: bool = False
) -> list[Any]:
    """Of a role and its policies. by_dynamodb: also what only the table itself uses."""
    policies = [each["PolicyDocument"] for each in role.get("Policies", [])]
    for each in role["ManagedPolicyArns"]:
        name = each["Ref"] if "Ref" in each else each["Fn::If"][1]["Ref"]
        policies.append(resources[name]["Properties"]["PolicyDocument"])
    found = [each for policy in policies for each in policy["Statement"]]
    return [each for each in found if by_dynamodb or "ViaService" not in str(each)]


def actions(statement: Mapping[str, Any]) -> Sequence[str]:
    action = statement["Action"]
    return [action] if isinstance(action, str) else action
