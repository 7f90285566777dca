"""How long an account's orders have been out of sight, and the alert when that is too long."""

from __future__ import annotations

from dataclasses import dataclass, field

from tradegram.ports import OrderDesk

BLIND = 30.0  # seconds without a readable order book before somebody is told
UNSEEN = "the broker's order book cannot be read; orders are unseen"


@dataclass(slots=True)
class Sight:
    """One account, from now on. The pager says the same alert once an hour at most."""

    desk: OrderDesk
    account_id: str
    _seen_at: float = field(init=False)

    def __post_init__(self) -> None:
        self.seen()

    def seen(self) -> None:
        """The book was read."""
        self._seen_at = self.desk.clock.monotonic()

    def unseen(self) -> None:
        """It was not."""
        if self.desk.clock.monotonic() - self._seen_at > BLIND:
            self.desk.pager.alert(self.account_id, UNSEEN)
