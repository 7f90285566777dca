"""Send staged orders. One queue message is one client order id; the queue is FIFO per account."""

import json
import os
from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from tradegram import aws
from tradegram.aws.bells import broker_samples, each_message, queue_url, send_in_time
from tradegram.aws.limits import SecondsLeft, seconds_left
from tradegram.aws.log import add_order_metrics, function_logger
from tradegram.store.sqs import deliver_again_soon

logger, metrics = function_logger(), Metrics(namespace="tradegram", service="submit_order")
settings, clients = aws.settings(os.environ), aws.clients()
desk = aws.aws_desk(settings, clients, "submit")


def submit(record: Mapping[str, Any], left: SecondsLeft) -> None:
    """Raises TryLater and StoreError to have the message delivered again, and soon."""
    try:
        order = send_in_time(desk, json.loads(record["body"])["client_order_id"], left)
    except Exception:
        metrics.add_metric(name="NotAttended", unit=MetricUnit.Count, value=1)
        queue = queue_url(settings.queue_prefix, record["eventSourceARN"])
        deliver_again_soon(clients.sqs, queue, record["receiptHandle"])
        raise
    if order is not None:
        add_order_metrics(metrics, order, broker_samples(desk, order.account_id))


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    left = seconds_left(context)
    return each_message(event, lambda record: submit(record, left))
