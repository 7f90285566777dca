"""Telegram's updates, one a request. Only Telegram and we know the secret in its header."""

import base64
import hmac
import json
import os
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from tradegram import aws
from tradegram.aws.log import function_logger
from tradegram.chat.telegram.inbound import Received, receive
from tradegram.errors import StoreUnavailable

LARGEST = 64 * 1024  # bytes
settings = aws.settings(os.environ, secrets=True)
logger = function_logger(aws.secrets_of(settings))
desk, telegram = aws.aws_desk(settings, aws.clients()), aws.telegram(settings)
secret = aws.webhook_secret(settings)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    given = event["headers"].get("x-telegram-bot-api-secret-token", "")
    if not hmac.compare_digest(given.encode(), secret):
        return {"statusCode": 403}
    text = event.get("body", "")
    body = base64.b64decode(text) if event["isBase64Encoded"] else text.encode()
    if len(body) > LARGEST:
        return {"statusCode": 413}
    try:
        received = receive(desk, telegram, json.loads(body))
    except StoreUnavailable:
        return {"statusCode": 503}  # nothing was done; Telegram delivers it again
    except Exception:
        logger.exception("update failed")  # it would fail again: it must not come back for ever
        return {"statusCode": 200}
    return {"statusCode": 503 if received is Received.IN_HAND else 200}
