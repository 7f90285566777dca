"""Kite Connect as it behaves from outside, over one floor."""

from __future__ import annotations

from tradegram.sims.routes import Route, routed
from tradegram.sims.wire import Asked, Said, said
from tradegram.sims.zerodha import account, gtt, login, market, orders
from tradegram.sims.zerodha.postback import post
from tradegram.sims.zerodha.state import Kite, No

__all__ = ["Kite", "ZerodhaSim"]

ROUTES: tuple[Route, ...] = (
    ("POST", r"/orders/(\w+)", orders.place),
    ("PUT", r"/orders/(\w+)/(\w+)", orders.change),
    ("DELETE", r"/orders/(\w+)/(\w+)", orders.cancel),
    ("GET", r"/orders", orders.book),
    ("GET", r"/orders/(\w+)", orders.history),
    ("GET", r"/trades", orders.trades),
    ("GET", r"/portfolio/positions", account.positions),
    ("GET", r"/portfolio/holdings", account.holdings),
    ("GET", r"/user/margins", account.margins),
    ("GET", r"/user/profile", account.profile),
    ("POST", r"/margins/(basket|orders)", account.margin_of),
    ("GET", r"/quote(|/ohlc|/ltp)", market.quotes),
    ("GET", r"/instruments/historical/(\d+)/(\w+)", market.candles),
    ("GET", r"/instruments", market.instruments),
    ("POST", r"/gtt/triggers", gtt.place),
    ("GET", r"/gtt/triggers", gtt.listed),
    ("DELETE", r"/gtt/triggers/(\d+)", gtt.cancel),
    ("DELETE", r"/session/token", login.leave),
)
# Before there is a session.
DOORS: tuple[Route, ...] = (
    ("GET", r"/connect/login", login.page),
    ("POST", r"/session/token", login.enter),
)


class ZerodhaSim(Kite):
    """Implements wire.Dialect."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.floor.watchers.append(lambda entry: post(self, entry))

    def answer(self, asked: Asked) -> Said:
        with self.floor.lock:
            try:
                return self._answer(asked)
            except No as no:
                body = {"status": "error", "message": no.words, "error_type": no.kind, "data": None}
                return said(body, no.status)

    def _answer(self, asked: Asked) -> Said:
        if door := routed(asked, DOORS):
            return door[0](self, asked, *door[1])
        login.check(self, asked)
        found = routed(asked, ROUTES)
        if found is None:
            raise No(404, "GeneralException", "Route not found")
        self.count(asked)
        self.floor.look()
        gtt.look(self)
        return found[0](self, asked, *found[1])
