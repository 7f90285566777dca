"""
A broker that trades against the simulated market: no account, no money, no process of its own.

Every accepted order is a row in the store. What became of it follows from the row, the market
and the time, so nothing has to run for it to fill, and any process may ask. It keeps our client
order id and, like most brokers, does not refuse a second order with the same one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import TypeVar

from tradegram.brokers.contract import Book, Profile
from tradegram.brokers.paper import door
from tradegram.brokers.paper.account import (
    booked,
    ledger_now,
    order_id,
    with_order,
)
from tradegram.brokers.paper.claims import claim, claims, selling
from tradegram.brokers.paper.ledger import ZERO, Ledger, Money, Stake, day_began, fills
from tradegram.brokers.paper.life import PaperCalendar
from tradegram.brokers.paper.margin import gathered, used
from tradegram.brokers.paper.market import PaperMarket
from tradegram.brokers.paper.order import (
    Amendment,
    PaperOrder,
    Progress,
    filled,
    last_terms,
)
from tradegram.brokers.paper.profile import AMENDMENTS, PROFILE, PaperOptions
from tradegram.brokers.paper.shelf import Shelf, Standing
from tradegram.copies import replace
from tradegram.errors import (
    Conflict,
    NotSent,
    OutcomeUnknown,
    StoreError,
    StoreFull,
    StoreUnavailable,
    UserError,
)
from tradegram.market.feed import SimulatedQuotes
from tradegram.market.noise import root_of, share
from tradegram.model import (
    Account,
    Fill,
    Funds,
    Holding,
    Instrument,
    OrderIntent,
    Position,
    ReportStatus,
    Terms,
)
from tradegram.ports import Clock, Ids, Instruments, Store

ATTEMPTS = 8  # writes that may lose to another writer of the same account

Answer = TypeVar("Answer")


class PaperBroker(PaperMarket):
    """Implements contract.Broker and Market. Safe to share between threads and processes."""

    def __init__(
        self,
        account: Account,
        store: Store,
        clock: Clock,
        ids: Ids,
        feed: SimulatedQuotes,
        calendar: PaperCalendar,
        instruments: Instruments,
        options: PaperOptions,
    ) -> None:
        self._account = account
        self._clock = clock
        self._ids = ids
        self._feed = feed
        self._calendar = calendar
        self._instruments = instruments
        self._options = options
        self._shelf = Shelf(account.account_id, store, feed, calendar)

    @property
    def profile(self) -> Profile:
        return PROFILE

    # -- what changes something ------------------------------------------------------------------

    def place(self, intent: OrderIntent, *, not_after: float) -> str:
        door.check_order(intent)

        def attempt() -> str:
            standing = self._look(write=True)
            order = self._taken(intent, standing)
            ledger = self._ledger(standing)
            self._check_account(intent, ledger, standing)
            account = booked(standing.account, standing.lives, standing.at, ledger)
            if self._clock.monotonic() > not_after:
                raise NotSent("paper", "too late to send")
            self._shelf.write(standing, with_order(account, order.broker_order_id), order, None)
            return order.broker_order_id

        return self._in_turn(attempt)

    def replace(self, intent: OrderIntent, broker_order_id: str, wanted: Terms) -> None:
        def attempt() -> None:
            standing, order, progress = self._working(broker_order_id)
            if progress.ended:
                raise _already(progress)
            if wanted == last_terms(order, progress):
                return
            door.check_terms(order.intent, wanted)
            cum = filled(order, progress.executions)[0]
            if wanted.quantity <= cum:
                raise door.refused(f"{cum.normalize():f} are filled already", "ALREADY_FILLED")
            self._check_replaced(order, wanted, standing)
            self._amend(standing, order, progress, Amendment(standing.at, wanted))

        self._in_turn(attempt)

    def cancel(self, intent: OrderIntent, broker_order_id: str) -> None:
        def attempt() -> None:
            standing, order, progress = self._working(broker_order_id)
            if progress.status is ReportStatus.CANCELLED:
                return
            if progress.ended:
                raise _already(progress)
            self._amend(standing, order, progress, Amendment(standing.at, None))

        self._in_turn(attempt)

    # -- what is ---------------------------------------------------------------------------------

    def order_book(self) -> Book:
        standing = self._look()
        lives = self._read(lambda: self._shelf.listed(standing))
        self._shelf.keep(lives, standing.at)
        return Book(self._shelf.reports(lives))

    def trades(self) -> Sequence[Fill]:
        standing = self._look()
        lives = self._read(lambda: self._shelf.listed(standing))
        began = day_began(standing.at)
        made = [
            fill
            for order, progress in lives
            if progress.executions and progress.executions[-1].at >= began
            for fill in fills(order, progress.executions)
            if fill.at >= began
        ]
        return sorted(made, key=lambda fill: (fill.at, fill.trade_id))

    def positions(self) -> Sequence[Position]:
        standing = self._look()
        ledger = self._ledger(standing)
        rows = [
            self._position(stake, standing.at)
            for stake in ledger.stakes.values()
            if stake.quantity or not stake.held or stake.realised
        ]
        return sorted(rows, key=lambda row: (row.instrument.key, row.product))

    def holdings(self) -> Sequence[Holding]:
        standing = self._look()
        rows = [
            Holding(
                self._account.account_id,
                self._current(stake.instrument),
                stake.held,
                stake.held_average,
                self._last(stake.instrument, standing.at),
            )
            for stake in self._ledger(standing).stakes.values()
            if stake.held
        ]
        return sorted(rows, key=lambda row: row.instrument.key)

    def funds(self) -> Sequence[Funds]:
        standing = self._look()
        ledger = self._ledger(standing)
        kept = used(ledger.stakes, claims(standing.lives, self._feed, standing.at))
        currencies = {**self._options.starting_balance, **ledger.money}
        return [self._funds(ledger, kept, currency) for currency in currencies]

    def margin_for(self, intent: OrderIntent) -> Funds:
        """balance and available are those before the order; used is what it would block."""
        return self.margin_for_all([intent])

    def margin_for_all(self, intents: Sequence[OrderIntent]) -> Funds:
        """
        As they would be placed one after another. A hedge makes nothing cheaper: each contract
        keeps its own money aside, here as at the door.
        """
        standing = self._look()
        needed, before = self._needed(intents, self._ledger(standing), standing)
        return replace(before, used=needed)

    # -- taking an order -------------------------------------------------------------------------

    def _taken(self, intent: OrderIntent, standing: Standing) -> PaperOrder:
        try:
            ends_at = door.ends_at(intent, standing.at, self._calendar)
            door.check_hours(intent, standing.at, ends_at, self._calendar)
        except UserError as error:
            raise door.refused(str(error)) from error
        broker_order_id = order_id(standing.at, self._ids.nonce())
        dice = root_of(self._options.seed, broker_order_id)
        return PaperOrder(
            broker_order_id=broker_order_id,
            intent=intent,
            placed_at=standing.at,
            ends_at=ends_at,
            seed=self._feed.seed,
            dice=dice,
            delay=self._options.delay,
            slippage=self._options.slippage,
            rejected=share(dice, -1) < self._options.rejection_rate,
            always_open=self._calendar.always_open,
        )

    def _check_account(self, intent: OrderIntent, ledger: Ledger, standing: Standing) -> None:
        working = [order for order, progress in standing.lives if not progress.ended]
        if len(working) >= door.OPEN_ORDERS:
            raise door.refused(f"{len(working)} orders are open already", "TOO_MANY_ORDERS")
        door.check_held(intent, ledger.stakes, selling(intent, standing.lives))
        needed, before = self._needed([intent], ledger, standing)
        door.check_money(needed, before.available, before.currency)

    def _check_replaced(self, order: PaperOrder, wanted: Terms, standing: Standing) -> None:
        """The order with its new terms must be one the account can afford beside the others."""
        others = [
            life for life in standing.lives if life[0].broker_order_id != order.broker_order_id
        ]
        progress = next(p for o, p in standing.lives if o.broker_order_id == order.broker_order_id)
        rest = wanted.quantity - filled(order, progress.executions)[0]
        intent = replace(order.intent, quantity=rest, price=wanted.price, trigger=wanted.trigger)
        ledger, aside = self._ledger(standing), replace(standing, lives=tuple(others))
        door.check_held(intent, ledger.stakes, selling(intent, aside.lives))
        needed, before = self._needed([intent], ledger, aside)
        door.check_money(needed, before.available, before.currency)

    def _needed(
        self, intents: Sequence[OrderIntent], ledger: Ledger, standing: Standing
    ) -> tuple[Decimal, Funds]:
        """Money the orders would block, and the funds of their currency before them."""
        open_claims = gathered(claims(standing.lives, self._feed, standing.at))
        kept = used(ledger.stakes, open_claims)
        more = [claim(each, self._feed, standing.at) for each in intents]
        after = used(ledger.stakes, [*open_claims, *more])
        currency = intents[0].instrument.currency
        needed = max(after[currency] - kept.get(currency, ZERO), ZERO)
        return needed, self._funds(ledger, kept, currency)

    def _working(self, broker_order_id: str) -> tuple[Standing, PaperOrder, Progress]:
        """Raises Refused when there is no such order, or it is too old to be changed."""
        standing = self._look(write=True)
        for order, progress in standing.lives:
            if order.broker_order_id == broker_order_id:
                return standing, order, progress
        if self._read(lambda: self._shelf.order(broker_order_id)) is None:
            raise door.refused(f"there is no order {broker_order_id}", "NOT_FOUND")
        lives = {
            o.broker_order_id: (o, p) for o, p in self._read(lambda: self._shelf.listed(standing))
        }
        if broker_order_id not in lives:
            raise door.refused(f"order {broker_order_id} has ended", "ALREADY_ENDED")
        return standing, *lives[broker_order_id]

    def _amend(
        self, standing: Standing, order: PaperOrder, progress: Progress, amendment: Amendment
    ) -> None:
        if len(order.amendments) >= AMENDMENTS and amendment.terms is not None:
            raise door.refused("this order was changed too often", "TOO_MANY_CHANGES")
        document = self._read(lambda: self._shelf.order(order.broker_order_id))
        amended = replace(order, amendments=(*order.amendments, amendment))
        ledger = self._ledger(standing)
        account = booked(standing.account, standing.lives, standing.at, ledger)
        entry = replace(account.open[order.broker_order_id], amendments=len(amended.amendments))
        account = replace(account, open={**account.open, order.broker_order_id: entry})
        self._shelf.write(standing, account, amended, document, progress)

    def _in_turn(self, attempt: Callable[[], Answer]) -> Answer:
        """
        Write behind whoever else writes this account.

        A lost race proves that nothing was written; an unanswered commit proves nothing.
        """
        for _ in range(ATTEMPTS):
            try:
                return attempt()
            except Conflict:
                self._shelf.forget_all()
            except StoreFull as error:
                raise NotSent("paper", str(error)) from error
            except StoreUnavailable as error:
                raise OutcomeUnknown("paper", str(error)) from error
        raise NotSent("paper", "the paper account is busy; nothing was sent")

    # -- reading ---------------------------------------------------------------------------------

    def _look(self, *, write: bool = False) -> Standing:
        now = self._clock.now()
        return self._read(lambda: self._shelf.look(now, write=write))

    def _read(self, read: Callable[[], Answer]) -> Answer:
        try:
            return read()
        except StoreError as error:
            raise NotSent("paper", f"the paper account cannot be read: {error}") from error

    def _ledger(self, standing: Standing) -> Ledger:
        return ledger_now(standing.account, standing.lives, standing.at, self._feed)

    def _funds(self, ledger: Ledger, kept: Mapping[str, Decimal], currency: str) -> Funds:
        money = ledger.money.get(currency) or Money()
        start = self._options.starting_balance.get(currency, ZERO)
        balance = start + money.realised - money.charges
        blocked = kept.get(currency, ZERO)
        return Funds(self._account.account_id, currency, balance, balance - blocked, blocked)

    def _position(self, stake: Stake, at: float) -> Position:
        last = self._last(stake.instrument, at)
        gain = (last - stake.average) * stake.quantity * stake.instrument.multiplier
        return Position(
            self._account.account_id,
            self._current(stake.instrument),
            stake.product,
            stake.quantity,
            stake.average,
            last,
            stake.realised,
            gain if stake.quantity else ZERO,
        )

    def _current(self, instrument: Instrument) -> Instrument:
        """The row of today's master: lots and limits may have changed since it was bought."""
        return self._instruments.find(instrument.key) or instrument

    def _last(self, instrument: Instrument, at: float) -> Decimal:
        return self._feed.look(instrument, at).last * instrument.tick_size


def _already(progress: Progress) -> Exception:
    return door.refused(f"already {progress.status.lower()}", f"ALREADY_{progress.status}")
