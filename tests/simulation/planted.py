"""What a planted bug is: an edit of our own source, and the days that bring it out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Edit:
    module: str  # below the package
    old: str
    new: str


@dataclass(frozen=True)
class Mutant:
    name: str
    edits: tuple[Edit, ...]
    liar: bool = False
    mix: str = ""  # faults that bring it out, when a drawn mix would take too many days


SEND, RECONCILE, STATE = "orders/send.py", "orders/reconcile.py", "orders/state.py"
DIALECT = "brokers/zerodha/dialect.py"
CLIENT, KITE, REPORT = "brokers/client.py", "brokers/zerodha/orders.py", "orders/report.py"

HEDGES, PLACED = (
    "orders/hedges.py",
    "    placed = desk.store.order(order.after).state in AT_BROKER\n",
)
GUARDED, BRACKETS = "brokers/guarded.py", "brackets=1 kill=0"
CONFIRM, VERSIONS, OUTBOX = "tickets/confirm.py", "tickets/versions.py", "chat/outbox.py"


def one(name: str, module: str, old: str, new: str, *, liar: bool = False, mix: str = "") -> Mutant:
    return Mutant(name, (Edit(module, old, new),), liar, mix)
