"""Keep a fault with one record from what is done for the others."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from types import TracebackType

from tradegram.errors import StoreError
from tradegram.ports import OrderDesk

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class apart:
    """
    A fault is told and ends only this block. what: names the record to a person.

    A class, as `contextlib.suppress` is one: it is entered for every order of every book.
    """

    desk: OrderDesk
    account_id: str
    what: str

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        at: TracebackType | None,
    ) -> bool:
        # The record's own trouble is everybody's.
        if not isinstance(fault, Exception) or isinstance(fault, StoreError):
            return False
        about = {"account_id": self.account_id}
        logger.error("%s not looked after", self.what, exc_info=fault, extra=about)
        why = f"{self.what} cannot be looked after: {type(fault).__name__}"
        self.desk.pager.alert(self.account_id, why)
        return True
