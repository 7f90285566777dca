"""From words in Telegram to a fill in Telegram, through the functions, the queue and the stream."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from houses import house
from lambdas import USERS, Lambdas, matches, patterns, sample
from loopback.bot_api import BotApi, Person

# Calls to AWS for one order on paper, everything warm. Paper keeps its own book in the same table,
# so a real broker's `send` takes four calls less. Lower them when you can; never raise them
# without a reason.
# Before it claims an order the worker reads whether its broker answers.
# A ticket looks at the kill switch, to say that it is on before Confirm is pressed. Ticket and
# Confirm each read the limits, and whether the same order was confirmed a moment ago.
PRICES = count(3000)
# A confirmed ticket is read again for the card of all its orders; a look asks for brackets too.
CALLS = {"ticket": 15, "confirm": 19, "send": 10, "look": 12, "tell": 5}


@pytest.fixture(scope="module")
def api() -> Iterator[BotApi]:
    with BotApi(says_only=True) as made:
        yield made


@pytest.fixture(scope="module")
def people() -> Iterator[int]:
    return iter(USERS)


@pytest.fixture
def asha(api: BotApi, people: Iterator[int]) -> Person:
    """Somebody else in every test: Telegram lets nobody be written to too often."""
    return api.user(next(people))


@pytest.fixture(scope="module")
def quick(api: BotApi) -> Iterator[Lambdas]:
    """One for all tests, as sandboxes are: each test looks at what it added."""
    with house("ministack", api) as made:
        yield made


@pytest.fixture(params=["moto", "ministack"])
def desk(request: pytest.FixtureRequest, api: BotApi) -> Iterator[Lambdas]:
    if request.param == "ministack":
        yield request.getfixturevalue("quick")
        return
    with house("moto", api) as made:
        yield made


def confirmed(desk: Lambdas, asha: Person) -> dict[str, Any]:
    """A ticket for ten shares, and the tap on Confirm, which is answered with."""
    price = next(PRICES)  # above the market; never the same, which would be asked about twice
    assert desk.webhook(asha.says(f"/buy RELIANCE 10 @ {price}")) == 200
    tap = asha.press(asha.last(), "Confirm")
    assert desk.webhook(tap) == 200
    return tap


def filled(desk: Lambdas, asha: Person) -> None:
    """Run whatever AWS would run, for as long as the market needs."""

    def told() -> bool:
        desk.pump()
        desk.invoke("reconcile", sample("reconcile"))
        desk.pump()
        return any("Filled 10" in each.text for each in asha.shown())

    assert any(told() for _ in range(10)), asha.shown()


def delivered(desk: Lambdas) -> Any:
    """The next message of the queue, as the worker gets it."""
    [message] = desk.sqs.receive_message(QueueUrl=desk.queue, MessageSystemAttributeNames=["All"])[
        "Messages"
    ]
    return message


def poison(desk: Lambdas, group: str) -> None:
    name = group.replace(" ", "-")
    desk.sqs.send_message(
        QueueUrl=desk.queue, MessageBody="{", MessageGroupId=name, MessageDeduplicationId=name
    )


def at_the_broker(desk: Lambdas) -> list[str]:
    """Client order ids in the paper broker's own book."""
    broker = desk.app("submit_order").desk.brokers.broker("paper:main")
    return [report.client_order_id for report in broker.order_book().reports]


def test_words_become_a_ticket_an_order_and_a_fill(desk: Lambdas, asha: Person) -> None:
    before = at_the_broker(desk)
    confirmed(desk, asha)
    assert at_the_broker(desk) == before  # the queue holds it; nobody has worked on it
    card = asha.last()

    filled(desk, asha)

    [order] = set(at_the_broker(desk)) - set(before)
    assert desk.app("notify").desk.store.order(order).cum_quantity == 10
    assert "Filled 10" in card.text  # the ticket's own message became the order's
    assert any(each.reply_to == card.message_id for each in asha.shown())
    assert desk.app("notify").desk.store.notices() == []


def test_a_repeated_update_a_repeated_tap_and_a_repeated_message_make_one_order(
    quick: Lambdas, asha: Person
) -> None:
    before = at_the_broker(quick)
    tap = confirmed(quick, asha)
    again = asha.press_under(tap["callback_query"]["message"], tap["callback_query"]["data"])
    message = delivered(quick)

    for update in (tap, tap, again):
        assert quick.webhook(update) == 200
    for _ in range(3):
        assert quick.work(message)["batchItemFailures"] == []
    filled(quick, asha)

    assert len(at_the_broker(quick)) == len(before) + 1


def test_a_lost_message_costs_time_and_not_the_order(quick: Lambdas, asha: Person) -> None:
    confirmed(quick, asha)
    quick.sqs.purge_queue(QueueUrl=quick.queue)
    store = quick.app("telegram_webhook").desk.store
    [order] = [each for each in store.unsettled("paper:main") if each.state == "STAGED"]

    quick.app("telegram_webhook").desk.doorbell.ring(
        quick.app("telegram_webhook").desk.brokers.account("paper:main"), order.key
    )  # as the sweeper does after five seconds
    filled(quick, asha)

    assert order.intent.wire_id in at_the_broker(quick)


def test_a_poisoned_message_fails_alone_and_comes_back_soon(quick: Lambdas, asha: Person) -> None:
    poison(quick, "somebody else")
    message = delivered(quick)

    answer = quick.work(message)

    assert answer == {"batchItemFailures": [{"itemIdentifier": message["MessageId"]}]}
    assert quick.calls["submit_order"][-1] == ["ChangeMessageVisibility"]
    confirmed(quick, asha)
    filled(quick, asha)  # another account's message is not held up


def test_an_order_takes_no_more_calls_to_aws_than_it_did(quick: Lambdas, asha: Person) -> None:
    confirmed(quick, asha)
    filled(quick, asha)
    before = {name: len(calls) for name, calls in quick.calls.items()}

    confirmed(quick, asha)
    quick.pump()

    calls = {name: quick.calls[name][before[name] :] for name in before}
    ticket, confirm = calls["telegram_webhook"]
    seen = {
        "ticket": len(ticket),
        "confirm": len(confirm),
        "send": len(calls["submit_order"][0]),
        "look": len(calls["reconcile"][0]),
        "tell": max(len(each) for each in calls["notify"]),
    }
    print(f"calls to AWS of one order, warm: {seen}, {sum(seen.values())} in all")  # noqa: T201
    assert {name: count for name, count in seen.items() if count > CALLS[name]} == {}


def test_the_filters_take_the_sample_events_and_not_each_others() -> None:
    for name, event in (("notify", "notify"), ("reconcile", "reconcile_staged")):
        other = {"notify": "reconcile_staged", "reconcile": "notify"}[name]
        [pattern] = patterns(name)
        assert matches(pattern, sample(event)["Records"][0])
        assert not matches(pattern, sample(other)["Records"][0])
