"""A simulated TWS for people, on a port of this machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tradegram.model import Instrument
from tradegram.ports import Clock
from tradegram.sims.ibkr.contracts import Catalogue, Contract, share, usual
from tradegram.sims.ibkr.served import served
from tradegram.sims.ibkr.tws import Tws
from tradegram.sims.started import Started, lively

US = frozenset({"NASDAQ", "NYSE"})
FIRST = 10_000  # of the numbers of the sample's shares
ADVICE = (
    "It is a paper account that trades the sample's US shares, one future, a few options, "
    "EURUSD and BTCUSD. Another program may connect to the same port with ib_async."
)


@contextmanager
def start(clock: Clock, port: int) -> Iterator[Started]:
    stock = lively(clock, US)
    tws = Tws(stock.floor, catalogue=Catalogue(_contracts(stock.rows)))
    with served(tws, port) as gateway:
        where = {"host": "127.0.0.1", "port": str(gateway.port)}
        yield Started(stock.floor, {}, tws.accounts[0], where, ADVICE)


def _contracts(rows: Sequence[Instrument]) -> Sequence[Contract]:
    """The sample's shares, and of everything else a little."""
    shares = [share(FIRST + at, one.symbol, one.name, one.exchange) for at, one in enumerate(rows)]
    return [*shares, *(one for one in usual() if one.sec_type != "STK")]
