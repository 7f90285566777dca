"""Keep a fault with one record from what is done for the others."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from tradegram.errors import StoreError
from tradegram.ports import OrderDesk

logger = logging.getLogger(__name__)


@contextmanager
def apart(desk: OrderDesk, account_id: str, what: str) -> Iterator[None]:
    """A fault is told and ends only this block. what: names the record to a person."""
    try:
        yield
    except StoreError:
        raise  # the record's own trouble is everybody's
    except Exception as error:
        logger.exception("%s not looked after", what, extra={"account_id": account_id})
        why = f"{what} cannot be looked after: {type(error).__name__}"
        desk.pager.alert(account_id, why)
