"""The pages of logins, and brokers' ways back to us. Behind the registered address."""

import os
from functools import partial
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from tradegram import aws
from tradegram.aws.log import function_logger
from tradegram.aws.pages import asked_of, event_page
from tradegram.bootstrap import keeper_of
from tradegram.chat.people import is_owner
from tradegram.sessions.pages import Asked, Pages

logger = function_logger()
desk = aws.aws_desk(aws.settings(os.environ), aws.clients())
pages = Pages(keeper_of(desk), desk.store, partial(is_owner, desk))


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    asked = asked_of(event)
    return event_page(pages.answer(asked) if isinstance(asked, Asked) else asked)
