"""
How the simulated brokers are spoken to: Kite's words, in which the ledger thinks, and others'.

Each translates what its adapter wrote on the wire into a call of the ledger, and the ledger's
answer into its broker's words, with that broker's own rules of time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import parse_qsl, urlsplit

from simulation.world import SECRET

from tradegram.brokers.adapter import Adapter, Call
from tradegram.brokers.angelone import AngelOne
from tradegram.brokers.binance import BinanceFutures
from tradegram.brokers.contract import Identity
from tradegram.brokers.indian import stamp
from tradegram.brokers.kotakneo import KotakNeo
from tradegram.brokers.listings import SameNames
from tradegram.brokers.zerodha import Zerodha
from tradegram.model import OrderIntent, TimeInForce

if TYPE_CHECKING:
    from simulation.exchange import Exchange

Said = tuple[int, Any]
ORDERS = "/orders/regular"
NO_PAGE: Said = 404, None
LETTERS = {"B": "BUY", "S": "SELL"}


@dataclass(frozen=True)
class Sent:
    """A request as it was written. form: of its query and its body; header names as written."""

    method: str
    path: str
    form: Mapping[str, str]
    headers: Mapping[str, str]

    @classmethod
    def of(cls, method: str, url: str, content: bytes, headers: Mapping[str, str]) -> Sent:
        parts, text = urlsplit(url), content.decode()
        is_json = text.startswith("{")
        body = json.loads(text) if is_json else dict(parse_qsl(text))
        return cls(method, parts.path, {**dict(parse_qsl(parts.query)), **body}, headers)


class Dialect(Protocol):
    """
    secrets: of its session. mix: what its days must have. doubt: seconds within which an order
    whose answer was "timed out" may yet be taken.
    """

    secrets: Mapping[str, str]
    mix: Mapping[str, float]
    doubt: float

    def adapter(self, keeps_names: bool) -> Adapter: ...

    def named(self, symbol: str, number: int) -> str:
        """The id of an order, as the desk keeps it."""
        ...

    def tag(self, sent: Sent) -> str:
        """Of a new order our client order id, "" of all else."""
        ...

    def answer(self, ledger: Exchange, sent: Sent) -> Said: ...


# -- Kite ------------------------------------------------------------------------------------------


class Nameless(Zerodha):
    """
    A broker that keeps no id of ours. What it is sent here as `tag` is for the ledger of truth
    alone: its book does not show it.
    """

    profile = replace(Zerodha.profile, identity=Identity.NONE, tag_length=0)

    def place(self, intent: OrderIntent) -> Call[str]:
        call = super().place(intent)
        form = {**call.request.form, "tag": intent.client_order_id}
        return replace(call, request=replace(call.request, form=form))


class Kite:
    secrets: Mapping[str, str] = {"api_key": "k", "access_token": SECRET}
    mix: Mapping[str, float] = {}
    doubt = 90.0

    def named(self, symbol: str, number: int) -> str:
        return str(number)

    def adapter(self, keeps_names: bool) -> Adapter:
        return Zerodha() if keeps_names else Nameless()

    def tag(self, sent: Sent) -> str:
        return sent.form["tag"] if sent.method == "POST" else ""

    def answer(self, ledger: Exchange, sent: Sent) -> Said:
        auth = sent.headers["Authorization"]
        said: Said = ledger.answer(sent.method, sent.path, sent.form, auth)
        return said


KITE = Kite()


# -- Angel One -------------------------------------------------------------------------------------


class Angel:
    """Everything but reads is a POST; a refusal is a 200."""

    secrets: Mapping[str, str] = {"api_key": "k", "jwt_token": SECRET}
    mix: Mapping[str, float] = {"nameless": 0.0, "postback": 0.0}
    doubt = 90.0
    STATUSES: Mapping[str, str] = {"CANCEL PENDING": "open"}
    CALLS: Mapping[str, str] = {
        "placeOrder": "POST",
        "modifyOrder": "PUT",
        "cancelOrder": "DELETE",
    }

    def named(self, symbol: str, number: int) -> str:
        return str(number)

    def adapter(self, keeps_names: bool) -> Adapter:
        return AngelOne()

    def tag(self, sent: Sent) -> str:
        return sent.form["ordertag"] if sent.path.endswith("placeOrder") else ""

    def answer(self, ledger: Exchange, sent: Sent) -> Said:
        if sent.method == "GET":
            _, body = ledger.answer("GET", ORDERS, {}, "")
            return 200, self._ok([self._row(row) for row in body["data"]])
        form, auth = sent.form, sent.headers["Authorization"]
        method = self.CALLS.get(sent.path.rpartition("/")[2])
        if method is None:
            return NO_PAGE  # money is not simulated
        terms = {
            "tradingsymbol": form.get("tradingsymbol", ""),
            "transaction_type": form.get("transactiontype", ""),
            "quantity": form.get("quantity", ""),
            "price": form.get("price", ""),
            "tag": form.get("ordertag", ""),
        }
        if method == "PUT":
            terms = {name: terms[name] for name in ("quantity", "price")}
        status, body = ledger.answer(method, f"{ORDERS}/{form.get('orderid')}", terms, auth)
        if status == 200:
            return 200, self._ok({"orderid": body["data"]["order_id"]})
        return self._no(body)

    def _ok(self, data: Any) -> dict[str, Any]:
        return {"status": True, "message": "SUCCESS", "errorcode": "", "data": data}

    def _no(self, body: Mapping[str, str]) -> Said:
        words = body["message"]
        if body["error_type"] == "TokenException":
            return 401, {"success": False, "message": words, "errorCode": "AG8001", "data": ""}
        # What may yet be taken is said without a code that proves anything.
        code = "AB2001" if "timed out" in words else "AB4008"
        return 200, {"status": False, "message": words, "errorcode": code, "data": None}

    def _row(self, row: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "variety": "NORMAL",
            "orderid": row["order_id"],
            "ordertag": row["tag"],
            "status": self.STATUSES.get(row["status"], row["status"].lower()),
            "exchange": "NSE",
            "symboltoken": "",
            "tradingsymbol": row["tradingsymbol"],
            "transactiontype": row["transaction_type"],
            "quantity": str(row["quantity"]),
            "filledshares": str(row["filled_quantity"]),
            "averageprice": row["average_price"],
            "price": row["price"],
            "triggerprice": 0,
            "updatetime": stamp(row["at"]),
            "text": "",
        }


# -- Kotak Neo -------------------------------------------------------------------------------------


class KnownKotak(KotakNeo):
    """It keeps no name of ours: a header brings it to the ledger of truth, and no book shows it."""

    def place(self, intent: OrderIntent) -> Call[str]:
        call = super().place(intent)
        request = replace(call.request, headers={"x-truth": intent.client_order_id})
        return replace(call, request=request)


class Kotak:
    """A form of one JSON field; words of a refusal, and few of them documented."""

    secrets: Mapping[str, str] = {"session_token": SECRET, "session_id": "s"}
    mix: Mapping[str, float] = {"nameless": 1.0, "postback": 0.0}
    doubt = 90.0
    CALLS: Mapping[str, str] = {"place": "POST", "modify": "PUT", "cancel": "DELETE"}

    def named(self, symbol: str, number: int) -> str:
        return str(number)

    def adapter(self, keeps_names: bool) -> Adapter:
        return KnownKotak(SameNames())

    def tag(self, sent: Sent) -> str:
        return sent.headers.get("x-truth", "")

    def answer(self, ledger: Exchange, sent: Sent) -> Said:
        if sent.method == "GET":
            _, body = ledger.answer("GET", ORDERS, {}, "")
            return 200, {"stat": "Ok", "stCode": 200, "data": [self._row(r) for r in body["data"]]}
        form, auth = json.loads(sent.form["jData"]), sent.headers["Auth"]
        method = self.CALLS.get(sent.path.rpartition("/")[2])
        if method is None:
            return NO_PAGE  # money is not simulated
        terms = {name: form[short] for name, short in (("quantity", "qt"), ("price", "pr"))
                 if short in form}  # fmt: skip
        if method == "POST":
            terms |= {
                "tradingsymbol": form["ts"],
                "transaction_type": LETTERS[form["tt"]],
                "tag": self.tag(sent),
            }
        order_id = form.get("no") or form.get("on")
        status, body = ledger.answer(method, f"{ORDERS}/{order_id}", terms, auth)
        if status == 200:
            return 200, {"nOrdNo": body["data"]["order_id"], "stat": "Ok", "stCode": 200}
        words = body["message"]
        if body["error_type"] == "TokenException":
            return 401, {"stat": "Not_Ok", "emsg": "Invalid session", "stCode": 100008}
        return 400, {"stat": "Not_Ok", "emsg": words, "stCode": 1006}

    def _row(self, row: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "nOrdNo": row["order_id"],
            "ordSt": row["status"].lower(),
            "exSeg": "NSE",
            "trdSym": row["tradingsymbol"],
            "trnsTp": row["transaction_type"][0],
            "qty": row["quantity"],
            "fldQty": row["filled_quantity"],
            "avgPrc": row["average_price"],
            "prc": row["price"],
            "trgPrc": "0",
            "ordDtTm": stamp(row["at"]),
            "rejRsn": "--",
        }


# -- Binance futures -------------------------------------------------------------------------------


class ForCoins(BinanceFutures):
    """These days' orders are DAY orders, which coins do not know: they are sent as GTC."""

    def place(self, intent: OrderIntent) -> Call[str]:
        return super().place(replace(intent, time_in_force=TimeInForce.GTC))


class Binance:
    """
    What works is listed, what ended is asked for by name; a request is good for five seconds of
    the exchange's clock, and the market never closes. It matches orders itself, so what it says of
    a cancelled one is final: no fill crosses a cancel.
    """

    secrets: Mapping[str, str] = {"api_key": SECRET, "api_secret": "s"}
    mix: Mapping[str, float] = {
        "nameless": 0.0,
        "postback": 0.0,
        "crossed_fill": 0.0,
        "never_closes": 1.0,
    }
    doubt = 10.0
    STATUSES: Mapping[str, str] = {
        "PUT ORDER REQ RECEIVED": "PENDING_NEW",
        "OPEN": "NEW",
        "CANCEL PENDING": "PENDING_CANCEL",
        "COMPLETE": "FILLED",
        "CANCELLED": "CANCELED",
        "REJECTED": "REJECTED",
    }
    LIVE = frozenset({"PENDING_NEW", "NEW", "PENDING_CANCEL"})

    def named(self, symbol: str, number: int) -> str:
        return f"{symbol}-order-{number}"

    def adapter(self, keeps_names: bool) -> Adapter:
        return ForCoins()

    def tag(self, sent: Sent) -> str:
        return sent.form["newClientOrderId"] if sent.method == "POST" else ""

    def answer(self, ledger: Exchange, sent: Sent) -> Said:
        call, form, now = sent.path.rpartition("/")[2], sent.form, ledger.world.time * 1000
        if call == "time":
            return 200, {"serverTime": int(now)}
        window = float(form["recvWindow"])
        if not now - window <= int(form["timestamp"]) < now + 1000:
            return self._no(-1021, "Timestamp for this request is outside of the recvWindow.")
        if sent.method == "GET":
            return self._listed(ledger, call, form)
        terms = {name: form[name] for name in ("quantity", "price") if name in form}
        if sent.method == "POST":
            terms |= {
                "tradingsymbol": form["symbol"],
                "transaction_type": form["side"],
                "tag": form["newClientOrderId"],
            }
        path = f"{ORDERS}/{form['symbol']}-order-{form.get('orderId')}"
        status, body = ledger.answer(sent.method, path, terms, sent.headers["X-MBX-APIKEY"])
        if status != 200:
            return self._said_no(body)
        return 200, {"symbol": form["symbol"], "orderId": _number(body["data"])}

    def _listed(self, ledger: Exchange, call: str, form: Mapping[str, str]) -> Said:
        _, body = ledger.answer("GET", ORDERS, {}, "")
        rows = [self._row(row) for row in body["data"]]
        if call == "openAlgoOrders":
            return 200, []
        if call == "openOrders":
            ended = frozenset(self.STATUSES.values()) - self.LIVE
            return 200, [row for row in rows if row["status"] not in ended]
        named = [row for row in rows if row["clientOrderId"] == form["origClientOrderId"]]
        if not named:
            return self._no(-2013, "Order does not exist.")
        return 200, max(named, key=lambda row: int(row["orderId"]))

    def _row(self, row: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "symbol": row["tradingsymbol"],
            "orderId": _number(row),
            "clientOrderId": row["tag"],
            "status": self.STATUSES.get(row["status"], row["status"].replace(" ", "_")),
            "origQty": str(row["quantity"]),
            "executedQty": str(row["filled_quantity"]),
            "avgPrice": str(row["average_price"]),
            "price": row["price"],
            "stopPrice": "0",
            "side": row["transaction_type"],
            "updateTime": int(row["at"] * 1000),
        }

    def _said_no(self, body: Mapping[str, str]) -> Said:
        words = body["message"]
        if body["error_type"] == "TokenException":
            return self._no(-2015, "Invalid API-key, IP, or permissions for action.", 401)
        if "timed out" in words:
            return self._no(-1007, "Timeout waiting for response; execution status unknown.")
        if "ended" in words:
            return self._no(-2011, "Unknown order sent.")
        return self._no(-2010, words)

    def _no(self, code: int, words: str, status: int = 400) -> Said:
        return status, {"code": code, "msg": words}


def _number(row: Mapping[str, Any]) -> int:
    return int(row["order_id"].rpartition("-")[2])


DIALECTS: Mapping[str, Dialect] = {
    "kite": KITE,
    "angelone": Angel(),
    "kotakneo": Kotak(),
    "binance": Binance(),
}
