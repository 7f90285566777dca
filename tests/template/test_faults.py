"""Faults that are planted in the template, and the check that must see each: a test of tests."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import cloud
import pytest
from template.checks import CHECKS
from template.deployed import Forms

PLANTED: list[tuple[str, Callable[[Any], None]]] = []


def seen_by(check: str) -> Callable[[Callable[[Any], None]], Callable[[Any], None]]:
    def planted(plant: Callable[[Any], None]) -> Callable[[Any], None]:
        PLANTED.append((check, plant))
        return plant

    return planted


def of_a_broker(resources: Any, name: str) -> Any:
    """The properties of what the loop over brokers makes."""
    return resources["Fn::ForEach::EachBroker"][2][name]["Properties"]


def bell(resources: Any) -> Any:
    return of_a_broker(resources, "SubmitOrder${Broker}")["Events"]["Bell"]["Properties"]


@seen_by("clean_as_written")
def missing_reference(resources: Any) -> None:
    resources["DeadOrdersAlarm"]["Properties"]["AlarmActions"] = [{"Ref": "Alarm"}]


@seen_by("clean_as_written")
def misspelt_property(resources: Any) -> None:
    resources["Table"]["Properties"]["BilingMode"] = "PAY_PER_REQUEST"


@seen_by("clean_as_deployed")
def visibility_below_the_function_s_time(resources: Any) -> None:
    of_a_broker(resources, "${Broker}Orders")["VisibilityTimeout"] = 20


@seen_by("clean_as_deployed")
def standard_dead_letters(resources: Any) -> None:
    dead = resources["DeadOrders"]["Properties"]
    del dead["FifoQueue"], dead["QueueName"]


@seen_by("clean_as_deployed")
def index_without_attribute(resources: Any) -> None:
    resources["Table"]["Properties"]["AttributeDefinitions"].pop()


@seen_by("clean_as_deployed")
def unknown_runtime(resources: Any) -> None:
    resources["Notify"]["Properties"]["Runtime"] = "python3.31"


@seen_by("clean_as_deployed")
def too_few_at_once(resources: Any) -> None:
    bell(resources)["ScalingConfig"]["MaximumConcurrency"] = 1


@seen_by("clean_as_deployed")
def misspelt_limit(resources: Any) -> None:
    bell(resources)["ScalingConfig"] = {"MaximumConcurency": 5}


@seen_by("clean_as_deployed")
def misspelt_action(resources: Any) -> None:
    [statement] = resources["RingBells"]["Properties"]["PolicyDocument"]["Statement"]
    statement["Action"] = "sqs:SendMesage"


@seen_by("clean_as_deployed")
def missing_attribute(resources: Any) -> None:
    statement = resources["EmptyDeadOrders"]["Properties"]["PolicyDocument"]["Statement"][0]
    statement["Resource"] = {"Fn::GetAtt": ["DeadOrders", "Arm"]}


@seen_by("clean_as_deployed")
def six_layers(resources: Any) -> None:
    resources["Notify"]["Properties"]["Layers"] = [{"Ref": "CoreLayer"}] * 6


@seen_by("each_time_limit_outlasts_the_one_before")
def slow_worker(resources: Any) -> None:
    of_a_broker(resources, "SubmitOrder${Broker}")["Timeout"] = 45


@seen_by("a_call_to_aws_fits_into_every_function")
def hasty_function(resources: Any) -> None:
    resources["Notify"]["Properties"]["Timeout"] = 9


@seen_by("every_function_is_there_and_small")
def forgotten_function(resources: Any) -> None:
    for name in ("SettleDay", "SettleDayRole"):
        del resources[name]
    resources["Fn::ForEach::EachFunction"][1].remove("SettleDay")


@seen_by("every_trigger_has_a_sample_event")
def moved_route(resources: Any) -> None:
    update = resources["TelegramWebhook"]["Properties"]["Events"]["Update"]
    update["Properties"]["Path"] = "/telegram"


@seen_by("filters_take_their_own_events_and_no_others")
def greedy_filter(resources: Any) -> None:
    owed = resources["Notify"]["Properties"]["Events"]["Owed"]["Properties"]
    owed["FilterCriteria"]["Filters"][0]["Pattern"] = '{"eventName":["INSERT"]}'


@seen_by("filters_take_their_own_events_and_no_others")
def deaf_filter(resources: Any) -> None:
    staged = resources["Reconcile"]["Properties"]["Events"]["Staged"]["Properties"]
    pattern = staged["FilterCriteria"]["Filters"][0]["Pattern"]
    staged["FilterCriteria"]["Filters"][0]["Pattern"] = pattern.replace("ORDER#", "ORDERS#")


@seen_by("every_broker_has_a_queue_and_a_worker")
def queue_of_another_name(resources: Any) -> None:
    queue = of_a_broker(resources, "${Broker}Orders")
    queue["QueueName"] = {"Fn::Sub": "${AWS::StackName}-${Broker}.fifo"}


@seen_by("orders_are_worked_on_one_by_one")
def ten_at_once(resources: Any) -> None:
    bell(resources)["BatchSize"] = 10


@seen_by("orders_are_worked_on_one_by_one")
def all_or_none(resources: Any) -> None:
    del bell(resources)["FunctionResponseTypes"]


@seen_by("nobody_is_kept_from_the_queue")
def reserved_below_the_queue(resources: Any) -> None:
    of_a_broker(resources, "SubmitOrder${Broker}")["ReservedConcurrentExecutions"] = 2


@seen_by("the_record_survives")
def table_that_goes_with_the_stack(resources: Any) -> None:
    del resources["Table"]["DeletionPolicy"]


@seen_by("the_record_survives")
def key_of_amazon(resources: Any) -> None:
    resources["Table"]["Properties"]["SSESpecification"] = {"SSEEnabled": True}


@seen_by("the_address_survives")
def address_that_goes_with_the_stack(resources: Any) -> None:
    resources["Address"]["DeletionPolicy"] = "Delete"


@seen_by("orders_leave_from_the_address")
def worker_outside(resources: Any) -> None:
    del of_a_broker(resources, "SubmitOrder${Broker}")["VpcConfig"]


@seen_by("schedules_fire_when_they_should")
def schedule_in_utc(resources: Any) -> None:
    shares = resources["SettleDay"]["Properties"]["Events"]["Shares"]["Properties"]
    shares["ScheduleExpressionTimezone"] = "UTC"


@seen_by("schedules_fire_when_they_should")
def schedule_that_stops_at_eleven(resources: Any) -> None:
    india = resources["Reconcile"]["Properties"]["Events"]["India"]["Properties"]
    india["ScheduleExpression"] = "cron(* 9-22 ? * MON-FRI *)"


@seen_by("a_missed_minute_is_not_made_up_for")
def minute_that_is_repeated(resources: Any) -> None:
    del resources["Reconcile"]["Properties"]["EventInvokeConfig"]


@seen_by("no_secret_is_a_setting")
def token_in_the_environment(resources: Any) -> None:
    variables = {"TELEGRAM_BOT_TOKEN": "{{resolve:ssm:/tradegram/TELEGRAM_BOT_TOKEN}}"}
    resources["Notify"]["Properties"]["Environment"] = {"Variables": variables}


@seen_by("no_role_may_do_everything_or_on_everything")
def role_that_may_do_everything(resources: Any) -> None:
    statement = resources["WriteRecord"]["Properties"]["PolicyDocument"]["Statement"][0]
    statement["Action"] = "dynamodb:*"


@seen_by("no_role_may_do_everything_or_on_everything")
def role_on_everything(resources: Any) -> None:
    statement = resources["WriteRecord"]["Properties"]["PolicyDocument"]["Statement"][0]
    statement["Resource"] = "*"


@seen_by("no_role_uses_the_key_without_saying_for_what")
def key_for_anything(resources: Any) -> None:
    statement = resources["OpenVault"]["Properties"]["PolicyDocument"]["Statement"][0]
    del statement["Condition"]


@seen_by("every_log_is_kept_for_a_time")
def log_for_ever(resources: Any) -> None:
    del resources["ApiLog"]["Properties"]


@seen_by("every_failure_reaches_a_person")
def silent_alarm(resources: Any) -> None:
    resources["DeadOrdersAlarm"]["Properties"]["AlarmActions"] = []


@seen_by("every_failure_reaches_a_person")
def silence_that_passes_for_health(resources: Any) -> None:
    resources["NobodyLooks"]["Properties"]["TreatMissingData"] = "notBreaching"


@seen_by("every_failure_reaches_a_person")
def chat_that_is_not_told(resources: Any) -> None:
    del resources["Notify"]["Properties"]["Events"]["Alarm"]


@pytest.mark.parametrize(("check", "plant"), PLANTED, ids=[each.__name__ for _, each in PLANTED])
def test_a_planted_fault_is_seen_by(check: str, plant: Callable[[Any], None]) -> None:
    broken = copy.deepcopy(cloud.written())
    plant(broken["Resources"])

    assert list(CHECKS[check](Forms(broken, "paper")))


def test_every_check_sees_some_fault() -> None:
    assert {check for check, _ in PLANTED} == CHECKS.keys()
