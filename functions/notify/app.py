"""
Say what the desk owes people, and the alarms of CloudWatch too. The stream only wakes us: what is
owed is read from the table, so a record that comes twice, late or never costs no message and
repeats none.
"""

import os
from typing import Any

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from tradegram import aws
from tradegram.aws.limits import seconds_left
from tradegram.aws.log import function_logger
from tradegram.aws.tell import alarms_of, deliver_in_time

settings = aws.settings(os.environ, secrets=True)
logger = function_logger(aws.secrets_of(settings))
metrics = Metrics(namespace="tradegram", service="notify")
desk, telegram = aws.aws_desk(settings, aws.clients()), aws.telegram(settings)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    for alarm in alarms_of(event):
        desk.pager.alert("desk", alarm)
    delivered = deliver_in_time(desk, telegram, seconds_left(context))
    metrics.add_metric(name="Delivered", unit=MetricUnit.Count, value=delivered)
