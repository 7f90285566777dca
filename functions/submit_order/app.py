"""Send staged orders. One queue message is one client order id; the queue is FIFO per account."""

import os
from typing import Any

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import SqsFifoPartialProcessor, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from tradegram import aws
from tradegram.aws_log import add_order_metrics, function_logger
from tradegram.aws_work import broker_samples, seconds_left, send_in_time
from tradegram.store.sqs import deliver_again_soon

logger, metrics = function_logger(), Metrics(namespace="tradegram", service="submit_order")
clients = aws.clients()
desk = aws.aws_desk(aws.settings(os.environ), clients, "submit")
processor = SqsFifoPartialProcessor(skip_group_on_error=True)
processor.raise_on_entire_batch_failure = False  # of one message: its failure is the answer


def submit(record: SQSRecord, lambda_context: LambdaContext) -> None:
    """Raises TryLater and StoreError to have the message delivered again, and soon."""
    try:
        key = record.json_body["client_order_id"]
        order = send_in_time(desk, key, seconds_left(lambda_context))
    except Exception:
        metrics.add_metric(name="NotAttended", unit=MetricUnit.Count, value=1)
        deliver_again_soon(clients.sqs, record.queue_url, record.receipt_handle)
        raise
    add_order_metrics(metrics, order, broker_samples(desk, order.account_id))


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    return process_partial_response(event, submit, processor, context)
