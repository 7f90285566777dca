"""
What a simulated TWS does with each message: orders go to the floor, everything else is looked up.

It answers as the protocol of the versions 176 to 178 does; a message it does not know ends the
connection, as a mistake in the client should.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from tradegram.model import Side
from tradegram.sims.floor import Entry, Standing
from tradegram.sims.ibkr import messages
from tradegram.sims.ibkr.contracts import Contract
from tradegram.sims.ibkr.lists import MARGIN, Lists, Send, nothing
from tradegram.sims.ibkr.messages import TYPES, error, plain

FIRST_PERM = 1_370_772_000
MOST_KEPT = 10_000
A_MOMENT = 0.05  # seconds between two messages that do not come together
READ_ONLY = (
    "Error validating request.-'bZ' : cause - The API interface is currently in Read-Only mode."
)
NO_MONEY = (
    "Order rejected - reason:We are unable to accept your order. Your Available Funds are in "
    "sufficient to cover the order."
)


class Hangs(Exception):
    """The connection ends."""


@dataclass
class Tws(Lists):
    """One gateway and whoever is connected. arrived: every message, with its client id."""

    arrived: list[tuple[int, tuple[str, ...]]] = field(default_factory=list)
    connected: dict[int, Send] = field(default_factory=dict)
    next_ids: dict[int, int] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    # -- a client comes and goes -------------------------------------------------------------------

    def start(self, client: int, send: Send) -> None:
        """Raises Hangs: somebody has that client id."""
        with self.lock:
            if client in self.connected or client in self.faults.busy:
                send(error(-1, 326, "Unable to connect as the client id is already in use. "
                                    "Retry with a unique client id."))  # fmt: skip
                raise Hangs
            self.connected[client] = send
            self.faults.asleep.discard(client)
            send(["15", "1", ",".join(self.accounts)])
            send(["9", "1", str(self.next_ids.setdefault(client, 1))])
            send(error(-1, 2104, "Market data farm connection is OK:usfarm"))
            if self.faults.link_lost:
                send(error(-1, 1100, "Connectivity between IBKR and Trader Workstation is lost."))

    def gone(self, client: int, send: Send) -> None:
        with self.lock:
            if self.connected.get(client) is send:
                del self.connected[client]

    def link(self, *, lost: bool) -> None:
        """The way from TWS to IBKR breaks, or is mended."""
        self.faults.link_lost = lost
        word = "lost." if lost else "restored - data maintained."
        code = 1100 if lost else 1102
        for send in list(self.connected.values()):
            send(error(-1, code, f"Connectivity between IBKR and Trader Workstation is {word}"))

    def tell(self, entry: Entry) -> None:
        """What TWS says by itself when something happens to an order."""
        if send := self.connected.get(int(entry.more["client"])):
            for trade in [one for one in self.floor.trades if one.entry is entry][-1:]:
                send(messages.execution(trade, self.row(entry), self.version))
                send(messages.commission(trade))
            send(messages.open_order(entry, self.row(entry), self.version))
            send(messages.status(entry))

    # -- messages ----------------------------------------------------------------------------------

    def hear(self, client: int, fields: Sequence[str], send: Send) -> None:
        """Raises Hangs."""
        with self.lock:
            if len(self.arrived) < MOST_KEPT:
                self.arrived.append((client, tuple(fields)))
            kind = int(fields[0])
            if client in self.faults.asleep:
                return
            if kind in self.faults.deaf_to or (self.faults.deaf and kind not in (3, 4)):
                return
            answers: dict[int, Callable[[int, Sequence[str], Send], None]] = {
                1: self.prices, 2: nothing, 3: self._place, 4: self._cancel, 5: self.own_open,
                6: self.account, 7: self.executions, 8: self._next_id, 9: self.details,
                16: self.all_open, 20: self.history, 49: self.time, 58: self._cancel_all,
                59: nothing, 61: self.positions, 62: self.summary, 63: nothing, 64: nothing,
                76: self.several, 77: nothing,
                78: self.option_words, 81: self.matching, 99: self.completed,
            }  # fmt: skip
            if kind not in answers:
                send(error(-1, 505, f"Fatal Error: Unknown message id {kind}."))
                raise Hangs
            answers[kind](client, fields, send)

    # -- orders ------------------------------------------------------------------------------------

    def _place(self, client: int, fields: Sequence[str], send: Send) -> None:
        number = int(fields[1])
        later = 1 if self.version < 177 else 0
        cash, preview = fields[100 + later], fields[84 + later] == "1"
        if self.faults.read_only:
            return send(error(number, 321, READ_ONLY))
        found = self.catalogue.asked(fields[2:14])
        if len(found) != 1:
            return send(error(number, 200, "No security definition has been found for the request"))
        row = found[0]
        if preview:
            return self._preview(number, row, fields, cash, send)
        if self.faults.refused:
            return send(error(number, *self.faults.refused.pop(0)))
        if self.faults.lost:
            self.faults.lost -= 1
            return None
        self.next_ids[client] = max(self.next_ids[client], number + 1)
        known = self._entry(client, number)
        if known is not None:
            return self._change(known, row, fields, send)
        if wrong := _wrong(row, fields, cash):
            return send(error(number, *wrong))
        entry = self._taken(client, row, fields, cash)
        return self._told_of_new(entry, row, send)

    def _taken(self, client: int, row: Contract, fields: Sequence[str], cash: str) -> Entry:
        price, trigger = _limits(fields)
        quantity = Decimal(fields[17] or 0)
        if cash:
            step = row.instrument.lot_size
            quantity = Decimal(cash) / self.floor.price(row.instrument) // step * step
        perm = FIRST_PERM + len(self.floor.entries)
        # The name that programs have for it; TWS itself knows only its parts.
        self.floor.numbered = lambda _: f"{client}:{fields[1]}:{perm}"
        return self.floor.take(
            row.instrument, Side(fields[16]), TYPES[fields[18]], quantity, price=price,
            trigger=trigger, reference=fields[26].partition("/")[0], validity=fields[21],
            more={"client": str(client), "order": fields[1], "perm": str(perm), "cash": cash,
                  "ref": fields[26],
                  "account": fields[23] or self.accounts[0], "con": str(row.con_id)},
        )  # fmt: skip

    def _told_of_new(self, entry: Entry, row: Contract, send: Send) -> None:
        number, poor = int(entry.more["order"]), entry.standing.is_live and self._poor()
        if poor:
            self.floor.end(entry, Standing.REJECTED, NO_MONEY)
        if self._is_silent():
            return
        if self.faults.cut:
            self.faults.cut -= 1
            raise Hangs
        reason = [error(number, 201, NO_MONEY)] if poor else []
        filled = [
            messages.execution(trade, row, self.version)
            for trade in self.floor.trades
            if trade.entry is entry
        ]
        rows = [*filled, messages.open_order(entry, row, self.version), messages.status(entry)]
        if self.faults.error_first:
            for said in reason:
                send(said)
            time.sleep(A_MOMENT)
            reason = []
        for said in [*rows, *reason]:
            send(said)

    def _is_silent(self) -> bool:
        if not self.faults.silent:
            return False
        self.faults.silent -= 1
        return True

    def _poor(self) -> bool:
        return self.floor.blocked() * MARGIN > self.floor.cash

    def _change(self, entry: Entry, row: Contract, fields: Sequence[str], send: Send) -> None:
        number, (price, trigger) = int(fields[1]), _limits(fields)
        if not entry.standing.is_live:
            return send(error(number, 104, "Cannot modify a filled order."))
        if wrong := _wrong(row, fields, ""):
            return send(error(number, *wrong))
        try:
            self.floor.change(
                entry, quantity=Decimal(fields[17]), price=price, trigger=trigger,
                order_type=TYPES[fields[18]],
            )  # fmt: skip
        except ValueError as problem:
            return send(error(number, 201, f"Order rejected - reason:{problem}"))
        if self._is_silent():
            return None
        send(messages.open_order(entry, row, self.version))
        return send(messages.status(entry))

    def _cancel(self, client: int, fields: Sequence[str], send: Send) -> None:
        number = int(fields[2])
        entry = self._entry(client, number)
        if entry is None:
            return send(error(number, 10147, f"OrderId {number} that needs to be cancelled is "
                                             "not found."))  # fmt: skip
        if not entry.standing.is_live:
            return send(error(number, 10148, f"OrderId {number} that needs to be cancelled can "
                                             "not be cancelled, state: Filled."))  # fmt: skip
        self.floor.cancel(entry)
        if self._is_silent():
            return None
        send(messages.status(entry))
        return send(error(number, 202, "Order Canceled - reason:"))

    def _cancel_all(self, client: int, fields: Sequence[str], send: Send) -> None:
        for entry in self.floor.entries.values():
            if entry.standing.is_live:
                self.floor.cancel(entry)
                self.tell(entry)

    def _preview(
        self, number: int, row: Contract, fields: Sequence[str], cash: str, send: Send
    ) -> None:
        price, _ = _limits(fields)
        each = price or self.floor.price(row.instrument)
        value = Decimal(cash) if cash else Decimal(fields[17]) * each * row.instrument.multiplier
        blocked = self.floor.blocked() * MARGIN
        margin = {
            "init_before": plain(blocked), "init": plain(value * MARGIN),
            "init_after": plain(blocked + value * MARGIN), "equity_before": plain(self.floor.cash),
            "commission": "1.0",
        }  # fmt: skip
        entry = Entry(
            "0", fields[26], row.instrument, Side(fields[16]), TYPES[fields[18]],
            Decimal(fields[17] or 0), price, None, "", fields[21], 0.0,
            more={"client": "0", "order": str(number), "perm": "0", "cash": cash, "ref": fields[26],
                  "account": self.accounts[0]},
        )  # fmt: skip
        send(messages.open_order(entry, row, self.version, margin))

    def _next_id(self, client: int, fields: Sequence[str], send: Send) -> None:
        send(["9", "1", str(self.next_ids[client])])

    # -- parts -------------------------------------------------------------------------------------

    def _entry(self, client: int, number: int) -> Entry | None:
        """An order belongs to the client id that placed it."""
        mine = (str(client), str(number))
        for entry in self.floor.entries.values():
            if (entry.more["client"], entry.more["order"]) == mine:
                return entry
        return None


def _limits(fields: Sequence[str]) -> tuple[Decimal | None, Decimal | None]:
    """Limit and trigger, of the types that have them."""
    kind = fields[18]
    price = Decimal(fields[19]) if kind in ("LMT", "STP LMT") else None
    return price, Decimal(fields[20]) if kind in ("STP", "STP LMT") else None


def _wrong(row: Contract, fields: Sequence[str], cash: str) -> tuple[int, str] | None:
    """Code and text of what TWS itself refuses in an order."""
    if fields[18] not in TYPES:
        return 387, f"Unsupported order type for this exchange and security type: {fields[18]}"
    by_market = fields[16] == "BUY" and fields[18] == "MKT"
    if row.sec_type == "CRYPTO" and by_market and not cash:
        return 10289, "You must set Cash Quantity for this order."
    if not cash and (not fields[17] or not Decimal(fields[17])):
        return 434, "The order size cannot be zero."
    tick = row.instrument.tick_size
    if any(price is not None and price % tick for price in _limits(fields)):
        return 110, "The price does not conform to the minimum price variation for this contract."
    return None
