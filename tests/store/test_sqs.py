"""A bell that is rung is heard once; one that cannot be rung says so."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import cloud
import ministack
import pytest
from loopback.aws_proxy import AwsProxy, Lost
from samples import ACCOUNT

from tradegram.clock import SystemIds
from tradegram.errors import StoreUnavailable
from tradegram.store.sqs import SqsDoorbell, deliver_again_soon

NUMBERS = itertools.count(1)


@pytest.fixture
def proxy() -> Iterator[AwsProxy]:
    with AwsProxy(ministack.endpoint()) as made:
        yield made


@pytest.fixture
def queue() -> str:
    return cloud.make_queue(cloud.sqs(ministack.endpoint()), f"bells-{next(NUMBERS)}")


def door(proxy: AwsProxy, queue: str) -> SqsDoorbell:
    return SqsDoorbell(cloud.sqs(proxy.url), {"paper": queue}.__getitem__, SystemIds())


def heard(queue: str) -> Sequence[Any]:
    client = cloud.sqs(ministack.endpoint())
    return client.receive_message(
        QueueUrl=queue, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
    ).get("Messages", [])


def test_the_message_names_the_order_and_waits_behind_its_account(
    proxy: AwsProxy, queue: str
) -> None:
    door(proxy, queue).ring(ACCOUNT, "A" * 16)

    [message] = heard(queue)
    assert json.loads(message["Body"]) == {
        "client_order_id": "A" * 16,
        "account_id": "paper:main",
    }
    assert message["Attributes"]["MessageGroupId"] == "paper:main"


def test_a_cancel_does_not_wait_behind_an_order_that_is_in_hand(
    proxy: AwsProxy, queue: str
) -> None:
    bell = door(proxy, queue)
    bell.ring(ACCOUNT, "A" * 16)
    bell.ring(ACCOUNT, "B" * 16)
    client = cloud.sqs(ministack.endpoint())
    [in_hand] = client.receive_message(QueueUrl=queue, MaxNumberOfMessages=1)["Messages"]

    bell.ring(ACCOUNT, "A" * 16, cancel=True)

    [found] = heard(queue)  # and not the second order, which waits its turn
    assert found["Attributes"]["MessageGroupId"] == "paper:main#cancel"
    assert in_hand["Body"] == found["Body"]


def test_every_ring_for_the_same_order_is_heard(proxy: AwsProxy, queue: str) -> None:
    bell = door(proxy, queue)

    bell.ring(ACCOUNT, "A" * 16)
    bell.ring(ACCOUNT, "A" * 16)  # a cancel, or the sweeper

    assert len(heard(queue)) == 2


def test_a_ring_whose_answer_is_lost_is_heard_once(proxy: AwsProxy, queue: str) -> None:
    proxy.fail("SendMessage", Lost())

    door(proxy, queue).ring(ACCOUNT, "A" * 16)

    assert proxy.calls == ["SendMessage", "SendMessage"]
    assert len(heard(queue)) == 1


def test_a_ring_that_nobody_answers_is_unknown(proxy: AwsProxy, queue: str) -> None:
    proxy.fail("SendMessage", Lost(), times=3)

    with pytest.raises(StoreUnavailable):
        door(proxy, queue).ring(ACCOUNT, "A" * 16)


def test_a_broker_without_a_queue_is_a_fault_and_not_a_lost_bell(
    proxy: AwsProxy, queue: str
) -> None:
    with pytest.raises(KeyError):
        door(proxy, queue).ring(replace(ACCOUNT, broker="unheard"), "A" * 16)


def test_a_message_that_cannot_be_hurried_comes_back_all_the_same(queue: str) -> None:
    deliver_again_soon(cloud.sqs(ministack.endpoint()), queue, "no such receipt")
