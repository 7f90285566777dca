"""
Brokers for programs: the same contract and promises as the desk's, without its tickets.

Nothing here guards against what the desk guards against: no limits, no second look, no record that
outlives the process. What stays: an order is sent once, errors say whether it may be sent again,
and one whose outcome is unknown can be looked up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from types import TracebackType

from tradegram.brokers.contract import Broker, LoggedIn, Market, Profile
from tradegram.brokers.lookup import book_about
from tradegram.errors import NotFound, NotSent, UserError
from tradegram.model import (
    Candle,
    ExecutionReport,
    Fill,
    Funds,
    Holding,
    Instrument,
    OrderIntent,
    OrderType,
    Position,
    Product,
    Quote,
    Side,
    Terms,
    TimeInForce,
)
from tradegram.orders.replace import check_change
from tradegram.ports import Clock, Ids

# The prices that each type of order has.
PRICES = {
    OrderType.MARKET: (),
    OrderType.LIMIT: ("a price",),
    OrderType.STOP: ("a trigger",),
    OrderType.STOP_LIMIT: ("a price", "a trigger"),
}
SEND_WITHIN = 10.0  # seconds until an order that has not left must not leave any more


@dataclass(frozen=True, slots=True)
class Placed:
    """An order that the broker took: its id there, and the instruction as it was sent."""

    broker_order_id: str
    intent: OrderIntent


@dataclass(slots=True)
class OpenBroker:
    """
    One account at one broker. Every method raises what `contract.Broker` does: NotSent (again is
    safe), Refused (final), OutcomeUnknown (never again: look for it by `find`).
    """

    account_id: str
    profile: Profile
    ids: Ids
    clock: Clock
    _broker: Callable[[], Broker] = field(repr=False)
    _enter: Callable[[Mapping[str, str]], str] = field(repr=False)
    _login_url: Callable[[], str] = field(repr=False)
    _find: Callable[[str], Instrument | None] = field(repr=False)
    _close: Callable[[], None] = field(repr=False)

    def __enter__(self) -> OpenBroker:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Leave connections and files. Ends no session at the broker: see `log_out`."""
        self._close()

    # -- sessions ----------------------------------------------------------------------------------

    def login_url(self) -> str:
        """Where a person logs in, for brokers that want a browser. Raises UserError."""
        return self._login_url()

    def log_in(self, **given: str) -> str:
        """
        Make a session; answers with whom the broker let in.

        given: what the browser came back with, e.g. request_token="..."; or totp="123456", which
        is made from `totp_secret` when it is not given.
        """
        return self._enter(given)

    def check(self) -> str:
        """Who is logged in."""
        broker = self._broker()
        return broker.check() if isinstance(broker, LoggedIn) else self.account_id

    def log_out(self) -> None:
        broker = self._broker()
        if isinstance(broker, LoggedIn):
            broker.log_out()

    # -- orders ------------------------------------------------------------------------------------

    def prepare(
        self,
        symbol: str,
        side: str,
        quantity: Decimal | int | str,
        *,
        order_type: str = "LIMIT",
        price: Decimal | int | str | None = None,
        trigger: Decimal | int | str | None = None,
        product: str = "CNC",
        time_in_force: str = "DAY",
    ) -> OrderIntent:
        """
        An instruction with an id of its own, to be kept before it is sent: by it the order is found
        when no answer comes.

        symbol: `NSE:INFY`. quantity: units. order_type: LIMIT, MARKET, STOP or STOP_LIMIT. product:
        CNC, MIS or NRML. Raises UserError for what the broker does not have.
        """
        key = self.ids.nonce()
        intent = OrderIntent(
            client_order_id=key,
            account_id=self.account_id,
            instrument=self.instrument(symbol),
            side=Side(side.upper()),
            order_type=OrderType(order_type.upper()),
            quantity=_number(quantity),
            product=Product(product.upper()),
            time_in_force=TimeInForce(time_in_force.upper()),
            price=None if price is None else _number(price),
            trigger=None if trigger is None else _number(trigger),
            wire_id=key[: self.profile.tag_length],
        )
        self._check(intent)
        return intent

    def send(self, intent: OrderIntent) -> Placed:
        """Once. After OutcomeUnknown it may be live: `find` it, and never send it again."""
        not_after = self.clock.monotonic() + SEND_WITHIN
        return Placed(self._broker().place(intent, not_after=not_after), intent)

    def find(self, intent: OrderIntent) -> Sequence[Placed]:
        """
        The orders that bear its id; more than one if it was sent twice.

        None yet is no proof: books lag (`profile.listing_lag`), and some brokers keep no id of ours
        (`profile.identity`).
        """
        return [
            Placed(each.broker_order_id, intent)
            for each in book_about(self._broker(), [intent]).reports
            if intent.wire_id and each.client_order_id == intent.wire_id
        ]

    def orders(self) -> Sequence[ExecutionReport]:
        """Today's, and all that still work. Rows that could not be read are left out."""
        return self._broker().order_book().reports

    def order(self, broker_order_id: str) -> ExecutionReport:
        """Raises NotFound."""
        for report in self.orders():
            if report.broker_order_id == broker_order_id:
                return report
        raise NotFound(f"the broker's book has no order {broker_order_id}")

    def replace(
        self,
        placed: Placed,
        *,
        quantity: Decimal | int | str | None = None,
        price: Decimal | int | str | None = None,
        trigger: Decimal | int | str | None = None,
    ) -> None:
        """
        Other terms for a working order; what is not given stays as it was sent.

        Raises UserError for what the broker cannot change in place.
        """
        was = placed.intent
        sent = Terms(was.quantity, was.price, was.trigger)
        wanted = Terms(
            was.quantity if quantity is None else _number(quantity),
            was.price if price is None else _number(price),
            was.trigger if trigger is None else _number(trigger),
        )
        check_change(was.instrument, sent, wanted, self.profile)
        self._broker().replace(was, placed.broker_order_id, wanted)

    def cancel(self, placed: Placed) -> None:
        self._broker().cancel(placed.intent, placed.broker_order_id)

    # -- what there is -----------------------------------------------------------------------------

    def trades(self) -> Sequence[Fill]:
        return self._broker().trades()

    def positions(self) -> Sequence[Position]:
        return self._broker().positions()

    def holdings(self) -> Sequence[Holding]:
        return self._broker().holdings()

    def funds(self) -> Sequence[Funds]:
        return self._broker().funds()

    # -- the market --------------------------------------------------------------------------------

    def instrument(self, symbol: str) -> Instrument:
        """By `NSE:INFY`. The first question reads the broker's list. Raises UserError."""
        one = self._find(symbol.upper())
        if one is None:
            raise UserError(f"{self.profile.title} lists no {symbol}. Name it as in NSE:INFY.")
        return one

    def quote(self, symbol: str) -> Quote:
        """Raises NotSent where the broker says no prices."""
        one, broker = self.instrument(symbol), self._broker()
        said = broker.quotes([one]) if isinstance(broker, Market) else {}
        if one.key not in said:
            raise NotSent(self.profile.name, f"no price of {symbol}")
        return said[one.key]

    def candles(self, symbol: str, minutes: int, since: float, until: float) -> Sequence[Candle]:
        """See `contract.Market.candles`."""
        broker = self._broker()
        if not isinstance(broker, Market):
            raise NotSent(self.profile.name, "it says no prices")
        return broker.candles(self.instrument(symbol), minutes, since, until)

    # -- parts -------------------------------------------------------------------------------------

    def _check(self, intent: OrderIntent) -> None:
        """Raises UserError for what the broker does not have: nothing is changed silently."""
        for what, word, allowed in (
            ("order type", intent.order_type, self.profile.order_types),
            ("product", intent.product, self.profile.products),
            ("validity", intent.time_in_force, self.profile.times_in_force),
        ):
            if word not in allowed:
                names = ", ".join(sorted(str(each) for each in allowed))
                raise UserError(f"{self.profile.title} has no {what} {word}; it has {names}.")
        terms = Terms(intent.quantity, intent.price, intent.trigger)
        if terms.order_type is not intent.order_type:
            needed = ", ".join(PRICES[intent.order_type]) or "no price"
            raise UserError(f"A {intent.order_type} order has {needed}.")
        lot, tick = intent.instrument.lot_size, intent.instrument.tick_size
        if intent.quantity <= 0 or intent.quantity % lot:
            raise UserError(f"The quantity must be a positive multiple of {lot:f}.")
        prices = [price for price in (intent.price, intent.trigger) if price is not None]
        if any(price <= 0 or price % tick for price in prices):
            raise UserError(f"Prices must be positive multiples of {tick:f}.")


def _number(value: Decimal | int | str) -> Decimal:
    if isinstance(value, float):
        raise UserError("Prices and quantities are Decimal, int or text; a float is not exact.")
    try:
        number = Decimal(value)
    except ArithmeticError:
        number = Decimal("NaN")
    if not number.is_finite():
        raise UserError(f"{value!r} is no number.")
    return number
