"""The exchanges this desk knows, in the order people mean them."""

from __future__ import annotations

EXCHANGES = (
    "NSE", "BSE", "NFO", "BFO", "MCX", "NASDAQ", "NYSE", "OPRA", "BINANCE", "BINANCEFUT", "ALPACA",
)  # fmt: skip

# Markets without hours: a day there is a day of UTC. Of currencies and of Chicago's and New York's
# futures, which rest an hour a day and at week-ends, the broker says when they trade.
NEVER_CLOSE = frozenset({
    "BINANCE", "BINANCEFUT", "ALPACA", "PAXOS", "ZEROHASH", "IDEALPRO", "CME", "CBOT", "NYMEX",
    "COMEX",
})  # fmt: skip


def rank(exchange: str) -> int:
    """Where an exchange stands when several list the same symbol; unknown ones come last."""
    return EXCHANGES.index(exchange) if exchange in EXCHANGES else len(EXCHANGES)
