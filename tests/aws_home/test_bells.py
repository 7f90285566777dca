"""Messages of a FIFO queue: what failed comes again, and what stands behind it in its group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tradegram.aws.bells import each_message, queue_url


def event(*messages: tuple[str, str]) -> Mapping[str, Any]:
    """Of names and groups."""
    return {
        "Records": [
            {"messageId": name, "attributes": {"MessageGroupId": group}} for name, group in messages
        ]
    }


def failed(answer: Mapping[str, Any]) -> list[str]:
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


def test_what_fails_comes_again_and_so_does_what_waits_behind_it() -> None:
    worked: list[str] = []

    def work(record: Mapping[str, Any]) -> None:
        worked.append(record["messageId"])
        if record["messageId"] == "b":
            raise ValueError("unreadable")

    answer = each_message(event(("a", "x"), ("b", "x"), ("c", "y"), ("d", "x")), work)

    assert worked == ["a", "b", "c"]
    assert failed(answer) == ["b", "d"]


def test_what_is_done_does_not_come_again() -> None:
    assert failed(each_message(event(("a", "x"), ("b", "x")), lambda record: None)) == []


def test_a_queue_is_found_by_its_name() -> None:
    prefix = "https://sqs.ap-south-1.amazonaws.com/123456789012/desk-orders-"

    found = queue_url(prefix, "arn:aws:sqs:ap-south-1:123456789012:desk-orders-paper.fifo")

    assert found == f"{prefix}paper.fifo"
