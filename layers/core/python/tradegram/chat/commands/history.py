"""Commands about what was: trades and results of any period, as a table, a file and a picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tradegram.brokers.contract import Broker
from tradegram.chat.accounts_asked import each_account, why_not
from tradegram.chat.buttons import say_button
from tradegram.chat.cards.history import result_table, trade_lines
from tradegram.chat.cards.lists import Part, fill_line, list_card, result_lines
from tradegram.chat.commands.command import Holder, command
from tradegram.chat.money import money
from tradegram.chat.preferences import account_named, preferences
from tradegram.chat.reply import Button, File, Reply
from tradegram.chat.writing import DATA_LIMIT, counted
from tradegram.errors import BrokerError, UserError
from tradegram.history.chart import curve_png
from tradegram.history.fifo import Closed
from tradegram.history.period import EARLIEST, Period, read_period
from tradegram.history.results import Result
from tradegram.history.today import keep_todays, results_in, trades_in
from tradegram.history.trade import day_of
from tradegram.history.writing import closed_csv, trades_csv
from tradegram.model import Account
from tradegram.ports import Desk

CSV = "text/csv"
OFFERED = ("week", "month", "fy")


@dataclass(frozen=True, slots=True)
class _Asked:
    """said: the period as the person said it; "" when none was."""

    said: str
    period: Period
    accounts: Sequence[Account]
    form: str = ""


def _read(desk: Desk, words: str, forms: Sequence[str]) -> _Asked:
    """Raises UserError."""
    said, form, accounts = "", "", desk.brokers.accounts()
    for word in words.split():
        if word.startswith("#"):
            accounts = [account_named(desk, word)]
        elif word.casefold() in forms:
            form = word.casefold()
        elif said:
            raise UserError(f"One period, please: {said} or {word[:30]}?")
        else:
            said = word
    today = day_of(desk.clock.now())
    return _Asked(said, read_period(said, today), accounts, form)


@command(
    "/trades",
    usage="/trades [today|week|month|fy|FROM..TO] [csv] [#account]",
    about="Fills of today or of any period, oldest first; as a CSV file too.",
    example="/trades week",
    reads_only=True,
)
def trades(desk: Desk, who: Holder, words: str) -> Sequence[Reply]:
    private = preferences(desk, who.user_id).private
    asked = _read(desk, words, ("csv",))
    buttons = _offers("/trades", words, asked, ("csv",))
    if not asked.said and not asked.form:
        fills = _of(asked, each_account(desk, lambda broker: _fill_lines(broker, private)))
        return list_card("Fills today", fills, "No fills today.", buttons)
    notes = _fresh(desk, asked)
    found = {one: trades_in(desk.store, one.account_id, asked.period) for one in asked.accounts}
    if asked.form:
        every = [trade for own in found.values() for trade in own]
        return [_file("trades", asked, trades_csv(every), counted(len(every), "trade"), notes)]
    parts = [Part(one, [*trade_lines(own, private), *notes(one)]) for one, own in found.items()]
    return list_card(f"Trades {asked.period.words}", parts, "No trades on record.", buttons)


def _fill_lines(broker: Broker, private: bool) -> Sequence[str]:
    return [fill_line(one, private) for one in broker.trades()]


@command(
    "/pnl",
    usage="/pnl [today|week|month|fy|FROM..TO] [csv|chart] [#account]",
    about="Result of today or of any period: realised, charges, win rate, drawdown.",
    example="/pnl month",
    reads_only=True,
)
def pnl(desk: Desk, who: Holder, words: str) -> Sequence[Reply]:
    private = preferences(desk, who.user_id).private
    asked = _read(desk, words, ("csv", "chart"))
    buttons = _offers("/pnl", words, asked, ("csv", "chart"))
    if not asked.said and not asked.form:
        now = _of(asked, each_account(desk, lambda broker: _now_lines(broker, private)))
        return list_card("Result today", now, "Nothing traded.", buttons)
    notes = _fresh(desk, asked)
    found = {one: results_in(desk.store, one.account_id, asked.period) for one in asked.accounts}
    every = [result for own in found.values() for result in own]
    if asked.form == "csv":
        closed: list[Closed] = [one for result in every for one in result.closed]
        return [_file("pnl", asked, closed_csv(closed), counted(len(closed), "closed lot"), notes)]
    if asked.form == "chart":
        return [_chart(asked, each) for each in every if each.curve] or [Reply("Nothing traded.")]
    parts = [
        Part(one, [*(_table(each, private) for each in own), *notes(one)])
        for one, own in found.items()
    ]
    return list_card(f"Result {asked.period.words}", parts, "Nothing traded.", buttons)


def _chart(asked: _Asked, result: Result) -> Reply:
    points = [(at, float(amount)) for at, amount in result.curve]
    period = asked.period
    if period.first == EARLIEST and result.trades:
        period = Period(result.trades[0].day, period.last)
    first, last = str(period.first), str(period.last)
    title = f"{result.trades[0].account_id if result.trades else ''}  {result.currency}  NET"
    words = f"Net, after charges: {period.words}\nmax drawdown "
    return Reply(
        words + money(result.drawdown, result.currency),
        picture=curve_png(points, title, first, last),
    )


def _table(result: Result, private: bool) -> str:
    return result_table(result, private)


def _now_lines(broker: Broker, private: bool) -> Sequence[str]:
    return result_lines(broker.positions(), broker.trades(), private)


def _of(asked: _Asked, parts: Sequence[Part]) -> Sequence[Part]:
    return [part for part in parts if part.account in asked.accounts]


def _fresh(desk: Desk, asked: _Asked) -> Callable[[Account], Sequence[str]]:
    """Keep what the brokers list today, when today is asked for; says which did not answer."""
    failed: dict[str, str] = {}
    if day_of(desk.clock.now()) in asked.period:
        for account in asked.accounts:
            try:
                keep_todays(desk, account.account_id)
            except (BrokerError, UserError) as error:
                failed[account.account_id] = f"⚠ Of today only what is on record: {why_not(error)}"
    return lambda account: [failed[account.account_id]] if account.account_id in failed else []


def _file(
    what: str,
    asked: _Asked,
    content: bytes,
    words: str,
    notes: Callable[[Account], Sequence[str]],
) -> Reply:
    name = f"tradegram-{what}-{asked.period.first}-{asked.period.last}.csv"
    lines = [
        f"{words}, {asked.period.words}.",
        *(line for one in asked.accounts for line in notes(one)),
    ]
    return Reply("\n".join(lines), file=File(name, content, CSV))


def _offers(
    name: str, words: str, asked: _Asked, forms: Sequence[str]
) -> tuple[tuple[Button, ...], ...]:
    """The same in another form, and other periods."""
    account = next((word for word in words.split() if word.startswith("#")), "")
    said = asked.said or "today"
    rows = [
        [(form.upper() if form == "csv" else form.capitalize(), said, form) for form in forms],
        [(one.upper() if one == "fy" else one.capitalize(), one, "") for one in OFFERED],
    ]
    buttons = [
        tuple(
            say_button(label, " ".join(filter(None, (name, period, form, account))))
            for label, period, form in row
        )
        for row in rows
    ]
    return tuple(row for row in buttons if all(len(one.data.encode()) <= DATA_LIMIT for one in row))
