"""Positions, holdings, limits and the margin of one order."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tradegram.sims.floor import Held, Stored
from tradegram.sims.kotakneo.state import SEGMENTS, Neo, No, done, fields_of
from tradegram.sims.wire import Asked, Said, said

# What an order blocks, of its value.
MARGIN = {"CNC": Decimal(1), "MIS": Decimal("0.2"), "NRML": Decimal("0.2"), "MTF": Decimal("0.4")}


def positions(neo: Neo, asked: Asked) -> Said:
    held = neo.floor.held()
    if not held:
        raise No("No Data", 5203)
    return done(data=[_position(neo, one) for one in held])


def holdings(neo: Neo, asked: Asked) -> Said:
    return said({"data": [_holding(neo, one) for one in neo.floor.stored]})


def limits(neo: Neo, asked: Asked) -> Said:
    if set(fields_of(asked)) != {"seg", "exch", "prod"}:
        raise No("Invalid request", 400, 400)
    used = neo.floor.used()
    return done(
        Category="CLIENT",
        EntityId=f"account-{neo.user}",
        CollateralValue="0",
        Net=f"{neo.floor.cash - used:.2f}",
        MarginUsed=f"{used:.2f}",
        NotionalCash="0",
        UnrealizedMtomPrsnt="0",
        RealizedMtomPrsnt="0",
    )


def margin(neo: Neo, asked: Asked) -> Said:
    fields = fields_of(asked)
    instrument = neo.stock.numbered(int(fields["tok"]))
    if instrument is None or SEGMENTS[instrument.exchange] != fields["exSeg"]:
        raise No("Invalid Symbol", 1007)
    price = Decimal(fields["prc"]) or neo.floor.price(instrument)
    order = Decimal(fields["qty"]) * price * MARGIN[fields["prod"]]
    free, used = neo.floor.cash - neo.floor.used(), neo.floor.used()
    return done(
        avlCash=f"{neo.floor.cash:.6f}",
        mrgnUsd=f"{used:.6f}",
        ordMrgn=f"{order:.6f}",
        totMrgnUsd=f"{used + order:.6f}",
        reqdMrgn=f"{used + order:.6f}",
        avlMrgn=f"{free - order:.6f}",
        insufFund=f"{max(order - free, Decimal(0)):.6f}",
        rmsVldtd="OK" if order <= free else "NOT_OK",
    )


def _position(neo: Neo, held: Held) -> dict[str, Any]:
    return {
        "actId": neo.user,
        "trdSym": neo.symbol(held.instrument),
        "sym": held.instrument.symbol,
        "exSeg": SEGMENTS[held.instrument.exchange],
        "tok": str(neo.stock.number(held.instrument)),
        "prod": held.product,
        "qty": str(int(held.quantity)),
        "flBuyQty": str(int(held.bought)),
        "flSellQty": str(int(held.sold)),
        "buyAmt": f"{held.buy_value:.2f}",
        "sellAmt": f"{held.sell_value:.2f}",
        "cfBuyQty": "0",
        "cfSellQty": "0",
        "cfBuyAmt": "0.00",
        "cfSellAmt": "0.00",
        "multiplier": "1",
        "genNum": "1",
        "genDen": "1",
        "prcNum": "1",
        "prcDen": "1",
        "lotSz": str(int(held.instrument.lot_size)),
        "posFlg": "true",
        "type": "",
        "rmk": "--",
    }


def _holding(neo: Neo, stored: Stored) -> dict[str, Any]:
    last, number = neo.floor.price(stored.instrument), neo.stock.number(stored.instrument)
    return {
        "displaySymbol": stored.instrument.symbol,
        "symbol": stored.instrument.symbol,
        "series": "EQ",
        "exchangeSegment": SEGMENTS[stored.instrument.exchange],
        "instrumentToken": 50_000 + number,
        "exchangeIdentifier": str(number),
        "quantity": int(stored.quantity),
        "sellableQuantity": int(stored.quantity),
        "averagePrice": float(stored.average),
        "holdingCost": float(stored.average * stored.quantity),
        "closingPrice": float(last),
        "mktValue": float(last * stored.quantity),
        "instrumentType": "Equity",
    }
