"""The REST API: the routes that the local server has too, one request at a time."""

import os
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from tradegram import aws
from tradegram.api.gateway import asking_of, event_answer
from tradegram.api.serve import Api
from tradegram.aws.log import function_logger

logger = function_logger()
api = Api(aws.aws_desk(aws.settings(os.environ), aws.clients()))


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return event_answer(api.answer(asking_of(event)))
