"""What a simulated TWS is asked and only looks up: orders, executions, the account, the market."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from tradegram.sims.floor import Entry, Floor
from tradegram.sims.ibkr import messages
from tradegram.sims.ibkr.contracts import Catalogue, Contract, usual
from tradegram.sims.ibkr.market import Ticks, candles
from tradegram.sims.ibkr.messages import Fields, error, plain

Send = Callable[[Fields], None]

MARGIN = Decimal("0.25")  # of an order's value


@dataclass
class Faults:
    """
    What goes wrong with the next orders, each so many times.

    silent: done, and nobody is told. lost: never done, and nobody is told. cut: done, and the
    connection ends before anybody is told. refused: answered by this error, not done.
    garbled: the next answer of any kind is no message at all. deaf: reads are not answered.
    busy: client ids that somebody else has. read_only: "Read-Only API" is switched on.
    torn: rows of the next book that lack fields. asleep: client ids whose connection leads nowhere.
    deaf_to: kinds of messages that are not answered. withheld: kinds that are not sent.
    error_first: the reason of a rejection comes before its row. corrected: executions that are
    listed in a wrong version too.
    """

    silent: int = 0
    lost: int = 0
    cut: int = 0
    garbled: int = 0
    torn: int = 0
    asleep: set[int] = field(default_factory=set)
    corrected: int = 0
    deaf: bool = False
    error_first: bool = False
    deaf_to: set[int] = field(default_factory=set)
    withheld: set[str] = field(default_factory=set)
    read_only: bool = False
    link_lost: bool = False
    busy: set[int] = field(default_factory=set)
    refused: list[tuple[int, str]] = field(default_factory=list)


@dataclass
class Lists:
    """accounts: of the login. version: of the protocol it speaks."""

    floor: Floor
    accounts: Sequence[str] = ("DU1234567",)
    version: int = 178
    catalogue: Catalogue = field(default_factory=lambda: Catalogue(usual()))
    faults: Faults = field(default_factory=Faults)
    ticks: Ticks = field(default_factory=Ticks)

    # -- lists -------------------------------------------------------------------------------------

    def own_open(self, client: int, fields: Sequence[str], send: Send) -> None:
        self._open(send, lambda entry: entry.more["client"] == str(client))

    def all_open(self, client: int, fields: Sequence[str], send: Send) -> None:
        self._open(send, lambda entry: True)

    def _open(self, send: Send, wanted: Callable[[Entry], bool]) -> None:
        for entry in self.floor.entries.values():
            if entry.standing.is_live and wanted(entry):
                send(self._maybe_torn(messages.open_order(entry, self.row(entry), self.version)))
                send(messages.status(entry))
        send(["53", "1"])

    def completed(self, client: int, fields: Sequence[str], send: Send) -> None:
        for entry in self.floor.entries.values():
            if not entry.standing.is_live:
                row = self.row(entry)
                send(self._maybe_torn(messages.completed_order(entry, row, self.version)))
        send(["102"])

    def _maybe_torn(self, fields: Fields) -> Fields:
        if not self.faults.torn:
            return fields
        self.faults.torn -= 1
        return fields[:-3]

    def executions(self, client: int, fields: Sequence[str], send: Send) -> None:
        for trade in self.floor.trades:
            row = self.row(trade.entry)
            right = messages.execution(trade, row, self.version, int(fields[2]))
            for version in self._versions(right):
                send(version)
            send(messages.commission(trade))
        send(["55", "1", fields[2]])

    def _versions(self, right: Fields) -> list[Fields]:
        """With the one that was corrected, either way round: TWS promises no order."""
        if not self.faults.corrected:
            return [right]
        self.faults.corrected -= 1
        newer = [one.replace(".01", ".02") if at == 14 else one for at, one in enumerate(right)]
        wrong = ["999" if at == 19 else one for at, one in enumerate(right)]
        return [newer, wrong]

    def positions(self, client: int, fields: Sequence[str], send: Send) -> None:
        for account, row, quantity, cost, _ in self._held():
            if quantity:
                send(["61", "3", account, *messages.contract(row), plain(quantity), plain(cost)])
        send(["62", "1"])

    def account(self, client: int, fields: Sequence[str], send: Send) -> None:
        if fields[2] != "1":
            return
        account = fields[3] or self.accounts[0]
        for name, value in self._money().items():
            send(["6", "2", name, plain(value), "USD", account])
        for owner, row, quantity, cost, realised in self._held():
            if owner != account:
                continue
            last, many = self.floor.price(row.instrument), row.instrument.multiplier
            open_gain = (last * many - cost) * quantity
            layout = messages.contract(row)
            layout[7] = row.primary or row.exchange
            send(["7", "8", *layout, plain(quantity), plain(last), plain(last * many * quantity),
                  plain(cost), plain(open_gain), plain(realised), account])  # fmt: skip
        send(["54", "1", account])

    def several(self, client: int, fields: Sequence[str], send: Send) -> None:
        """Values of one account of several; another way to ask for the same."""
        number, account = fields[2], fields[3] or self.accounts[0]
        for name, value in self._money().items():
            send(["73", "1", number, account, "", name, plain(value), "USD"])
        send(["74", "1", number])

    def summary(self, client: int, fields: Sequence[str], send: Send) -> None:
        money = self._money()
        for tag in fields[4].split(","):
            if tag in money:
                send(["63", "1", fields[2], self.accounts[0], tag, plain(money[tag]), "USD"])
        send(["64", "1", fields[2]])

    def _money(self) -> dict[str, Decimal]:
        blocked = self.floor.blocked() * MARGIN
        cash = self.floor.cash
        return {
            "NetLiquidation": cash, "EquityWithLoanValue": cash, "TotalCashValue": cash,
            "InitMarginReq": blocked, "AvailableFunds": cash - blocked,
            "BuyingPower": (cash - blocked) * 4,
        }  # fmt: skip

    def _held(self) -> list[tuple[str, Contract, Decimal, Decimal, Decimal]]:
        """Account, contract, quantity, average cost (with the multiplier), realised."""
        found = []
        for kept in self.floor.stored:
            row, many = self.catalogue.of(kept.instrument), kept.instrument.multiplier
            cost = kept.average * many
            found.append((self.accounts[0], row, kept.quantity, cost, Decimal(0)))
        for one in self.floor.held():
            row, many = self.catalogue.of(one.instrument), one.instrument.multiplier
            closed = min(one.bought, one.sold)
            realised = Decimal(0)
            if closed:
                realised = closed * many * (one.sell_value / one.sold - one.buy_value / one.bought)
            found.append((self.accounts[0], row, one.quantity, one.average * many, realised))
        return found

    # -- the market --------------------------------------------------------------------------------

    def details(self, client: int, fields: Sequence[str], send: Send) -> None:
        found = self.catalogue.asked(fields[3:15])
        if not found:
            text = "No security definition has been found for the request"
            return send(error(int(fields[2]), 200, text))
        for row in found:
            send(messages.details(row, fields[2]))
        return send(["52", "1", fields[2]])

    def prices(self, client: int, fields: Sequence[str], send: Send) -> None:
        number, found = fields[2], self.catalogue.asked(fields[3:15])
        if len(found) != 1:
            return send(error(int(number), 200, "No security definition has been found"))
        row = found[0]
        if row.con_id in self.ticks.unsubscribed:
            return send(error(int(number), 354, "Requested market data is not subscribed."))
        for tick in self.ticks.of(row, self.floor.price(row.instrument), number, self.floor.now()):
            send(tick)
        is_snapshot = fields[17] == "1" and not self.ticks.endless
        return send(["57", "1", number]) if is_snapshot else None

    def history(self, client: int, fields: Sequence[str], send: Send) -> None:
        number, found = fields[1], self.catalogue.asked(fields[2:14])
        if len(found) != 1:
            return send(error(int(number), 200, "No security definition has been found"))
        if self.ticks.history_error:
            return send(error(int(number), 162, self.ticks.history_error))
        rows = candles(found[0], self.floor.price(found[0].instrument), fields, self.floor.now())
        flat = [text for row in rows for text in row]
        return send(["17", number, "", "", str(len(rows)), *flat])

    def option_words(self, client: int, fields: Sequence[str], send: Send) -> None:
        found = self.catalogue.written_on(fields[2])
        expiries = sorted({row.expiry for row in found})
        strikes = sorted({row.instrument.strike or Decimal(0) for row in found})
        if found:
            words = [str(len(expiries)), *expiries, str(len(strikes)), *map(plain, strikes)]
            send(["75", fields[1], "SMART", fields[5], found[0].trading_class, "100", *words])
        send(["76", fields[1]])

    def matching(self, client: int, fields: Sequence[str], send: Send) -> None:
        rows = list(self.catalogue.matching(fields[2]))
        said: Fields = ["79", fields[1], str(len(rows))]
        for row in rows:
            one = row.instrument
            said += [str(row.con_id), row.symbol, row.sec_type, row.primary, one.currency, "0",
                     one.name, ""]  # fmt: skip
        send(said)

    def time(self, client: int, fields: Sequence[str], send: Send) -> None:
        send(["49", "1", str(int(self.floor.now()))])

    def row(self, entry: Entry) -> Contract:
        return self.catalogue.of(entry.instrument)


def nothing(client: int, fields: Sequence[str], send: Send) -> None:
    return None
