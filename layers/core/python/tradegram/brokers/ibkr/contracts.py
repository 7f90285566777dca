"""
Our instruments and TWS's contracts.

A contract is asked for once by what it is and has a number from then on, the conId. An instrument
that the desk's list does not have is made of what TWS says about it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tradegram.brokers.ibkr import words
from tradegram.brokers.ibkr.link import Link
from tradegram.brokers.ibkr.rows import ContractRow, DetailsRow
from tradegram.brokers.listings import Listing, Listings, unlisted
from tradegram.codes import Code
from tradegram.errors import BrokerError, Refused
from tradegram.model import Instrument, Kind

if TYPE_CHECKING:
    from ib_async.contract import Contract

MOST_KEPT = 5000
SMART = "SMART"  # TWS chooses the exchange

# Where TWS's name for an exchange is not ours. Options of many exchanges are one market: OPRA.
OURS = {"ARCA": "NYSE", "ISLAND": "NASDAQ", "AMEX": "NYSE", "BATS": "NYSE"}
THEIRS = {"OPRA": SMART, "NFO": "NSE", "BFO": "BSE"}
INDIAN = {"NSE": "NFO", "BSE": "BFO"}


@dataclass(frozen=True, slots=True)
class Known:
    """An instrument and the contract that it is. multiplier: of TWS, which counts contracts."""

    instrument: Instrument
    con_id: int
    sec_type: str
    exchange: str
    multiplier: Decimal

    def contract(self) -> Contract:
        """Its number and exchange say everything."""
        return made({"conId": self.con_id, "exchange": self.exchange})

    @property
    def is_coin(self) -> bool:
        return self.sec_type == "CRYPTO"


def made(fields: dict[str, Any]) -> Contract:
    from ib_async.contract import Contract

    return Contract(**fields)


class Contracts:
    """What this process has learned so far. Use it on the loop."""

    def __init__(self, listings: Listings) -> None:
        self._listings = listings
        self._by_key: dict[str, Known] = {}
        self._by_number: dict[int, Known] = {}

    async def of(self, link: Link, instrument: Instrument) -> Known:
        """Raises Refused: there is no such contract, or several, or it is counted otherwise."""
        known = await self._of(link, instrument)
        if instrument.kind.is_derivative and instrument.multiplier != known.multiplier:
            # Brokers that count what options are written on give them the same names: a hundred of
            # those are one contract, and would be sent as a hundred contracts.
            raise Refused(
                words.NAME,
                f"{instrument.key} is {known.multiplier.normalize():f} units a contract at "
                f"Interactive Brokers, and {instrument.multiplier.normalize():f} in the desk's "
                "list, which another broker wrote; nothing was sent",
                means=Code.INVALID_ORDER,
            )
        return known

    async def _of(self, link: Link, instrument: Instrument) -> Known:
        if known := self._by_key.get(instrument.key):
            return known
        listing = self._listed(instrument)
        if listing is not None and listing.token:
            return self._keep(_known(listing))
        fields = asked_for(instrument)
        found = await self.details(link, fields)
        wanted = THEIRS.get(instrument.exchange, instrument.exchange)
        if len(found) > 1:
            found = [row for row in found if wanted in (row.contract.primary, row.contract.exchange)
                     or instrument.exchange == venue(row.contract)]  # fmt: skip
        if len(found) != 1:
            several = f"{len(found)} contracts fit {instrument.key}"
            raise Refused(
                words.NAME, several if found else f"no contract fits {instrument.key}",
                means=Code.INVALID_SYMBOL,
            )  # fmt: skip
        row = found[0].contract
        exchange = row.exchange or fields["exchange"]
        return self._keep(Known(instrument, row.con_id, row.sec_type, exchange, row.multiplier))

    async def known(self, link: Link, row: ContractRow) -> Instrument:
        """The instrument of a row. One that TWS does not describe is made of the row alone."""
        if found := self._by_number.get(row.con_id):
            return found.instrument
        for segment in (row.exchange, row.primary, SMART):
            try:
                instrument = self._listings.by_token(segment, str(row.con_id))
            except KeyError:
                continue
            return self._kept(instrument, row)
        try:
            described = await self.details(link, {"conId": row.con_id})
        except BrokerError:
            return instrument_of(row, None)  # not kept: the next look asks again
        if len(described) != 1:
            return instrument_of(row, None)
        only = described[0]
        return self._kept(instrument_of(only.contract, only), only.contract)

    async def key_of(self, link: Link, row: ContractRow) -> str:
        """The instrument's key; of what this desk has no word for, as TWS calls it."""
        try:
            return (await self.known(link, row)).key
        except KeyError:
            return f"{venue(row)}:{row.local_symbol or row.symbol}"

    async def details(
        self, link: Link, fields: dict[str, Any], limit: float = 0.0
    ) -> Sequence[DetailsRow]:
        """limit: seconds; 0 for the usual. Raises Refused: nothing fits."""
        contract, tws = made(fields), link.tws
        return await link.ask(lambda number: tws.reqContractDetails(number, contract), limit=limit)

    def _listed(self, instrument: Instrument) -> Listing | None:
        """None where the list has it not: then TWS is asked."""
        try:
            return self._listings.of(instrument)
        except Refused:
            return None

    def keep(self, row: DetailsRow) -> Instrument:
        return self._kept(instrument_of(row.contract, row), row.contract)

    def _kept(self, instrument: Instrument, row: ContractRow) -> Instrument:
        exchange = SMART if row.sec_type in ("STK", "OPT") else row.exchange or row.primary
        self._keep(Known(instrument, row.con_id, row.sec_type, exchange, row.multiplier))
        return instrument

    def _keep(self, known: Known) -> Known:
        if len(self._by_key) >= MOST_KEPT:
            self._by_key.clear()
            self._by_number.clear()
        self._by_key[known.instrument.key] = known
        self._by_number[known.con_id] = known
        return known


def sec_type_of(instrument: Instrument) -> str:
    """Raises Refused."""
    found = words.SECURITIES.get(instrument.kind)
    if instrument.kind is Kind.COIN:
        found = words.PAIRS.get(instrument.exchange)
    if found is None:
        raise unlisted(words.NAME, instrument)
    return found


def asked_for(instrument: Instrument) -> dict[str, Any]:
    """The fields of a contract that name it before its number is known. Raises Refused."""
    kind, exchange = sec_type_of(instrument), instrument.exchange
    fields: dict[str, Any] = {"secType": kind, "currency": instrument.currency}
    if kind == "STK":
        smart = exchange in ("NASDAQ", "NYSE")
        return {**fields, "symbol": instrument.symbol, "exchange": SMART if smart else exchange}
    fields["exchange"] = THEIRS.get(exchange, exchange)
    if kind in ("CASH", "CRYPTO"):
        return {**fields, "symbol": instrument.symbol.removesuffix(instrument.currency)}
    if kind == "IND":
        return {**fields, "symbol": instrument.underlying or instrument.symbol}
    fields["symbol"] = instrument.underlying
    if instrument.expiry is not None:
        fields["lastTradeDateOrContractMonth"] = instrument.expiry.strftime("%Y%m%d")
    if kind == "OPT":
        fields["strike"] = float(instrument.strike or 0)
        fields["right"] = words.RIGHTS[instrument.kind]
    if instrument.multiplier != 1:
        fields["multiplier"] = f"{instrument.multiplier.normalize():f}"
    return fields


def venue(row: ContractRow) -> str:
    """Our name of the exchange."""
    there = row.primary or row.exchange
    if row.sec_type in ("OPT", "FOP") and row.exchange in ("", SMART):
        return "OPRA"
    if row.sec_type in ("OPT", "FUT"):
        there = row.exchange or row.primary
        return INDIAN.get(there, there)
    return OURS.get(there, there)


def instrument_of(row: ContractRow, details: DetailsRow | None) -> Instrument:
    """Without details its tick and lot are guesses, which orders never use."""
    is_pair = row.sec_type in ("CASH", "CRYPTO")
    is_derivative = row.sec_type in ("FUT", "OPT", "FOP")
    symbol = row.symbol + row.currency if is_pair else row.symbol
    if is_derivative:
        symbol = row.local_symbol.replace(" ", "") or row.symbol
    return Instrument(
        exchange=venue(row),
        symbol=symbol,
        kind=_kind(row),
        name=details.name if details else row.local_symbol or row.symbol,
        lot_size=_lot(row, details),
        tick_size=(details.tick if details else Decimal(0)) or Decimal("0.01"),
        underlying=row.symbol if is_derivative else "",
        expiry=_day(row.expiry) if is_derivative else None,
        strike=row.strike if row.sec_type in ("OPT", "FOP") else None,
        currency=row.currency,
        multiplier=row.multiplier,
    )


def _kind(row: ContractRow) -> Kind:
    """Raises KeyError for what this desk has no word for."""
    if row.sec_type in ("OPT", "FOP"):
        return words.RIGHTS_BACK[row.right]
    kinds = {"STK": Kind.SHARE, "IND": Kind.INDEX, "FUT": Kind.FUTURE, "CASH": Kind.COIN,
             "CRYPTO": Kind.COIN}  # fmt: skip
    return kinds[row.sec_type]


def _lot(row: ContractRow, details: DetailsRow | None) -> Decimal:
    if row.sec_type == "CRYPTO" and details is not None:
        return details.step or details.least or Decimal("0.00000001")
    return Decimal(1)


def _day(text: str) -> date | None:
    whole = len(text) == 8 and text.isdecimal()
    return date(int(text[:4]), int(text[4:6]), int(text[6:])) if whole else None


def _known(listing: Listing) -> Known:
    sec_type = listing.more.get("sec_type") or sec_type_of(listing.instrument)
    one = listing.instrument
    return Known(one, int(listing.token), sec_type, listing.segment, one.multiplier)
