"""Every endpoint there is. A new one is a row in its module, and its module a line here."""

from __future__ import annotations

from tradegram.api import accounts, orders
from tradegram.api.route import Route

ROUTES: tuple[Route, ...] = (*accounts.ROWS, *orders.ROWS)
