"""What the simulated TWS lists: our instruments with the fields a contract has there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from tradegram.model import Instrument, Kind

ONE, CENT = Decimal(1), Decimal("0.01")
RIGHTS = {Kind.CALL: "C", Kind.PUT: "P"}


@dataclass(frozen=True)
class Contract:
    """
    One row. exchange: where orders are routed to; primary: where it is listed, "" for derivatives.

    description: what a search shows. iv, delta, open_interest: of an option.
    """

    con_id: int
    instrument: Instrument
    sec_type: str
    symbol: str
    exchange: str = "SMART"
    primary: str = ""
    local_symbol: str = ""
    trading_class: str = ""
    greeks: tuple[str, ...] = ("0.2500", "0.5", "0.01", "-0.05", "0.12")
    open_interest: int = 1200
    venues: Sequence[str] = field(default=("SMART",))

    @property
    def expiry(self) -> str:
        expiry = self.instrument.expiry
        return expiry.strftime("%Y%m%d") if expiry else ""

    @property
    def right(self) -> str:
        return RIGHTS.get(self.instrument.kind, "")

    @property
    def strike(self) -> str:
        return f"{self.instrument.strike or 0:f}"

    @property
    def multiplier(self) -> str:
        return "" if self.instrument.multiplier == 1 else f"{self.instrument.multiplier:f}"

    def fits(self, asked: Sequence[str]) -> bool:
        """asked: the 12 fields of a contract as a client sends them; an empty one fits all."""
        con_id, symbol, sec_type, expiry, strike, right, multiplier, exchange, primary = asked[:9]
        currency, local_symbol, trading_class = asked[9:]
        if con_id not in ("", "0"):
            return con_id == str(self.con_id)
        return (
            _same(symbol, self.symbol)
            and _same(sec_type, self.sec_type)
            and self.expiry.startswith(expiry)
            and (not strike or not Decimal(strike) or Decimal(strike) == self.instrument.strike)
            and _same(right, self.right)
            and _same(multiplier, self.multiplier)
            and (not exchange or exchange in (self.exchange, self.primary, *self.venues))
            and _same(primary, self.primary)
            and _same(currency, self.instrument.currency)
            and _same(local_symbol, self.local_symbol)
            and _same(trading_class, self.trading_class)
        )


def _same(asked: str, own: str) -> bool:
    return not asked or asked == own


def share(con_id: int, symbol: str, name: str, exchange: str = "NASDAQ") -> Contract:
    found = Instrument(exchange, symbol, Kind.SHARE, name, ONE, CENT, currency="USD")
    return Contract(
        con_id, found, "STK", symbol, primary=exchange, local_symbol=symbol, trading_class="NMS"
    )


def future(con_id: int, symbol: str, local: str, expiry: date, multiplier: int) -> Contract:
    found = Instrument(
        "CME", local, Kind.FUTURE, f"{symbol} future", ONE, Decimal("0.25"), underlying=symbol,
        expiry=expiry, currency="USD", multiplier=Decimal(multiplier),
    )  # fmt: skip
    return Contract(
        con_id, found, "FUT", symbol, exchange="CME", local_symbol=local, trading_class=symbol,
        venues=("CME",),
    )  # fmt: skip


def option(con_id: int, symbol: str, expiry: date, strike: int, kind: Kind) -> Contract:
    local = f"{symbol:<6}{expiry:%y%m%d}{RIGHTS[kind]}{strike * 1000:08d}"
    found = Instrument(
        "OPRA", local.replace(" ", ""), kind, f"{symbol} {strike}", ONE, CENT, underlying=symbol,
        expiry=expiry, strike=Decimal(strike), currency="USD", multiplier=Decimal(100),
    )  # fmt: skip
    return Contract(con_id, found, "OPT", symbol, local_symbol=local, trading_class=symbol)


def forex(con_id: int, base: str, quote: str) -> Contract:
    found = Instrument(
        "IDEALPRO", f"{base}{quote}", Kind.COIN, f"{base} in {quote}", ONE, Decimal("0.00005"),
        currency=quote,
    )  # fmt: skip
    return Contract(
        con_id, found, "CASH", base, exchange="IDEALPRO", local_symbol=f"{base}.{quote}",
        trading_class=f"{base}.{quote}", venues=("IDEALPRO",),
    )  # fmt: skip


def crypto(con_id: int, base: str) -> Contract:
    found = Instrument(
        "PAXOS", f"{base}USD", Kind.COIN, f"{base} in USD", Decimal("0.00000001"), CENT,
        currency="USD",
    )  # fmt: skip
    return Contract(
        con_id, found, "CRYPTO", base, exchange="PAXOS", local_symbol=f"{base}.USD",
        trading_class=base, venues=("PAXOS",),
    )  # fmt: skip


EXPIRY = date(2026, 12, 18)


def usual() -> Sequence[Contract]:
    """A little of everything that can be traded there."""
    calls = [(100 + at, strike, Kind.CALL) for at, strike in enumerate((170, 180, 190))]
    puts = [(200 + at, strike, Kind.PUT) for at, strike in enumerate((170, 180, 190))]
    return (
        share(265598, "AAPL", "Apple Inc"),
        share(272093, "MSFT", "Microsoft Corp"),
        share(4391, "AMD", "Advanced Micro Devices"),
        future(495512563, "ES", "ESZ6", EXPIRY, 50),
        forex(12087792, "EUR", "USD"),
        crypto(479624278, "BTC"),
        *(option(700000 + at, "AAPL", EXPIRY, strike, kind) for at, strike, kind in calls + puts),
    )


@dataclass(frozen=True)
class Catalogue:
    rows: Sequence[Contract]

    def asked(self, fields: Sequence[str]) -> Sequence[Contract]:
        return [row for row in self.rows if row.fits(fields)]

    def of(self, instrument: Instrument) -> Contract:
        return next(row for row in self.rows if row.instrument.key == instrument.key)

    def written_on(self, symbol: str) -> Sequence[Contract]:
        """The options of an underlying."""
        return [row for row in self.rows if row.sec_type == "OPT" and row.symbol == symbol]

    def matching(self, pattern: str) -> Iterable[Contract]:
        wanted = pattern.casefold()
        for row in self.rows:
            if row.sec_type == "STK" and wanted in f"{row.symbol} {row.instrument.name}".casefold():
                yield row
