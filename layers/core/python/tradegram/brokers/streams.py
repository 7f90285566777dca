"""
The thread that listens to one account's stream, and rings the bell of whoever reads the book.

Losing it, or every frame of it, costs only time: what it would say is asked for anyway.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tradegram.brokers.heard import Frame, Stream
from tradegram.model import Quote
from tradegram.ports import Clock

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

FIRST_WAIT, LONGEST_WAIT = 0.5, 60.0  # seconds before it is opened again; doubled each time
GOOD = 30.0  # seconds after which a stream has proved itself, and the wait begins anew
OPENS_WITHIN = 10.0
PING_EVERY, PONG_WITHIN = 20.0, 20.0
LISTEN = 5.0  # seconds at a time; then it is seen whether something is due
LARGEST = 2**20  # bytes of a frame
TELLS_AT = 3  # in a row: by then the book has shown whether the session is over

REFUSED = "the broker does not grant its stream, so its book is read more often instead"
STRANGE = "the broker's stream said something that is not understood; it was set aside"

logger = logging.getLogger(__name__)


def nobody(told: object) -> None:
    """Is told what nobody needs to hear."""


class Ear:
    """
    opened: asks the broker how. ring: may be called often, and must return at once. alert: tells a
    person; the same words as often as it likes. tell: hears prices, on the ear's own thread.
    """

    def __init__(
        self,
        account_id: str,
        opened: Callable[[], Stream],
        ring: Callable[[], None],
        clock: Clock,
        listen: float = LISTEN,
        alert: Callable[[str], None] = nobody,
        tell: Callable[[Sequence[Quote]], None] = nobody,
    ) -> None:
        self._account_id = account_id
        self._opened = opened
        self._ring = ring
        self._clock = clock
        self._at_a_time = listen
        self._alert = alert
        self._tell = tell
        self._say: Callable[[str], None] = nobody
        self._stop = threading.Event()
        self._hang_up: Callable[[], None] = lambda: None
        self._lives = False
        self._refusals = 0  # in a row

    @property
    def lives(self) -> bool:
        """Whether the broker tells us now what happens, as far as anybody can know."""
        return self._lives

    def say(self, texts: Sequence[str]) -> None:
        """Lost when nobody is there. Raises what sockets raise."""
        for text in texts:
            self._say(text)

    def run(self) -> None:
        """Until `stop`; whatever goes wrong, it opens the stream again."""
        wait, said = FIRST_WAIT, ""
        while not self._stop.is_set():
            began = self._clock.monotonic()
            try:
                self._listen(self._opened())
                why = "it ended"
            except Exception as error:  # sockets raise of many families; none may end the thread
                why = type(error).__name__  # its text may hold the address, and that a token
            if self._stop.is_set():
                return
            wait = FIRST_WAIT if self._clock.monotonic() - began > GOOD else wait
            extra = {"account_id": self._account_id, "wait": wait}
            level = logging.DEBUG if why == said else logging.INFO  # each minute, all night
            logger.log(level, "no stream: %s; what it would say is asked for", why, extra=extra)
            said = why
            self._stop.wait(wait)
            wait = min(2 * wait, LONGEST_WAIT)

    def stop(self) -> None:
        self._stop.set()
        self._hang_up()

    def _listen(self, stream: Stream) -> None:
        # Loaded when an account has a stream: others start without it.
        from websockets.sync.client import connect

        with connect(
            stream.url,
            open_timeout=OPENS_WITHIN,
            close_timeout=1.0,
            ping_interval=PING_EVERY,
            ping_timeout=PONG_WITHIN,
            max_size=LARGEST,
            proxy=stream.proxy or None,
            logger=QUIET,
        ) as socket:
            self._hang_up, self._say = socket.close, socket.send
            try:
                for text in stream.first:
                    socket.send(text)
                if not stream.granted_within:
                    self._granted()
                self._hear(stream, socket)
            finally:
                self._say = nobody
                self._ended()

    def _hear(self, stream: Stream, socket: ClientConnection) -> None:
        began = self._clock.monotonic()
        keep_at = began + stream.keep_every
        while not self._stop.is_set():
            try:
                frame: Frame | None = socket.recv(timeout=self._at_a_time)
            except TimeoutError:
                frame = None
            if frame is not None and self._is_over(stream, frame, socket.send):
                return
            now = self._clock.monotonic()
            if not self._lives and now - began > stream.granted_within:
                return
            if stream.keep_every and now >= keep_at:
                stream.keep()
                keep_at += stream.keep_every

    def _is_over(self, stream: Stream, frame: Frame, say: Callable[[str], None]) -> bool:
        try:
            heard = stream.heard(frame)
        except Exception:  # it was meant for somebody else, or is garbage
            return False
        for text in heard.say:
            say(text)
        if heard.granted:
            self._granted()
        if heard.rings:
            self._ring()
        if heard.quotes:
            self._tell(heard.quotes)
        if heard.strange:
            self._alert(STRANGE)
        return heard.over

    def _granted(self) -> None:
        self._lives, self._refusals = True, 0
        self._ring()  # whatever happened while nobody listened

    def _ended(self) -> None:
        """Rings, for the book must be read more often now; and it knows if the session is over."""
        if self._lives:
            self._lives = False
            self._ring()
        elif not self._stop.is_set():
            self._refusals += 1
            if self._refusals == 1:
                self._ring()
            elif self._refusals == TELLS_AT:
                self._alert(REFUSED)


# websockets writes each frame to its log at DEBUG: first messages hold keys.
QUIET = logging.getLogger(f"{__name__}.socket")
QUIET.setLevel(logging.WARNING)
