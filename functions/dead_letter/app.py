"""Messages about orders that failed five times: people are told, and nothing is sent."""

import os
from typing import Any

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import SqsFifoPartialProcessor, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from tradegram import aws
from tradegram.aws_log import function_logger
from tradegram.aws_work import tell_dead

logger, metrics = function_logger(), Metrics(namespace="tradegram", service="dead_letter")
desk = aws.aws_desk(aws.settings(os.environ), aws.clients())
processor = SqsFifoPartialProcessor()
processor.raise_on_entire_batch_failure = False  # of one message: its failure is the answer


def tell(record: SQSRecord) -> None:
    """Raises StoreError to have the message delivered again."""
    metrics.add_metric(name="Dead", unit=MetricUnit.Count, value=1)
    tell_dead(desk, record.body)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    return process_partial_response(event, tell, processor, context)
