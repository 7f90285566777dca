"""
The only code that talks to HTTP brokers. It sends once, and says truthfully what it knows.

It never retries. A read may be repeated by its caller; a write only after `NotSent`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from ipaddress import ip_address
from typing import Any, Protocol, TypeVar, cast

from tradegram.brokers.adapter import MOST_LOOKED_UP, AbleAdapter, Adapter, Call, Reply, Steps
from tradegram.brokers.addresses import is_within
from tradegram.brokers.contract import (
    Ability,
    Book,
    Profile,
    together,
)
from tradegram.brokers.heard import Dial, Stream
from tradegram.brokers.listings import Listing
from tradegram.brokers.triggers import Trigger, TriggerBook
from tradegram.connection import Answer, Timeout, Unanswered, Unsent
from tradegram.errors import (
    BrokerError,
    ClockOff,
    NotSent,
    OutcomeUnknown,
    SessionExpired,
    Unreached,
)
from tradegram.model import (
    Candle,
    Fill,
    Funds,
    Holding,
    Instrument,
    OptionRow,
    OrderIntent,
    Position,
    Quote,
    Session,
    Terms,
)
from tradegram.ports import Clock

T = TypeVar("T")

# Among what a session holds; their words at every broker.
ALGO_ID = "algo_id"
PROXY = "proxy"

# What a reader raises on words it does not know. ArithmeticError: a number that is none.
UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, IndexError, ArithmeticError)

TIMEOUT = Timeout(connect=2.0, read=8.0, write=2.0)

SHORTEST_SECRET = 6  # shorter ones, a PIN's four digits, are in many words by chance

MOST_CALLS = 60  # of one read; ten exchanges of six pages are fewer


class Http(Protocol):
    """A `connection.Connection`, or a simulator in its place."""

    def request(
        self,
        method: str,
        url: str,
        *,
        content: bytes,
        headers: Mapping[str, str],
        timeout: Timeout,
    ) -> Answer: ...


def own_address(http: Http, url: str) -> str:
    """Which address a request leaves from, as the page at `url` says. Raises NotSent."""
    try:
        said = http.request("GET", url, content=b"", headers={}, timeout=TIMEOUT)
        return str(ip_address(said.content[:64].decode().strip()))
    except (Unsent, Unanswered, ValueError) as error:
        raise NotSent("address check", f"{type(error).__name__} at TRADEGRAM_ADDRESS_URL") from None


class Line:
    """The way to one broker for one session: sends a call, and says truthfully what it knows."""

    def __init__(
        self,
        adapter: Adapter,
        http: Http,
        clock: Clock,
        session: Session,
        hosts: Mapping[str, str] | None = None,
        expired: Callable[[SessionExpired], None] = lambda refusal: None,
    ) -> None:
        """hosts: instead of the profile's own. expired: is told when the session is refused."""
        self.adapter = adapter
        self.session = session
        self._expired = expired
        self._http = http
        self._clock = clock
        self._hosts = {**adapter.profile.hosts, **(hosts or {})}
        self._elsewhere = frozenset(hosts or ())  # a simulator names addresses of its own
        self._ahead = 0.0  # seconds that the broker's clock is before ours

    def walk(self, steps: Steps[T]) -> T:
        """The result of several reads. An error is thrown into the steps, which may know better."""
        try:
            call = next(steps)
            for _ in range(MOST_CALLS):
                try:
                    answer = self.run(call)
                except BrokerError as error:
                    call = steps.throw(error)
                else:
                    call = steps.send(answer)
        except StopIteration as done:
            result: T = done.value
            return result
        except UNREADABLE as error:
            raise OutcomeUnknown(self.adapter.profile.name, "unreadable reply") from error
        raise OutcomeUnknown(self.adapter.profile.name, f"more than {MOST_CALLS} pages")

    def run(self, call: Call[T], *, not_after: float | None = None) -> T:
        """not_after: monotonic seconds, see `contract.Broker.place`."""
        try:
            return self._once(call, not_after)
        except ClockOff:
            self._measure()
            raise

    def _measure(self) -> None:
        """How far off our clock is. Whoever was refused for it may ask again at once."""
        adapter, sent_at = cast(AbleAdapter, self.adapter), self._clock.now()
        try:
            there = self._once(adapter.broker_time(), None)
        except BrokerError:
            return  # the next refusal measures again
        self._ahead = there - (sent_at + self._clock.now()) / 2

    def _once(self, call: Call[T], not_after: float | None) -> T:
        name = self.adapter.profile.name
        request = call.request
        if request.signed:
            request = self.adapter.sign(request, self.session, self.now())
        if not_after is not None and self._clock.monotonic() >= not_after:
            raise NotSent(name, "lease ended before the request left")
        kind = request.kind()
        try:
            answer = self._http.request(
                request.method,
                self.address(request.host) + request.target(),
                content=request.body(),
                headers={"Content-Type": kind, **request.headers} if kind else request.headers,
                timeout=TIMEOUT,
            )
        except Unsent as error:
            raise Unreached(name, str(error)) from error
        except Unanswered as error:  # also by an answer that cannot be unpacked
            raise OutcomeUnknown(name, str(error)) from error
        return self._read(call, name, answer)

    def now(self) -> float:
        """Seconds since the epoch, by the broker's clock as far as it is known to differ."""
        return self._clock.now() + self._ahead

    def reaches(self, name: str) -> bool:
        """Whoever is set to talk to another place must not tell the usual one its secrets."""
        return not self._elsewhere or name in self._elsewhere

    def address(self, name: str) -> str:
        # Some brokers name the addresses of a session when it begins.
        named = self.session.secrets.get(f"{name}_url")
        if not named or (name == "stream" and name in self._elsewhere):
            return self._hosts[name]
        if not (self._elsewhere or is_within(named, self.adapter.profile.session_domain)):
            raise NotSent(self.adapter.profile.name, "the session's address is not the broker's")
        return named.rstrip("/")

    def _read(self, call: Call[T], name: str, answer: Answer) -> T:
        reply = Reply(answer.status_code, _json(answer), answer.content, answer.headers)
        try:
            if 200 <= reply.status < 300:
                try:
                    return call.read(self.adapter.unwrap(reply))
                except UNREADABLE:
                    if (refusal := self.adapter.refusal(reply)) is None:
                        raise
            else:
                refusal = self.adapter.refusal(reply)
        except UNREADABLE as error:
            # The broker did answer, but not in a form we know; the order may well be live.
            raise OutcomeUnknown(name, f"unreadable {reply.status} reply") from error
        if refusal is not None:
            _hush(refusal, self.session)
        if isinstance(refusal, SessionExpired):
            self._expired(refusal)
        if refusal is not None:
            raise refusal
        raise OutcomeUnknown(name, f"status {reply.status} proves nothing")


def _hush(error: BrokerError, session: Session) -> None:
    """Some brokers repeat in their words what they were sent."""
    for secret in session.secrets.values():
        if len(secret) >= SHORTEST_SECRET and secret in error.words:
            error.words = error.words.replace(secret, "(secret)")
            error.args = (f"{error.broker}: {error.words}",)


def _json(answer: Answer) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None


def _names(intents: Sequence[OrderIntent]) -> Sequence[str]:
    return [intent.wire_id for intent in intents]


class HttpBroker:
    """One account at one HTTP broker. Implements the contract around an adapter."""

    def __init__(
        self,
        adapter: Adapter,
        http: Http,
        clock: Clock,
        session: Session,
        hosts: Mapping[str, str] | None = None,
        expired: Callable[[SessionExpired], None] = lambda refusal: None,
    ) -> None:
        """hosts, expired: see `Line`."""
        self._adapter = cast(AbleAdapter, adapter)  # what it may lack is looked for: `_able`
        self._line = Line(adapter, http, clock, session, hosts, expired)
        self._looked_up: Sequence[str] = ()  # our names of orders, the longest ago first

    @property
    def profile(self) -> Profile:
        return self._adapter.profile

    # -- orders ------------------------------------------------------------------------------------

    def place(self, intent: OrderIntent, *, not_after: float) -> str:
        return self._line.run(self._named(self._adapter.place(intent)), not_after=not_after)

    def replace(self, intent: OrderIntent, broker_order_id: str, wanted: Terms) -> None:
        self._line.run(self._named(self._adapter.replace(intent, broker_order_id, wanted)))

    def cancel(self, intent: OrderIntent, broker_order_id: str) -> None:
        self._line.run(self._named(self._adapter.cancel(intent, broker_order_id)))

    # -- reads -------------------------------------------------------------------------------------

    def order_book(self) -> Book:
        return self._line.walk(self._adapter.order_book())

    def look_up(self, intents: Sequence[OrderIntent]) -> Book:
        self._able(Ability.LOOK_UP)
        # Brokers limit reads too: what does not fit into one look goes first into the next.
        turns = {name: turn for turn, name in enumerate(self._looked_up)}
        queue = sorted(intents, key=lambda one: turns.get(one.wire_id, -1))
        now, later = queue[:MOST_LOOKED_UP], Book((), unasked=_names(queue[MOST_LOOKED_UP:]))
        # Whatever becomes of this look, the next one begins with others.
        self._looked_up = [*later.unasked, *_names(now)]
        found = self._line.walk(self._adapter.look_up(now))
        asked = [name for name in _names(now) if name not in found.unasked]
        self._looked_up = [*found.unasked, *later.unasked, *asked]
        return together(found, later)

    def trades(self) -> Sequence[Fill]:
        return self._line.walk(self._adapter.trades())

    def trades_in(self, instruments: Sequence[Instrument]) -> Sequence[Fill]:
        self._able(Ability.BY_INSTRUMENT)
        return self._line.walk(self._adapter.trades_in(instruments))

    def positions(self) -> Sequence[Position]:
        return self._line.walk(self._adapter.positions(self._account_id))

    def holdings(self) -> Sequence[Holding]:
        return self._line.walk(self._adapter.holdings(self._account_id))

    def funds(self) -> Sequence[Funds]:
        return self._line.walk(self._adapter.funds(self._account_id))

    def margin_for(self, intent: OrderIntent) -> Funds:
        return self.margin_for_all([intent])

    def margin_for_all(self, intents: Sequence[OrderIntent]) -> Funds:
        self._able(Ability.MARGIN)
        return self._line.walk(self._adapter.margin_for(self._account_id, intents))

    def check(self) -> str:
        return self._line.walk(self._adapter.check())

    def log_out(self) -> None:
        self._line.walk(self._adapter.leave(self._line.session))

    def instruments(self) -> Sequence[Listing]:
        return self._line.walk(self._adapter.instruments())

    # -- the market --------------------------------------------------------------------------------

    def quotes(self, instruments: Sequence[Instrument]) -> Mapping[str, Quote]:
        self._able(Ability.QUOTES)
        return self._line.walk(self._adapter.quotes(instruments))

    def candles(
        self, instrument: Instrument, minutes: int, since: float, until: float
    ) -> Sequence[Candle]:
        self._able(Ability.CANDLES)
        return self._line.walk(self._adapter.candles(instrument, minutes, since, until))

    def option_chain(self, options: Sequence[Instrument]) -> Sequence[OptionRow]:
        self._able(Ability.CHAIN)
        return self._line.walk(self._adapter.option_chain(options))

    # -- the stream --------------------------------------------------------------------------------

    def stream(self) -> Stream:
        self._able(Ability.STREAM)
        return self._dialed(self._adapter.dial(self._line.session, self._line.now()))

    def price_stream(self) -> Stream:
        self._able(Ability.PRICES)
        return self._dialed(self._adapter.price_dial(self._line.session, self._line.now()))

    def _dialed(self, dialing: Steps[Dial]) -> Stream:
        adapter, line = self._adapter, self._line
        dial = line.walk(dialing)
        if not line.reaches(dial.host):
            raise NotSent(self.profile.name, "no address of its stream is set beside the others")
        return Stream(
            url=line.address(dial.host) + dial.path,
            heard=lambda frame: adapter.heard(frame, line.session),
            first=dial.first,
            keep=lambda: line.walk(adapter.keep()),
            keep_every=dial.keep_every,
            granted_within=dial.granted_within,
            proxy=line.session.secrets.get(PROXY, ""),
            watch=adapter.watch if Ability.PRICES in self.profile.can else lambda instruments: (),
        )

    # -- triggers ----------------------------------------------------------------------------------

    def place_trigger(self, wanted: Trigger, *, not_after: float) -> str:
        self._able(Ability.GTT)
        return self._line.run(self._adapter.place_trigger(wanted), not_after=not_after)

    def cancel_trigger(self, trigger_id: str) -> None:
        self._able(Ability.GTT)
        self._line.run(self._adapter.cancel_trigger(trigger_id))

    def triggers(self) -> TriggerBook:
        self._able(Ability.GTT)
        return self._line.walk(self._adapter.triggers())

    # -- parts -------------------------------------------------------------------------------------

    @property
    def _account_id(self) -> str:
        return self._line.session.account_id

    def _able(self, what: Ability) -> None:
        if what not in self.profile.can:
            raise NotSent(self.profile.name, f"{self.profile.title} cannot: {what.value}")

    def _named(self, call: Call[T]) -> Call[T]:
        """With the algo id of the account, where the broker wants it and the holder has one."""
        tag, secrets = self.profile.algo, self._line.session.secrets
        if tag is None or ALGO_ID not in secrets:
            return call
        request, named = call.request, secrets[ALGO_ID][: tag.length]
        if tag.header:
            request = replace(request, headers={**request.headers, tag.header: named})
        else:
            request = replace(request, form={**request.form, tag.field: named})
        return replace(call, request=request)
