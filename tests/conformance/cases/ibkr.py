from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import ClassVar

from conformance.case import Case, Row
from loopback.tws import ACCOUNT, SOON

from tradegram.brokers.contract import Profile
from tradegram.brokers.ibkr import Ibkr
from tradegram.brokers.ibkr.words import PROFILE, REFUSALS
from tradegram.brokers.listings import KnownListings, Listing
from tradegram.model import Session
from tradegram.sims.floor import Entry
from tradegram.sims.ibkr.contracts import usual
from tradegram.sims.ibkr.served import Gateway
from tradegram.sims.ibkr.tws import Tws
from tradegram.sims.wire import Said

NO_HTTP = "a socket of TWS's own has no web gateway before it that could answer in its place"
NO_FILE = "TWS has no file of instruments; a contract is asked for when it is used"


class IbkrCase(Case):
    """Over the real socket protocol, on loopback."""

    name = "ibkr"
    exempt: ClassVar[Mapping[str, str]] = {
        "a_gateway_that_fails_after_acceptance_is_unknown": NO_HTTP,
        "a_gateway_that_fails_before_acceptance_is_unknown_and_nothing_is_resent": NO_HTTP,
        "words_of_a_refusal_under_a_gateways_status_prove_nothing": NO_HTTP,
        "no_read_takes_trouble_for_an_empty_answer": NO_HTTP,
        "no_order_takes_trouble_for_an_answer": NO_HTTP,
        "after_a_logout_the_session_is_gone": (
            "the login is TWS's own and ends there; the desk only leaves, and may come again"
        ),
        "one_call_too_many_is_throttled_and_nothing_is_accepted": (
            "TWS says nothing of an order too many that would prove that it was not taken; the "
            "desk keeps to ten a second of the fifty allowed"
        ),
        "an_address_that_is_not_registered_is_called_that": (
            "TWS trusts addresses by a list of its own and does not speak to others at all"
        ),
        "no_secret_is_in_a_log_a_repr_or_an_error": (
            "an account number, an address and a port are all there is; none of them is secret"
        ),
        "holdings_are_what_was_bought_before": (
            "TWS lists what is held among the positions, whenever it was bought"
        ),
        "a_trigger_is_kept_listed_and_ended": (
            "TWS keeps no triggers beside orders: a stop is an order there, and works at once"
        ),
        "the_instruments_file_is_read_and_names_are_ours": NO_FILE,
        "broken_rows_of_the_instruments_file_are_set_aside": NO_FILE,
    }
    instrument = usual()[0].instrument
    price = Decimal("100.05")
    below = Decimal("99.95")

    def __init__(self) -> None:
        super().__init__()
        self.tws = Tws(self.floor)
        self.tws_gateway = Gateway(self.tws)
        self.tws_gateway.start()
        self._broker = self._at(ACCOUNT)

    def _at(self, account: str) -> Ibkr:
        where = {"host": "127.0.0.1", "port": str(self.tws_gateway.port)}
        listings = KnownListings(self.name, [self.listing])
        return Ibkr(Session(account, 0.0, where), self.clock, listings, SOON)

    @property
    def listing(self) -> Listing:
        return Listing(self.instrument, "SMART", "AAPL", "265598", {"sec_type": "STK"})

    def close(self) -> None:
        self._broker.close()
        self.tws_gateway.stop()

    @property
    def profile(self) -> Profile:
        return PROFILE

    def broker(self) -> Ibkr:
        return self._broker

    def strange_status(self, entry: Entry) -> None:
        entry.more["status"] = "Pondering"

    # -- what the wire does ------------------------------------------------------------------------

    def lose(self) -> None:
        self._broker.check()
        self.tws.faults.silent = 1

    def cut(self) -> None:
        self._broker.check()
        self.tws.faults.lost = 1

    def garble(self) -> None:
        self._broker.check()
        self.tws.faults.garbled = 1

    def gateway(self, status: int, *, done: bool) -> None:
        """See `exempt`."""

    def unreachable(self) -> None:
        self.tws_gateway.stop()

    def strange_error(self) -> None:
        self.tws.faults.refused.append((9999, "Computer says no."))

    def quote_secrets(self) -> None:
        """There are none."""

    def asked(self) -> int:
        """But what is said when a connection opens, and whether it is there."""
        self._broker.check()
        return sum(fields[0] not in ("49", "59") for _, fields in self.tws.arrived)

    def last_order(self) -> str:
        return [" ".join(fields) for _, fields in self.tws.arrived if fields[0] == "3"][-1]

    # -- what TWS does -----------------------------------------------------------------------------

    def expire(self) -> None:
        """Somebody else logs in there."""
        self.tws.accounts = ("DU7654321",)
        self.tws_gateway.cut()

    def throttle(self) -> None:
        """See `exempt`."""

    def forget_address(self) -> None:
        """See `exempt`."""

    def table(self) -> frozenset[str]:
        return frozenset(map(str, REFUSALS))

    def refusals(self) -> Sequence[Row]:
        return [Row(str(number), Said(0, b""), code) for number, code in REFUSALS.items()]

    def refuse(self, row: Row) -> None:
        self.tws.faults.refused.append((int(row.key), "TWS says no"))

    # -- sessions ----------------------------------------------------------------------------------

    def log_in(self) -> Session:
        self._broker.check()
        return Session(ACCOUNT, float("inf"), {})

    def log_in_wrongly(self) -> None:
        other = self._at("ibkr:U9999999")
        try:
            other.check()
        finally:
            other.close()

    def secrets(self) -> Sequence[str]:
        return ()

    def instruments(self, *, broken: bool) -> Sequence[Listing]:
        options = self._broker.options_of(self.instrument)
        return [Listing(one, "SMART", one.symbol) for one in options]
