"""A broker says that an order moved. It only rings the bell: the book is read and believed."""

import base64
import os
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from tradegram import aws
from tradegram.aws.log import function_logger
from tradegram.aws.watch import look_now
from tradegram.bootstrap import keeper_of
from tradegram.sessions.postback import Postbacks

logger = function_logger()
desk = aws.aws_desk(aws.settings(os.environ), aws.clients(), "postback")
postbacks = Postbacks(keeper_of(desk))


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    text, path = event.get("body") or "", event["pathParameters"]
    content = base64.b64decode(text) if event["isBase64Encoded"] else text.encode()
    for account in postbacks.accounts(path["broker"], path["secret"], content):
        look_now(desk, account.account_id)
    return {"statusCode": 200}  # whoever guesses at secrets learns nothing
