"""What was: trades and results of a period, as a table on a phone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from tradegram.chat.cards.lists import hidden
from tradegram.chat.cards.ticket import SIDE_MARKS
from tradegram.chat.money import IST, gain, grouped, money, percent, quantity
from tradegram.chat.writing import counted, safe
from tradegram.history.external import External, externals
from tradegram.history.fifo import ZERO, Part
from tradegram.history.results import Result
from tradegram.history.trade import Trade, day_of, symbol_of
from tradegram.model import Account
from tradegram.ports import Desk

MOST_TRADES = 60  # in one answer; the file has all
MOST_NAMES = 10
MOST_EXTERNALS = 8
WIDE = 30  # characters of a table's line on a narrow phone


def trade_line(trade: Trade, private: bool) -> str:
    when = datetime.fromtimestamp(trade.at, IST).strftime("%d %b %H:%M")
    size = quantity(trade.quantity, trade.currency)
    words = f"{size} @ {grouped(trade.price, trade.currency)}"
    return (
        f"{SIDE_MARKS[trade.side]} {when} {trade.side} <b>{safe(symbol_of(trade), 60)}</b> "
        f"{hidden(words, private)}"
    )


def trade_lines(trades: Sequence[Trade], private: bool) -> Sequence[str]:
    """The newest, oldest of them first; says how many are left out."""
    shown = trades[-MOST_TRADES:]
    more = len(trades) - len(shown)
    lines = [f"{more} earlier trades are in the CSV"] if more else []
    return [*lines, *(trade_line(one, private) for one in shown)]


def external_lines(desk: Desk, account: Account) -> list[str]:
    """Today's orders that were placed in the broker's own app: shown, never touched."""
    found = externals(desk.store, account.account_id, day_of(desk.clock.now()))
    if not found:
        return []
    lines = ["<b>Placed elsewhere today</b>"]
    lines += [_external_line(one) for one in found[-MOST_EXTERNALS:]]
    more = len(found) - MOST_EXTERNALS
    return [*lines, f"… and {more} more"] if more > 0 else lines


def _external_line(one: External) -> str:
    price = f" @ {one.price}" if one.price else ""
    filled = f" · {safe(f'{one.cum} filled @ {one.average}', 60)}" if one.cum != "0" else ""
    what = f"{one.side} {one.quantity} {one.instrument.partition(':')[2]}{price}"
    return f"🔗 external · {safe(what, 100)} · {safe(one.status.lower(), 30)}{filled}"


def result_table(result: Result, private: bool) -> str:
    currency, rate = result.currency, result.win_rate
    won = "none" if rate is None else f"{result.wins}/{result.closings} {percent(rate, 0)}"
    rows = [
        ("Realised", gain(result.realised, currency)),
        ("Charges", money(-result.charges, currency)),
        ("Net", gain(result.net, currency)),
        ("Max drawdown", money(result.drawdown, currency)),
        ("Trades", str(len(result.trades))),
        ("Won", won),
    ]
    table = "\n".join(f"{name}{value:>{WIDE - len(name)}}" for name, value in rows)
    shown = hidden(f"<pre>{safe_table(table)}</pre>", private) if not private else (
        "\n".join(f"{name}: {hidden(safe(value), True)}" for name, value in rows)
    )  # fmt: skip
    return "\n".join([shown, *_by_name(result, private), *_left_out(result)])


def safe_table(text: str) -> str:
    return "\n".join(safe_row(row) for row in text.splitlines())


def safe_row(row: str) -> str:
    """Escaped, and its spaces kept."""
    return row.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _by_name(result: Result, private: bool) -> Sequence[str]:
    made: dict[str, Decimal] = {}
    for one in result.closed:
        name = symbol_of(one.bought.trade)
        made[name] = made.get(name, ZERO) + one.net
    largest = sorted(made.items(), key=lambda each: -abs(each[1]))[:MOST_NAMES]
    lines = [
        f"{safe(name, 40)} {hidden(gain(net, result.currency), private)}" for name, net in largest
    ]
    more = len(made) - len(largest)
    return [*lines, f"… and {more} more in the CSV"] if more else lines


def _left_out(result: Result) -> Sequence[str]:
    """What the figures do not tell by themselves."""
    lines: list[str] = []
    if result.estimated:
        lines.append(f"Charges of {counted(result.estimated, 'trade')} are our estimate.")
    if result.uncovered:
        lines.append(
            f"⚠ Not counted: sales without a purchase on record ({_names(result.uncovered)}). "
            "Import older trades."
        )
    if result.expired:
        lines.append(
            f"⚠ Not counted: contracts that expired open ({_names(result.expired)}); a tradebook "
            "does not say how they were settled."
        )
    return lines


def _names(parts: Sequence[Part]) -> str:
    names = list(dict.fromkeys(symbol_of(part.trade) for part in parts))
    more = len(names) - 3
    return safe(", ".join(names[:3]), 120) + (f" and {more} more" if more > 0 else "")
