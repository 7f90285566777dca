"""
Orders on the deployed stack: every function in a process of its own, its role enforced, between
real queues, streams, schedules and routes of an emulator; what goes wrong in between is planned.

What takes long by its nature (a lease that must end, a minute that must come) begins with the
stack, and is looked at last.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from aws_e2e.stack import BELLS, WORKER, Stack
from aws_e2e.stories import PATIENCE, Story, confirmed
from botocore.exceptions import ClientError
from lambdas import sample
from loopback.aws_proxy import Answered, Held, Lost
from loopback.bot_api import BotApi, Status

from tradegram.audit import examine
from tradegram.brokers.registry import open_paper_account
from tradegram.orders.state import State

THROTTLED = Answered("ProvisionedThroughputExceededException")
ALL_TRIES = 3  # that a client makes of one call
# Each has an account of its own: a message that waits holds up the others of its account.
ACCOUNTS = ("dies-before", "dies-after", "lost-bell", "claims", "throttled", "twice", "silent")


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with BotApi(says_only=True) as api, Stack.deployed(api) as made:
        for name in ACCOUNTS:
            open_paper_account(made.store(), name)
        yield made


@pytest.fixture(scope="module")
def begun(stack: Stack) -> dict[str, Story]:
    """The stories that take long, on their way."""
    stories = {"dies-before": dies(stack, "dies-before", Held(before=True))}
    stories["dies-after"] = dies(stack, "dies-after", Held())
    stack.proxy.fail(
        "SendMessage", Answered("ServiceUnavailable"), ALL_TRIES, about=("paper:lost-bell",)
    )
    stories["lost-bell"] = confirmed(stack, "lost-bell")
    stack.ring("poison", "{")
    return stories


@pytest.fixture(autouse=True)
def _all_begun(begun: dict[str, Story]) -> None:
    """Before any test."""


def dies(stack: Stack, name: str, held: Held) -> Story:
    """The worker is killed around the broker's own write of the order."""
    about = ("DOCUMENT#paper_account", f"paper:{name}")
    stack.proxy.fail("TransactWriteItems", held, by=WORKER, about=about)
    story = confirmed(stack, name)
    assert held.reached.wait(PATIENCE), stack.logs()
    stack.kill(WORKER)
    held.let_go.set()
    return story


# -- what is done at once --------------------------------------------------------------------------


def test_words_become_a_ticket_an_order_and_a_fill_and_the_chat_says_so(stack: Stack) -> None:
    story = confirmed(stack, "main")

    story.ends(State.FILLED)
    story.reads("Filled 10")

    assert story.order.cum_quantity == 10
    assert story.placed == 1
    assert examine(stack.store().chain("paper:main")) == []


def test_only_telegram_gets_past_the_webhook(stack: Stack) -> None:
    asked = len(stack.proxy.asked)
    update = stack.person().says("/buy RELIANCE 10 @ 2950")

    assert stack.webhook(update, secret="another") == 403
    assert stack.request("GET", "/telegram/webhook").status_code == 404
    assert stack.request("POST", "/elsewhere").status_code == 404
    assert "TelegramWebhook" not in {each.by for each in stack.proxy.asked[asked:]}


def test_repeated_updates_taps_and_messages_in_any_order_make_one_order(stack: Stack) -> None:
    story = confirmed(stack, "twice")
    body = f'{{"client_order_id": "{story.order.key}", "account_id": "{story.account_id}"}}'

    stack.ring("overtakes", body)  # in another group, so nothing keeps it behind the first
    assert stack.webhook(story.tap) == 200
    assert story.press_again() == 200
    stack.ring(story.account_id, body)
    story.ends(State.FILLED)
    stack.until(
        lambda: not stack.queued(BELLS, "overtakes") + stack.queued(BELLS, story.account_id),
        PATIENCE,
        "all are worked on",
    )

    assert story.placed == 1


def test_a_claim_whose_answer_is_lost_is_sent_once(stack: Stack) -> None:
    stack.proxy.fail(
        "TransactWriteItems", Lost(), ALL_TRIES, by=WORKER, about=("claimed", "paper:claims")
    )

    story = confirmed(stack, "claims")

    story.ends(State.FILLED)
    assert story.placed == 1


def test_a_throttled_table_delays_an_order_and_no_more(stack: Stack) -> None:
    stack.proxy.fail(
        "TransactWriteItems", THROTTLED, ALL_TRIES, by=WORKER, about=("claimed", "throttled")
    )

    story = confirmed(stack, "throttled")

    story.ends(State.FILLED)
    assert story.placed == 1


def test_a_message_that_telegram_did_not_take_is_not_forgotten(stack: Stack) -> None:
    story = confirmed(stack, "silent")
    stack.api.fail("editMessageText", Status(502, "Bad Gateway"), 2)

    story.ends(State.FILLED)
    story.reads("Filled 10")


def test_a_function_may_do_what_its_role_says_and_nothing_else(stack: Stack) -> None:
    table, bells = stack.client_of(WORKER, "dynamodb"), stack.client_of(WORKER, "sqs")

    table.get_item(TableName=stack.names["Table"], Key={"pk": {"S": "x"}, "sk": {"S": "x"}})
    with pytest.raises(ClientError, match="AccessDenied"):
        table.scan(TableName=stack.names["Table"])
    with pytest.raises(ClientError, match="AccessDenied"):
        bells.purge_queue(QueueUrl=stack.names[BELLS])


def test_what_is_done_by_schedule_is_done(stack: Stack) -> None:
    for name in scheduled(stack):
        stack.invoke(name, sample("settle_day"))


def test_an_alarm_is_said_in_the_chat(stack: Stack) -> None:
    person = stack.person()
    record = sample("notify_alarm")["Records"][0]["Sns"]

    stack.client("sns").publish(TopicArn=stack.names["Alarms"], Message=record["Message"])

    person.sees("Alarm desk-DeadOrdersAlarm", PATIENCE)


# -- what takes its time ---------------------------------------------------------------------------


def test_a_bell_that_was_never_rung_costs_time_and_not_the_order(begun: dict[str, Story]) -> None:
    story = begun["lost-bell"]

    story.ends(State.FILLED, tick=False)  # one minute rings again, the next finds the fill

    assert story.placed == 1


def test_a_message_that_nobody_can_read_ends_with_the_dead_and_holds_up_nobody(
    stack: Stack,
) -> None:
    person = stack.person()

    person.sees("was set aside", PATIENCE)

    assert not stack.queued(BELLS, "poison")
    assert not stack.queued("DeadOrders")


def test_a_worker_that_dies_after_the_broker_took_the_order_leaves_one_order_that_is_found(
    begun: dict[str, Story],
) -> None:
    story = begun["dies-after"]

    story.ends(State.FILLED)

    assert story.placed == 1
    story.reads("Filled 10")


def test_a_worker_that_dies_before_the_broker_took_the_order_leaves_none_and_says_so(
    begun: dict[str, Story],
) -> None:
    story = begun["dies-before"]

    story.ends(State.VOID)
    story.reads("Never taken by the broker")

    assert story.placed == 0


def test_no_function_was_ever_refused_what_it_asked_for(stack: Stack) -> None:
    """The last: over all that happened before."""
    refused = [each for each in stack.proxy.asked if "AccessDenied" in each.error]

    assert refused == []
    assert {each.by for each in stack.proxy.asked} >= {WORKER, "TelegramWebhook", "Reconcile"}


def scheduled(stack: Stack) -> set[str]:
    """Functions that a schedule starts."""
    return {
        each["Properties"]["Target"]["Arn"]["Fn::GetAtt"][0]
        for each in stack.template["Resources"].values()
        if each["Type"] == "AWS::Scheduler::Schedule"
    }
