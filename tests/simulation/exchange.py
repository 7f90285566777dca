"""The broker of the simulated day: a ledger of truth, in Kite's dialect, that never dedupes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from simulation.dialects import KITE, Dialect, Sent
from simulation.world import CLOSE, SECRET, World

from tradegram.brokers.indian import IST
from tradegram.connection import Answer, Timeout, Unanswered, Unsent

BRACKETED = "B"  # so begin the symbols whose positions brackets keep; of others one may be short
CHANGES = 25  # of one order, in all
LIVE = ("PUT ORDER REQ RECEIVED", "OPEN", "CANCEL PENDING")


@dataclass
class Row:
    """
    tag: our client order id; "" of what the holder placed by hand. first: its terms when it came.
    tries: changes asked for; ended_with: units filled when it was cancelled, None before.
    """

    order_id: str
    tag: str
    form: dict[str, str]
    accepted_at: float
    visible_at: float
    status: str = "PUT ORDER REQ RECEIVED"
    filled: int = 0
    changes: int = 0
    tries: int = 0
    ended_with: int | None = None
    changed_at: float = 0.0
    opened_at: float | None = None  # when it began to work
    first: tuple[object, ...] = ()

    def __post_init__(self) -> None:
        self.first = self.symbol, self.is_buy, self.quantity, self.form["price"]

    @property
    def quantity(self) -> int:
        return int(self.form["quantity"])

    @property
    def symbol(self) -> str:
        return self.form["tradingsymbol"]

    @property
    def is_buy(self) -> bool:
        return self.form["transaction_type"] == "BUY"

    @property
    def closed(self) -> int:
        """Units filled when it was said to have ended."""
        return self.filled if self.ended_with is None else self.ended_with

    @property
    def live(self) -> bool:
        return self.status in LIVE


@dataclass
class Exchange:
    """
    One account's book. first: the number of its first order, so that ids differ. dialect: how it
    is spoken to. keeps_names: its
    rows show our client order ids; the ledger has them either way. elsewhere: units traded in the
    broker's own app. too_much: sells that could have closed more than was open.
    """

    world: World
    account_id: str
    first: int
    dialect: Dialect = KITE
    keeps_names: bool = True
    rows: list[Row] = field(default_factory=list)
    token_good: bool = True
    elsewhere: dict[str, int] = field(default_factory=dict)
    elsewhere_at: dict[str, float] = field(default_factory=dict)
    too_much: list[str] = field(default_factory=list)
    postback: Callable[[dict[str, Any]], None] = lambda row: None

    def answer(self, method: str, path: str, form: Mapping[str, str], auth: str) -> Any:
        if method == "GET":
            return 200, {"data": self._book()}
        if SECRET not in auth or not self.token_good:
            return 403, {"error_type": "TokenException", "message": "invalid token"}
        if self._closed():
            return 400, {"error_type": "OrderException", "message": "market is closed"}
        if method == "POST":
            return self._place(form)
        order_id = path.rsplit("/", 1)[1]
        row = next((row for row in self.rows if row.order_id == order_id), None)
        if row is None or not row.live:
            return 400, {"error_type": "OrderException", "message": "order has ended"}
        return self._change(row, form) if method == "PUT" else self._cancel(row)

    def positions(self) -> dict[str, int]:
        """Units open of each symbol, negative when short; 0 when closed."""
        found: dict[str, int] = dict(self.elsewhere)
        for row in self.rows:
            if row.filled:
                signed = row.filled if row.is_buy else -row.filled
                found[row.symbol] = found.get(row.symbol, 0) + signed
        return found

    def sell_elsewhere(self, symbol: str) -> None:
        """The holder closes the position in the broker's own app."""
        left = self.positions().get(symbol, 0)
        if left > 0:
            self.world.act("closed elsewhere")
            self.world.tell("person", "sold in the broker's app", symbol, left)
            self.elsewhere[symbol] = self.elsewhere.get(symbol, 0) - left
            self.elsewhere_at[symbol] = self.world.time

    def place_by_hand(self, form: Mapping[str, str]) -> None:
        """The holder places an order of these terms in the broker's own app."""
        self.world.act("by hand")
        self._accept({**form, "tag": ""})

    def close(self) -> None:
        for row in self.rows:
            if row.live:
                row.status = "CANCELLED"

    def _closed(self) -> bool:
        return not self.world.never_closes and self.world.time > CLOSE

    def _place(self, form: Mapping[str, str]) -> Any:
        w = self.world
        if w.hit("reject", 0.5):
            return 400, {"error_type": "MarginException", "message": "insufficient funds"}
        if w.hit("false_timeout"):
            w.at(w.rng.uniform(0, self.dialect.doubt), lambda: self._accept(form))
            return 400, {"error_type": "OrderException", "message": "Order request timed out."}
        if w.hit("liar"):
            w.at(w.rng.uniform(0, 90), lambda: self._accept(form))
            return 400, {"error_type": "MarginException", "message": "insufficient funds"}
        row = self._accept(form)
        if row is None:
            return 400, {"error_type": "OrderException", "message": "market is closed"}
        return 200, {"data": {"order_id": row.order_id}}

    def _accept(self, form: Mapping[str, str]) -> Row | None:
        w = self.world
        if self._closed():
            return None
        lag = w.rng.uniform(0, 90) if w.hit("listing_lag") else w.rng.random() * 0.3
        name = self.dialect.named(form["tradingsymbol"], self.first + len(self.rows))
        row = Row(name, form["tag"], dict(form), w.time, w.time + lag)
        self.rows.append(row)
        self._tell(row)
        w.at(w.rng.expovariate(1 / 3), lambda: self._validate(row))
        return row

    def _validate(self, row: Row) -> None:
        if not row.live:
            return
        row.status = "REJECTED" if self.world.hit("reject") else "OPEN"
        row.opened_at = self.world.time if row.status == "OPEN" else None
        self._changed(row)
        if row.live:
            self._schedule_fill(row)

    def _schedule_fill(self, row: Row) -> None:
        self.world.at(self.world.rng.expovariate(1 / 40), lambda: self._fill(row))

    def _fill(self, row: Row) -> None:
        if row.status not in ("OPEN", "CANCEL PENDING") or self._closed() or self.world.healed:
            return
        if self._rests(row):
            self._schedule_fill(row)
            return
        row.filled += self.world.rng.randint(1, row.quantity - row.filled)
        if row.filled == row.quantity:
            row.status = "COMPLETE"
        else:
            self._schedule_fill(row)
        self._changed(row)

    def _rests(self, row: Row) -> bool:
        """The exit of a bracket waits for its price; everything else finds somebody in time."""
        is_exit = row.symbol.startswith(BRACKETED) and not row.is_buy
        return is_exit and Decimal(row.form["price"]) > self.world.price()

    def _change(self, row: Row, form: Mapping[str, str]) -> Any:
        if row.tries == CHANGES:
            words = "Maximum allowed order modifications exceeded."
            return 400, {"error_type": "OrderException", "message": words}
        row.tries += 1
        if int(form["quantity"]) <= row.filled or self.world.hit("reject", 0.5):
            return 400, {"error_type": "OrderException", "message": "cannot be changed"}
        row.form |= dict(form)
        row.changes += 1
        self._changed(row)
        return 200, {"data": {"order_id": row.order_id}}

    def _cancel(self, row: Row) -> Any:
        row.status = "CANCEL PENDING"
        self.world.at(self.world.rng.expovariate(1 / 5), lambda: self._finish_cancel(row))
        return 200, {"data": {"order_id": row.order_id}}

    def _finish_cancel(self, row: Row) -> None:
        if not row.live:
            return
        row.status, row.ended_with = "CANCELLED", row.filled
        self._changed(row)
        if self.world.hit("crossed_fill", 2.0):
            # The exchange traded it before it saw the cancel; the broker learns of it later.
            self.world.at(self.world.rng.uniform(1, 40), lambda: self._late_fill(row))
        elif self.world.hit("new_status", 1.5):
            row.status = "CANCELLED BY EXCHANGE"

    def _late_fill(self, row: Row) -> None:
        row.filled += self.world.rng.randint(1, row.quantity - row.filled)
        if row.filled == row.quantity:
            row.status = "COMPLETE"
        self._changed(row)

    def _changed(self, row: Row) -> None:
        """Push the change to the desk: sometimes, later, twice, in any order."""
        w = self.world
        self._tell(row)
        for _ in range(8):
            if not (row.tag and self.keeps_names and w.hit("postback", 2.0)):
                return
            snapshot = self.as_row(row)
            w.at(w.rng.uniform(0, 60), partial(self.postback, snapshot))
            if w.rng.random() < 0.5:
                return

    def _tell(self, row: Row) -> None:
        row.changed_at = self.world.time
        if not row.is_buy and row.symbol.startswith(BRACKETED):
            self._count(row)
        told = (row.order_id, row.tag, row.status, row.filled, row.quantity, row.form["price"])
        self.world.tell("broker", *told)

    def _count(self, row: Row) -> None:
        """
        Were every sell of it to fill now, would more be sold than was bought? Fills that crossed a
        cancel are left out: nobody could know of them when the next exit was sent.
        """
        sells = [one for one in self.rows if one.symbol == row.symbol and not one.is_buy]
        most = sum(one.quantity if one.live else one.closed for one in sells)
        bought = sum(r.filled for r in self.rows if r.symbol == row.symbol and r.is_buy)
        if most > bought and row.symbol not in self.elsewhere:
            self.too_much.append(f"{most} sold or for sale, {bought} bought: {row}")

    def _book(self) -> list[dict[str, Any]]:
        rows = [self.as_row(row) for row in self.rows if row.visible_at <= self.world.time]
        self.world.rng.shuffle(rows)
        return rows

    def as_row(self, row: Row) -> dict[str, Any]:
        stamp = datetime.fromtimestamp(row.accepted_at, IST)
        return {
            "order_id": row.order_id,
            "tag": row.tag if self.keeps_names else "",
            "status": row.status,
            "exchange": "NSE",
            "tradingsymbol": row.symbol,
            "transaction_type": row.form["transaction_type"],
            "quantity": row.quantity,
            "price": row.form["price"],
            "trigger_price": 0,
            "filled_quantity": row.filled,
            "average_price": 100.5 if row.filled else 0,
            "order_timestamp": stamp.strftime("%Y-%m-%d %H:%M:%S"),
            "at": row.accepted_at,
            "status_message": None,
        }


@dataclass(frozen=True)
class Said(Answer):
    """body: what the JSON would say, which nobody needs to write and read a million times a day."""

    body: Any = None

    def json(self) -> Any:
        if self.body is None:
            raise ValueError("not json")
        return self.body


@dataclass
class Network:
    """What lies between one worker and the broker."""

    world: World
    exchange: Exchange
    process: str = ""

    def request(
        self,
        method: str,
        url: str,
        *,
        content: bytes,
        headers: Mapping[str, str],
        timeout: Timeout,
    ) -> Answer:
        w, dialect = self.world, self.exchange.dialect
        sent = Sent.of(method, url, content, headers)
        if w.hit("connect_error"):
            w.pause(0.1)
            raise Unsent("refused")
        box: list[Said] = []

        def arrive() -> None:
            status, body = dialect.answer(self.exchange, sent)
            if w.hit("gateway_error"):
                status, body = w.rng.choice((502, 503, 504)), None
            late = w.rng.uniform(0.5, 7) if w.hit("slow_reply") else w.rng.expovariate(20)
            if not w.hit("lost_reply"):
                w.at(late, lambda: box.append(Said(status, b"", body=body)))

        if tag := dialect.tag(sent):
            w.left.setdefault(tag, []).append(w.time)
        if method != "GET":
            asked = (self.exchange.account_id, self.process)
            w.asked.setdefault(asked, []).append(w.time)
        slow = w.hit("slow_request")
        w.at(w.rng.uniform(1, 60) if slow else w.rng.expovariate(20), arrive)
        deadline = w.time + (timeout.read)
        while not box:
            if w.time >= deadline:
                raise Unanswered("read")
            w.pause(0.25)
        w.pause(0.0)
        return box[0]
