"""The REST API: the routes that the local server has too, one request at a time."""

import os
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from tradegram import aws
from tradegram.api.gateway import asking_of, event_answer
from tradegram.api.whole import whole_api
from tradegram.aws.log import function_logger
from tradegram.bootstrap import keeper_of

logger = function_logger()
desk = aws.aws_desk(aws.settings(os.environ), aws.clients())
api = whole_api(desk, keeper_of(desk).vault)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return event_answer(api.answer(asking_of(event)))
