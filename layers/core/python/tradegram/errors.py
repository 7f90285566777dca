"""
Every error answers one question: may the caller do it again?

TradegramError
  UserError            no: the person must change something. Text is shown as written.
    Denied             because a limit, or the kill switch, says no.
  SettingError         no: the process cannot start until a setting is mended.
  SealBroken           no: a sealed secret does not open; it must be given again.
  BrokerError
    NotSent            yes: proven that nothing left this machine.
      Unreached        because the broker could not be connected to.
    Refused            no: the broker took the request, and said no. Final.
      SessionExpired   after login: the access token was not accepted.
      Throttled        after `retry_after` seconds: refused before acceptance.
        ClockOff       at once: our clock is not the broker's; the difference is known by then.
    OutcomeUnknown     never: it may have happened. Only reconciliation may decide.
  StoreError
    NotFound           no: nothing is stored under that key.
    Conflict           reload first: another worker wrote this record.
    StoreUnavailable   yes, if the write is idempotent (ours are).
      StoreFull        when there is room again: nothing was written.
  MessengerError
    Busy               after `retry_after` seconds: nothing was shown.
    Unreachable        later: the message may or may not have been shown.
    Gone               no: the chat or the message is not there any more.
"""

from __future__ import annotations


class TradegramError(Exception):
    """Base of every error this package raises on purpose."""


class UserError(TradegramError):
    """The request cannot be served as asked; `str(error)` is safe to show in chat."""


class Denied(UserError):
    """A limit of the holder says no, or the kill switch is on; the text says which."""


class SettingError(TradegramError):
    """A setting is missing or wrong; `str(error)` says which, why, and what to write."""


class SealBroken(TradegramError):
    """A secret was altered, moved from its place, or sealed with another key. Holds no secret."""


class BrokerError(TradegramError):
    """
    A call to a broker did not succeed.

    code: the broker's own, verbatim. means: which of `codes.Code` the adapter's table says it
    is; "" where no table knows it.
    """

    def __init__(self, broker: str, message: str, *, code: str = "", means: str = "") -> None:
        super().__init__(f"{broker}: {message}")
        self.broker = broker
        self.words = message
        self.code = code
        self.means = means


class NotSent(BrokerError):
    """No byte of the request reached the broker."""


class Unreached(NotSent):
    """There was no connection to the broker."""


class Refused(BrokerError):
    """The broker answered, and its answer proves that nothing was accepted."""


class SessionExpired(Refused):
    """
    The access token was not accepted; the account holder must log in again.

    in_doubt: the broker says no more than it says to somebody who lacks a right, so that only
    another question can tell.
    """

    def __init__(
        self, broker: str, message: str, *, code: str = "", means: str = "", in_doubt: bool = False
    ) -> None:
        super().__init__(broker, message, code=code, means=means)
        self.in_doubt = in_doubt


class Throttled(Refused):
    """Refused for rate, before acceptance."""

    def __init__(self, broker: str, message: str, *, retry_after: float) -> None:
        super().__init__(broker, message, code="throttled")
        self.retry_after = retry_after


class ClockOff(Throttled):
    """Refused before acceptance, because the time it was signed with is not the broker's."""


class OutcomeUnknown(BrokerError):
    """The request may have been accepted. Sending it again could double the position."""


class StoreError(TradegramError):
    """The record of orders could not be read or written."""


class NotFound(StoreError):
    """Nothing is stored under that key."""


class Conflict(StoreError):
    """The record changed since it was read."""


class StoreUnavailable(StoreError):
    """The store did not answer, or answered 'try later'. The write may have happened."""


class StoreFull(StoreUnavailable):
    """The disk has no room or refuses writes. Unlike its parent it is certain: nothing happened."""


class MessengerError(TradegramError):
    """A message to a person was not shown, or may not have been."""


class Busy(MessengerError):
    """The messenger asks us to wait; nothing was shown."""

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unreachable(MessengerError):
    """No usable answer. Showing the same message again is harmless."""


class Gone(MessengerError):
    """The person blocked us, or the message no longer exists. Trying again cannot help."""
