"""Every endpoint there is. A new one is a row in its module, and its module a line here."""

from __future__ import annotations

from tradegram.api import (
    about,
    accounts,
    limits,
    market,
    orders,
    record,
    signals,
    standing,
    stored,
    strategies,
    sync,
    tickets,
)
from tradegram.api.route import Route

ROUTES: tuple[Route, ...] = (
    *about.rows(lambda: ROUTES),
    *accounts.ROWS,
    *orders.ROWS,
    *stored.ROWS,
    *sync.ROWS,
    *tickets.ROWS,
    *market.ROWS,
    *signals.ROWS,
    *strategies.ROWS,
    *limits.ROWS,
    *standing.ROWS,
    *record.ROWS,
)
