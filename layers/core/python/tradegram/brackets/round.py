"""All that is watched for an account beside the broker's book. Both homes call it."""

from __future__ import annotations

import logging
import math

from tradegram.brackets import gtt
from tradegram.brackets.keep import SELDOM, keep
from tradegram.errors import StoreError
from tradegram.orders.apart import apart
from tradegram.orders.reminder import remind
from tradegram.ports import Desk
from tradegram.triggers.look import look

logger = logging.getLogger(__name__)


def go_round(desk: Desk, account_id: str) -> float:
    """
    Keep the brackets, watch the stored orders, here and at the broker, remind of the day's end.

    Answers with seconds until the next round; infinite when nothing waits. Raises StoreError.
    """
    return min(
        keep(desk, account_id),
        _watch(desk, account_id),
        _look(desk, account_id),
        _remind(desk, account_id),
    )


def _watch(desk: Desk, account_id: str) -> float:
    wait = math.inf
    for each in gtt.waiting(desk, account_id):
        next_look = SELDOM
        with apart(desk, account_id, f"stored order {each.gtt_id[:4]}"):
            next_look = gtt.watch(desk, each)
        wait = min(wait, next_look)
    return wait


def _look(desk: Desk, account_id: str) -> float:
    with apart(desk, account_id, "what the broker keeps"):
        return look(desk, account_id)
    return SELDOM


def _remind(desk: Desk, account_id: str) -> float:
    try:
        remind(desk, account_id)
    except StoreError:
        raise
    except Exception:
        logger.exception("not reminded", extra={"account_id": account_id})
    return math.inf
