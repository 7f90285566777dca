"""The doorbell on AWS: an SQS FIFO queue per broker, two message groups per account."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from tradegram.errors import StoreUnavailable
from tradegram.model import Account
from tradegram.ports import Ids

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

SOON = 5  # seconds
CANCEL = "#cancel"  # after an account's name: the group of its cancels

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SqsDoorbell:
    """Implements ports.Doorbell. queue_url: from a broker's name to its queue."""

    client: SQSClient
    queue_url: Callable[[str], str]
    ids: Ids

    def ring(self, account: Account, client_order_id: str, *, cancel: bool = False) -> None:
        body = {"client_order_id": client_order_id, "account_id": account.account_id}
        try:
            self.client.send_message(
                QueueUrl=self.queue_url(account.broker),
                MessageBody=json.dumps(body),
                # A queue holds a group back behind a message that is in hand or failed. A cancel
                # does not wait for that: which of the two came first is settled by the record.
                MessageGroupId=f"{account.account_id}{CANCEL if cancel else ''}",
                # One ring is one message. The client's own repeats of a lost request carry the
                # same id and are dropped; a later ring, of the sweeper or for a cancel, must not
                # be, and SQS would drop it for five minutes if the id were only the order's.
                MessageDeduplicationId=f"{client_order_id}-{self.ids.nonce()}",
            )
        except (ClientError, BotoCoreError) as error:
            raise StoreUnavailable(f"SQS: {type(error).__name__}") from error


def deliver_again_soon(client: SQSClient, queue_url: str, receipt_handle: str) -> None:
    """
    Let a message that failed come back in seconds: it holds up every other of its account, and
    the queue's own time is a minute. When even this fails, the minute it is.
    """
    try:
        client.change_message_visibility(
            QueueUrl=queue_url, ReceiptHandle=receipt_handle, VisibilityTimeout=SOON
        )
    except (ClientError, BotoCoreError) as error:
        logger.warning("message comes back late: %s", type(error).__name__)
