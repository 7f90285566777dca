"""Whether a session lives that was refused in words which also mean that a right is missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tradegram.brokers.contract import Broker, LoggedIn
from tradegram.errors import BrokerError, SessionExpired
from tradegram.ports import Clock

BELIEVED = 30.0  # seconds an answer stands, so that a right that is missing costs few questions


@dataclass(slots=True)
class Doubts:
    clock: Clock
    _answered: dict[str, tuple[float, object]] = field(default_factory=dict)

    def lives(self, account_id: str, mark: object, make: Callable[[], Broker]) -> bool:
        """
        Whether the session of this mark is good for something, or nobody can say just now.

        A right that is missing is missing for one question, so two of them are put, none of which
        changes anything. False only when both are refused like the first.
        """
        at, known = self._answered.get(account_id, (0.0, None))
        now = self.clock.monotonic()
        if known == mark and now - at < BELIEVED:
            return True
        try:
            lives = self._is_answered(make())
        except SessionExpired:
            return False  # there is no session any more to ask with
        if lives:
            self._answered[account_id] = (now, mark)
        return lives

    def _is_answered(self, broker: Broker) -> bool:
        questions: list[Callable[[], object]] = [broker.order_book]
        if isinstance(broker, LoggedIn):
            questions.append(broker.check)
        for ask in questions:
            try:
                ask()
            except SessionExpired as refusal:
                if not refusal.in_doubt:
                    return False
            except BrokerError:
                return True  # no proof that it ended, and without one it stays
            else:
                return True
        return False
