"""One order of the paper market: what was agreed, and how far its life has been followed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from tradegram.model import (
    ExecutionReport,
    Instrument,
    Kind,
    OrderIntent,
    OrderType,
    Product,
    ReportStatus,
    Side,
    Terms,
    TimeInForce,
)

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Amendment:
    """A replace, or (terms None) a cancel, effective at `at`, seconds since the epoch."""

    at: float
    terms: Terms | None


@dataclass(frozen=True, slots=True)
class PaperOrder:
    """
    Everything the order's life follows from, except the market itself.

    Nothing here is read from settings again: an order keeps the rules under which it was taken.
    ends_at:     when it expires, seconds since the epoch. delay: seconds until it is accepted.
    seed:        of the market it meets. dice: 64 bits of its own. slippage: at most, in ticks.
    rejected:    the dice said no. always_open: its market has no hours.
    """

    broker_order_id: str
    intent: OrderIntent
    placed_at: float
    ends_at: float
    seed: int
    dice: int
    delay: float
    slippage: int
    rejected: bool
    always_open: bool
    amendments: tuple[Amendment, ...] = ()

    @property
    def accepted_at(self) -> float:
        return self.placed_at + self.delay


@dataclass(frozen=True, slots=True)
class Execution:
    """at: seconds since the epoch; lots and ticks (per unit) as whole numbers."""

    at: float
    lots: int
    ticks: int


@dataclass(frozen=True, slots=True)
class Progress:
    """
    How far an order's life has been followed: a checkpoint that may be lost at no cost.

    anchor, step: the next look at the market is step `step` of the grid that begins at anchor.
    amended:      how many amendments were applied. changed_at: when something last happened.
    rested:       it has waited in the book, so it fills at its own limit.
    """

    status: ReportStatus
    terms: Terms
    anchor: float
    changed_at: float
    step: int = 0
    amended: int = 0
    triggered: bool = False
    rested: bool = False
    executions: tuple[Execution, ...] = ()
    text: str = ""

    @property
    def ended(self) -> bool:
        return self.status not in (ReportStatus.PENDING_NEW, ReportStatus.NEW)

    @property
    def lots(self) -> int:
        return sum(one.lots for one in self.executions)


def begun(order: PaperOrder) -> Progress:
    """Before anything happened to it."""
    intent = order.intent
    terms = Terms(intent.quantity, intent.price, intent.trigger)
    return Progress(ReportStatus.PENDING_NEW, terms, order.accepted_at, order.placed_at)


def filled(order: PaperOrder, executions: Sequence[Execution]) -> tuple[Decimal, Decimal]:
    """Units filled and their average price; zeros when there are none."""
    lots = sum(one.lots for one in executions)
    if not lots:
        return Decimal(0), Decimal(0)
    instrument = order.intent.instrument
    ticks = sum(one.lots * one.ticks for one in executions)
    whole, rest = divmod(ticks, lots)
    if not rest:
        return lots * instrument.lot_size, whole * instrument.tick_size
    average = instrument.tick_size * ticks / lots
    return lots * instrument.lot_size, average.quantize(instrument.tick_size.scaleb(-4))


def last_terms(order: PaperOrder, progress: Progress) -> Terms:
    """The terms once every amendment so far is in force."""
    wanted = [one.terms for one in order.amendments if one.terms is not None]
    return wanted[-1] if wanted else progress.terms


def report(order: PaperOrder, progress: Progress) -> ExecutionReport:
    """What the order book says of it."""
    cum, average = filled(order, progress.executions)
    intent = order.intent
    return ExecutionReport(
        broker_order_id=order.broker_order_id,
        client_order_id=intent.wire_id or intent.client_order_id,
        status=progress.status,
        quantity=progress.terms.quantity,
        cum_quantity=cum,
        average_price=average,
        reported_at=progress.changed_at,
        text=progress.text,
        terms=progress.terms,
        instrument=intent.instrument.key,
        side=intent.side,
    )


# -- as JSON -------------------------------------------------------------------------------------


def order_body(order: PaperOrder, progress: Progress | None = None) -> dict[str, Any]:
    body: dict[str, Any] = {
        "intent": _intent_body(order.intent),
        "placed_at": order.placed_at,
        "ends_at": order.ends_at,
        "seed": order.seed,
        "dice": str(order.dice),  # 64 bits do not survive as a JSON number everywhere
        "delay": order.delay,
        "slippage": order.slippage,
        "rejected": order.rejected,
        "always_open": order.always_open,
        "amendments": [[one.at, _terms_body(one.terms)] for one in order.amendments],
    }
    if progress is not None:
        body["progress"] = _progress_body(progress)
    return body


def read_order(broker_order_id: str, body: Body) -> PaperOrder:
    return PaperOrder(
        broker_order_id=broker_order_id,
        intent=_read_intent(body["intent"]),
        placed_at=float(body["placed_at"]),
        ends_at=float(body["ends_at"]),
        seed=int(body["seed"]),
        dice=int(body["dice"]),
        delay=float(body["delay"]),
        slippage=int(body["slippage"]),
        rejected=bool(body["rejected"]),
        always_open=bool(body["always_open"]),
        amendments=tuple(
            Amendment(float(at), _read_terms(terms) if terms else None)
            for at, terms in body["amendments"]
        ),
    )


def read_progress(body: Body) -> Progress | None:
    """The checkpoint in an order's body, if there is one."""
    raw = body.get("progress")
    if raw is None:
        return None
    return Progress(
        status=ReportStatus(raw["status"]),
        terms=_read_terms(raw["terms"]),
        anchor=float(raw["anchor"]),
        changed_at=float(raw["changed_at"]),
        step=int(raw["step"]),
        amended=int(raw["amended"]),
        triggered=bool(raw["triggered"]),
        rested=bool(raw["rested"]),
        executions=tuple(
            Execution(float(at), int(lots), int(ticks)) for at, lots, ticks in raw["executions"]
        ),
        text=str(raw["text"]),
    )


def _progress_body(progress: Progress) -> dict[str, Any]:
    return {
        "status": progress.status.value,
        "terms": _terms_body(progress.terms),
        "anchor": progress.anchor,
        "changed_at": progress.changed_at,
        "step": progress.step,
        "amended": progress.amended,
        "triggered": progress.triggered,
        "rested": progress.rested,
        "executions": [[one.at, one.lots, one.ticks] for one in progress.executions],
        "text": progress.text,
    }


def _terms_body(terms: Terms | None) -> list[str | None] | None:
    if terms is None:
        return None
    return [str(terms.quantity), _text(terms.price), _text(terms.trigger)]


def _read_terms(raw: Sequence[str | None]) -> Terms:
    quantity, price, trigger = raw
    return Terms(Decimal(str(quantity)), _number(price), _number(trigger))


def _intent_body(intent: OrderIntent) -> dict[str, Any]:
    return {
        "client_order_id": intent.client_order_id,
        "account_id": intent.account_id,
        "instrument": instrument_body(intent.instrument),
        "side": intent.side.value,
        "order_type": intent.order_type.value,
        "quantity": str(intent.quantity),
        "product": intent.product.value,
        "time_in_force": intent.time_in_force.value,
        "price": _text(intent.price),
        "trigger": _text(intent.trigger),
        "asked_type": intent.asked_type.value,
        "wire_id": intent.wire_id,
    }


def _read_intent(raw: Body) -> OrderIntent:
    return OrderIntent(
        client_order_id=raw["client_order_id"],
        account_id=raw["account_id"],
        instrument=read_instrument(raw["instrument"]),
        side=Side(raw["side"]),
        order_type=OrderType(raw["order_type"]),
        quantity=Decimal(raw["quantity"]),
        product=Product(raw["product"]),
        time_in_force=TimeInForce(raw["time_in_force"]),
        price=_number(raw["price"]),
        trigger=_number(raw["trigger"]),
        asked_type=OrderType(raw["asked_type"]),
        wire_id=raw["wire_id"],
    )


def instrument_body(instrument: Instrument) -> dict[str, Any]:
    """The whole row: an order outlives the master that its instrument came from."""
    return {
        "exchange": instrument.exchange,
        "symbol": instrument.symbol,
        "kind": instrument.kind.value,
        "name": instrument.name,
        "lot_size": str(instrument.lot_size),
        "tick_size": str(instrument.tick_size),
        "underlying": instrument.underlying,
        "expiry": instrument.expiry.isoformat() if instrument.expiry else None,
        "strike": _text(instrument.strike),
        "freeze_quantity": _text(instrument.freeze_quantity),
        "currency": instrument.currency,
        "min_value": str(instrument.min_value),
        "multiplier": str(instrument.multiplier),
    }


def read_instrument(raw: Body) -> Instrument:
    return Instrument(
        exchange=raw["exchange"],
        symbol=raw["symbol"],
        kind=Kind(raw["kind"]),
        name=raw["name"],
        lot_size=Decimal(raw["lot_size"]),
        tick_size=Decimal(raw["tick_size"]),
        underlying=raw["underlying"],
        expiry=date.fromisoformat(raw["expiry"]) if raw["expiry"] else None,
        strike=_number(raw["strike"]),
        freeze_quantity=_number(raw["freeze_quantity"]),
        currency=raw["currency"],
        min_value=Decimal(raw["min_value"]),
        multiplier=Decimal(raw["multiplier"]),
    )


def _text(number: Decimal | None) -> str | None:
    return None if number is None else str(number)


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
