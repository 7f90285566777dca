"""The REST API and the page that asks it: as the local server has them, one request at a time."""

import os
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from tradegram import aws
from tradegram.api.gateway import asking_of, event_answer
from tradegram.api.whole import whole_api
from tradegram.aws.log import function_logger
from tradegram.bootstrap import keeper_of, public_url
from tradegram.dashboard.site import Site

logger = function_logger()
wanted = aws.settings(os.environ, secrets=True)
token = wanted.bot_token.get_secret_value() if wanted.bot_token else ""
desk = aws.aws_desk(wanted, aws.clients())
api = whole_api(desk, keeper_of(desk).vault)
site = Site(api, token, public_url(wanted))


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return event_answer(site.answer(asking_of(event)))
