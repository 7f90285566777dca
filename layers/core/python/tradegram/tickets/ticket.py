"""A ticket: what the holder is about to confirm, once. Pure values; nothing here asks anyone."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from tradegram.chat.asked import Level
from tradegram.model import Instrument, OrderType, Product, Side, TimeInForce

# With its audit link, its place in the history and one row more an order is four rows of a
# transaction, and DynamoDB takes a hundred.
MOST_ORDERS = 24


class TicketState(StrEnum):
    OPEN = "OPEN"
    CONFIRMED = "CONFIRMED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class Draft:
    """
    What the holder asks for, with one instrument and nothing left to guess.

    quantity: units. price, trigger, stop_loss, target: per unit, in the instrument's currency;
    price for LIMIT and STOP_LIMIT, trigger for STOP and STOP_LIMIT.
    plain_market: the holder chose a market order without protection, where the broker has one.
    note: the holder's own words; source_text: what was typed; read_as: why this instrument.
    confirm_twice: the words had a smaller reading too, so this one is asked about twice.
    closes: an exit; when it is confirmed it must still find that much open.
    trail: how far the stop follows the best price after the fill, in points or percent.
    strategy, confidence: of the signal that asks, if one does; confidence from 0 to 1.
    """

    instrument: Instrument
    side: Side
    quantity: Decimal
    order_type: OrderType
    product: Product
    time_in_force: TimeInForce
    price: Decimal | None = None
    trigger: Decimal | None = None
    stop_loss: Decimal | None = None
    target: Decimal | None = None
    plain_market: bool = False
    note: str = ""
    source_text: str = ""
    read_as: str = ""
    confirm_twice: bool = False
    closes: bool = False
    trail: Level | None = None
    strategy: str = ""
    confidence: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Pricing:
    """
    What the ticket showed when it was priced. Money in the instrument's currency.

    worst_price: the most a BUY may pay, the least a SELL may get; None for a plain market order.
    value:       quantity x expected price. margin: what the broker will block; available: free
    before the order. charges: estimated, by name. checks: risk results in words, the mark first.
    at, priced_at: seconds since the epoch, of the quote and of this pricing.
    """

    last: Decimal
    bid: Decimal
    ask: Decimal
    source: str
    at: float
    worst_price: Decimal | None
    value: Decimal
    margin: Decimal
    available: Decimal
    charges: dict[str, Decimal]
    checks: tuple[str, ...] = ()
    needs_second_confirm: bool = False
    priced_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Leg:
    """
    One order of a ticket that makes several: an account's share, a slice, a leg of a basket.

    draft:   whole, with this leg's own quantity. pricing: its own figures.
    denied:  why it cannot be sent, for people; such a leg is shown and never staged. "" else.
    after:   the place of the leg that must be at the broker before this one is sent, such as the
             hedge of a spread; None when it waits for nobody.
    """

    account_id: str
    draft: Draft
    pricing: Pricing
    denied: str = ""
    after: int | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """An account's part of a ticket: `weight` of the sum of all its shares' weights."""

    account_id: str
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Ticket:
    """
    legs:       the orders it becomes, in the order of sending; () for one order, the draft's.
                draft and pricing then are of the whole: total quantity, total money.
    ticket_id:  16 base32 characters, random: the button's data carries it and nothing of the order.
    version:    the store's; a button of an older version does nothing.
    expires_at: seconds since the epoch.
    message:    where it is shown, as the messenger named it, e.g. `tg:42:1001`; "" before.
    token:      who confirmed it, so that a lost reply of that write can be recognised.
    armed:      a first Confirm was given where two are needed.
    basket:     what its legs are together, e.g. `Iron condor NIFTY 1 DEC`, where they are of
                several instruments; draft then is of the first leg. "" else.
    shares:     the accounts it is divided over, where there are several; () for account_id alone.
                account_id is then the first of them.
    routed:     why this account, in words, where the desk chose it (`#best`); "" else.
    """

    ticket_id: str
    user_id: int
    account_id: str
    draft: Draft
    pricing: Pricing
    expires_at: float
    state: TicketState = TicketState.OPEN
    version: int = 0
    message: str = ""
    token: str = ""
    armed: bool = False
    legs: tuple[Leg, ...] = ()
    basket: str = ""
    shares: tuple[Share, ...] = ()
    routed: str = ""

    @property
    def all_legs(self) -> tuple[Leg, ...]:
        """The legs, also of a ticket that makes one order. A leg's place is its number."""
        return self.legs or (Leg(self.account_id, self.draft, self.pricing),)

    @property
    def quantity(self) -> Decimal:
        """Units that Confirm sends: those of the draft, less what its accounts cannot take."""
        if not self.shares:
            return self.draft.quantity
        return sum((leg.draft.quantity for leg in self.legs if not leg.denied), Decimal(0))

    @property
    def key(self) -> str:
        return self.ticket_id
