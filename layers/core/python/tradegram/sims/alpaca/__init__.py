"""Alpaca as it behaves from outside, over one floor: trading and prices at one address."""

from __future__ import annotations

from tradegram.sims.alpaca import account, market, orders
from tradegram.sims.alpaca.state import Brokerage, No, uuid_of
from tradegram.sims.routes import Route, routed
from tradegram.sims.wire import Asked, Said, said

__all__ = ["AlpacaSim", "uuid_of"]

ROUTES: tuple[Route, ...] = (
    ("POST", r"/v2/orders", orders.place),
    ("GET", r"/v2/orders", orders.listed),
    ("DELETE", r"/v2/orders", orders.cancel_all),
    ("GET", r"/v2/orders:by_client_order_id", orders.named),
    ("GET", r"/v2/orders/([-\w]+)", orders.one),
    ("PATCH", r"/v2/orders/([-\w]+)", orders.change),
    ("DELETE", r"/v2/orders/([-\w]+)", orders.cancel),
    ("GET", r"/v2/account", account.account),
    ("GET", r"/v2/positions", account.positions),
    ("GET", r"/v2/account/activities/FILL", account.fills),
    ("GET", r"/v2/clock", account.clock),
    ("GET", r"/v2/assets", market.assets),
    ("GET", r"/v2/options/contracts", market.contracts),
    ("GET", r"/v2/stocks/snapshots", market.shares),
    ("GET", r"/v1beta3/crypto/us/snapshots", market.others),
    ("GET", r"/v1beta1/options/snapshots", market.others),
    ("GET", r"/v1beta1/options/snapshots/(\w+)", market.chain),
    ("GET", r"/(?:v2/stocks|v1beta3/crypto/us|v1beta1/options)/bars", market.bars),
)


class AlpacaSim(Brokerage):
    """Implements wire.Dialect."""

    def answer(self, asked: Asked) -> Said:
        with self.floor.lock:
            try:
                return self._answer(asked)
            except No as no:
                code = {"code": no.code} if no.code else {}
                return said({**code, "message": no.words}, no.status)

    def _answer(self, asked: Asked) -> Said:
        self.check(asked)
        found = routed(asked, ROUTES)
        if found is None:
            raise No(404, 40410000, "endpoint not found")
        self.floor.look()
        return found[0](self, asked, *found[1])
