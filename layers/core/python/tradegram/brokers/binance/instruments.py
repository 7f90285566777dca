"""The exchange's rules of each symbol, read into instruments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from tradegram.brokers.adapter import Call, Steps, step
from tradegram.brokers.binance.dialect import Dialect
from tradegram.brokers.listings import Listing, readable
from tradegram.model import Instrument, Kind

NOTIONAL = ("NOTIONAL", "MIN_NOTIONAL")


class Instruments(Dialect):
    KIND: Kind

    def instruments(self) -> Steps[Sequence[Listing]]:
        return step(Call(self.request("GET", "exchangeInfo"), self._listed))

    def _listed(self, told: Mapping[str, Any]) -> Sequence[Listing]:
        rows = [row for row in told["symbols"] if self.trades_here(row)]
        return readable(rows, self._listing)

    def trades_here(self, row: Mapping[str, Any]) -> bool:
        """Perpetuals only: contracts that expire are priced and settled otherwise."""
        if row["status"] != "TRADING":
            return False
        if self.KIND is Kind.PERPETUAL:
            return bool(row["contractType"] == "PERPETUAL")
        return bool(row["isSpotTradingAllowed"])

    def _listing(self, row: Mapping[str, Any]) -> Listing:
        filters = {one["filterType"]: one for one in row["filters"]}
        size, price = filters["LOT_SIZE"], filters["PRICE_FILTER"]
        least: Mapping[str, Any] = next((filters[name] for name in NOTIONAL if name in filters), {})
        precision = row.get("baseAssetPrecision", 8), row.get("quotePrecision", 8)
        made = Instrument(
            exchange=self.EXCHANGE,
            symbol=row["symbol"],
            kind=self.KIND,
            name=f"{row['baseAsset']} in {row['quoteAsset']}",
            # A step or a tick of 0 switches the rule off: then only the digits are limited.
            lot_size=_stepped(size["stepSize"], precision[0]),
            tick_size=_stepped(price["tickSize"], precision[1]),
            underlying=row["baseAsset"] if self.KIND is Kind.PERPETUAL else "",
            freeze_quantity=Decimal(size["maxQty"]) or None,
            currency=row["quoteAsset"],
            min_value=Decimal(str(least.get("minNotional") or least.get("notional") or 0)),
        )
        return Listing(made, self.EXCHANGE, made.symbol)


def _stepped(step_size: str, digits: int) -> Decimal:
    step_ = Decimal(step_size)
    return step_.normalize() if step_ else Decimal(1).scaleb(-digits)
