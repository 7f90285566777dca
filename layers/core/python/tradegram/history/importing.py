"""Import a tradebook file into the record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from tradegram.history.keep import keep, kept
from tradegram.history.trade import Trade
from tradegram.history.tradebook import SetAside, read_tradebook
from tradegram.ports import Desk


@dataclass(frozen=True, slots=True)
class Imported:
    """
    new: trades that were not on record. known: that were, by an earlier import or the trade book.
    different: trades on record with another quantity or price; the record stays as it is.
    """

    new: int
    known: int
    repeated: int
    different: Sequence[Trade]
    set_aside: Sequence[SetAside]


def import_tradebook(desk: Desk, account_id: str, raw: bytes, name: str) -> Imported:
    """
    name: the file's, for the audit chain. Doing it twice changes nothing.

    Raises UserError when the file is no tradebook, StoreError.
    """
    book = read_tradebook(raw, account_id, desk.instruments.find, desk.clock.now())
    before = _on_record(desk, account_id, book.trades)
    known = [trade for trade in book.trades if trade.key in before]
    new = keep(desk.store, account_id, book.trades, by=f"file {name[:80]}")
    return Imported(
        new=new,
        known=len(book.trades) - new,
        repeated=book.repeated,
        different=[one for one in known if _terms(one) != _terms(before[one.key])],
        set_aside=book.set_aside,
    )


def _on_record(desk: Desk, account_id: str, trades: Sequence[Trade]) -> Mapping[str, Trade]:
    if not trades:
        return {}
    days: list[date] = sorted({trade.day for trade in trades})
    found = kept(desk.store, account_id, days[0], days[-1])
    return {trade.key: trade for trade in found}


def _terms(trade: Trade) -> tuple[object, ...]:
    return trade.quantity, trade.price
