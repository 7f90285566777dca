"""Kotak Neo's Trade API as it behaves from outside, over one floor."""

from __future__ import annotations

from tradegram.sims.kotakneo import account, login, market, orders
from tradegram.sims.kotakneo.state import Neo, No
from tradegram.sims.routes import Route, routed
from tradegram.sims.wire import Asked, Said, said

__all__ = ["KotakNeoSim"]

ROUTES: tuple[Route, ...] = (
    ("POST", r"/quick/order/rule/ms/place", orders.place),
    ("POST", r"/quick/order/vr/modify", orders.change),
    ("POST", r"/quick/order/cancel", orders.cancel),
    ("GET", r"/quick/user/orders", orders.book),
    ("GET", r"/quick/user/trades", orders.trades),
    ("GET", r"/quick/user/positions", account.positions),
    ("GET", r"/portfolio/v1/holdings", account.holdings),
    ("POST", r"/quick/user/limits", account.limits),
    ("POST", r"/quick/user/check-margin", account.margin),
)
# With the app's token alone.
DATA: tuple[Route, ...] = (
    ("GET", r"/script-details/1.0/quotes/neosymbol/([^/]+)/(all|ltp)", market.quotes),
    ("GET", r"/script-details/1.0/masterscrip/file-paths", market.paths),
)
OPEN: tuple[Route, ...] = (
    ("POST", r"/login/1.0/tradeApiLogin", login.look),
    ("POST", r"/login/1.0/tradeApiValidate", login.trade),
    ("GET", r"/wso2-scripmaster/.*/(nse_cm|bse_cm|nse_fo|bse_fo|mcx_fo)[-v1]*.csv", market.file),
)


class KotakNeoSim(Neo):
    """Implements wire.Dialect."""

    def answer(self, asked: Asked) -> Said:
        with self.floor.lock:
            try:
                return self._answer(asked)
            except No as no:
                return said(no.body, no.status)

    def _answer(self, asked: Asked) -> Said:
        if self.is_too_often():
            raise No("Too many requests", 0, 429)
        if door := routed(asked, OPEN):
            return door[0](self, asked, *door[1])
        if data := routed(asked, DATA):
            login.check_app(self, asked)
            return data[0](self, asked, *data[1])
        found = routed(asked, ROUTES)
        if found is None:
            raise No("Resource not found", 404, 404)
        login.check(self, asked)
        self.floor.look()
        return found[0](self, asked, *found[1])
