"""Of two brokers' lists one row is the desk's: what counts otherwise is not sent to the other."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from conformance.cases.alpaca import AAPL, AlpacaCase
from loopback import tws as loopback
from samples import INTENT

from tradegram.brokers.adapter import Adapter
from tradegram.brokers.alpaca import Alpaca
from tradegram.brokers.angelone import AngelOne
from tradegram.brokers.kotakneo import KotakNeo
from tradegram.brokers.listings import KnownListings, Listing
from tradegram.brokers.zerodha import Zerodha
from tradegram.errors import Refused
from tradegram.model import Instrument, Kind, Product
from tradegram.sims.stock import Stock

D = Decimal
DAY = date(2026, 12, 18)
OIL = Instrument("MCX", "CRUDEOIL26DECFUT", Kind.FUTURE, "Crude", D(1), D(1), "CRUDEOIL", DAY)
CALL = Instrument(
    "OPRA", "AAPL261218C00200000", Kind.CALL, "", D(1), D("0.01"), "AAPL", DAY, D(200),
    currency="USD", multiplier=D(100),
)  # fmt: skip


@pytest.mark.parametrize(
    ("adapter", "listed", "ordered"),
    [
        (
            KotakNeo(KnownListings("kotakneo", [Listing(OIL, "mcx_fo", OIL.symbol, "1")])),
            OIL,
            replace(OIL, lot_size=D(100)),
        ),
        (
            AngelOne(KnownListings("angelone", [Listing(OIL, "MCX", OIL.symbol, "1")])),
            OIL,
            replace(OIL, lot_size=D(100)),
        ),
        (
            Zerodha(KnownListings("zerodha", [Listing(OIL, "MCX", OIL.symbol, "1")])),
            OIL,
            replace(OIL, lot_size=D(100)),
        ),
        (
            Alpaca(KnownListings("alpaca", [Listing(CALL, "us_option", CALL.symbol)])),
            CALL,
            replace(CALL, lot_size=D(100), multiplier=D(1)),
        ),
    ],
)
def test_a_lot_that_the_broker_counts_otherwise_is_refused(
    adapter: Adapter, listed: Instrument, ordered: Instrument
) -> None:
    intent = replace(INTENT, product=Product.CARRY_FORWARD, price=D(5), quantity=D(100))
    adapter.place(replace(intent, instrument=listed))

    with pytest.raises(Refused, match="counts a lot"):
        adapter.place(replace(intent, instrument=ordered))


def test_an_old_list_that_counted_in_shares_sends_nothing() -> None:
    old = replace(CALL, lot_size=D(100), multiplier=D(1))
    alpaca = Alpaca(KnownListings("alpaca", [Listing(old, "us_option", old.symbol)]))
    intent = replace(INTENT, instrument=old, product=Product.CARRY_FORWARD, quantity=D(100))

    with pytest.raises(Refused, match=r"counts a lot of .* as 1, "):
        alpaca.place(intent)


def test_an_option_that_two_brokers_list_is_one_record_and_as_many_contracts_at_both() -> None:
    with loopback.desk() as ibkr:
        there = ibkr.instrument("AAPL2612")
        case = AlpacaCase()
        case.sim.stock = Stock(case.floor, (AAPL, there))
        [listed] = [one.instrument for one in case.broker().instruments() if one.instrument.strike]
        assert listed.key == there.key
        assert (listed.lot_size, listed.multiplier) == (there.lot_size, there.multiplier)
        assert (listed.lot_size, listed.multiplier) == (D(1), D(100))

        for one in (listed, there):  # whichever of them is the desk's
            intent = case.intent(
                instrument=one, quantity=D(2), price=D("2.50"), product=Product.CARRY_FORWARD
            )
            case.place(intent)
            theirs = ibkr.intent(instrument=one, quantity=D(2), price=D("2.50"))
            ibkr.place(theirs)

            [entry] = case.floor.referring(intent.wire_id)
            assert '"qty":"2"' in case.last_order()
            assert (entry.quantity, ibkr.entry(theirs).quantity) == (D(2), D(2))
