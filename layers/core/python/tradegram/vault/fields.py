"""
What each broker needs to let us in, as rows. A broker's own words; where they differ, the sheet
of its API decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tradegram.errors import UserError


@dataclass(frozen=True, slots=True)
class Field:
    """
    name:   as the adapter reads it. title: as the holder is asked for it.
    hidden: not echoed while it is typed. Sealed are all of them.
    """

    name: str
    title: str
    needed: bool = True
    hidden: bool = True


@dataclass(frozen=True, slots=True)
class Needs:
    """
    client:   what the broker calls its customer's number; it names the account and is no secret.
              "" where there is none: the account is then named by its set.
    currency: of the account's money. either: of these fields one is needed, whichever.
    """

    title: str
    client: str
    fields: tuple[Field, ...]
    currency: str = "INR"
    either: tuple[str, ...] = ()


API_KEY, API_SECRET = Field("api_key", "API key"), Field("api_secret", "API secret")
TOTP = Field(
    "totp_secret", "TOTP secret; when it is given, the desk logs in by itself each morning", False
)

PROXY = Field("proxy", "proxy that orders leave through, http://user:password@host:port", False)

# Of every broker in India: what its rules for orders by API may ask of an account.
COMMON = (
    Field("address", "address registered for orders; it is compared before the open", False, False),
    PROXY,
    Field("algo_id", "the exchange's algo id, where you have one", False, False),
)

# Of spot and of futures: the same pair of keys may serve for both.
SIGNS = ("api_secret", "private_key")
BINANCE = (
    API_KEY,
    Field("api_secret", "API secret; empty when the key is Ed25519", needed=False),
    Field("private_key", "Ed25519 private key, PEM; empty when there is a secret", needed=False),
    Field("environment", "live, testnet or demo; empty is live", needed=False, hidden=False),
    PROXY,
)

NEEDS: Mapping[str, Needs] = {
    "alpaca": Needs(
        "Alpaca",
        "",
        (
            API_KEY,
            Field("api_secret", "API secret key"),
            Field("environment", "paper or live; empty is paper", needed=False, hidden=False),
            PROXY,
        ),
        "USD",
    ),
    "angelone": Needs("Angel One", "client code", (API_KEY, Field("pin", "PIN"), TOTP, *COMMON)),
    "binance": Needs("Binance", "", BINANCE, "USDT", either=SIGNS),
    "binancefutures": Needs("Binance Futures", "", BINANCE, "USDT", either=SIGNS),
    "ibkr": Needs(
        "Interactive Brokers",
        "account number, such as U1234567",
        (
            Field("host", "address of TWS or the Gateway", hidden=False),
            Field("port", "its port: paper 4002, live 4001", hidden=False),
            Field("read_only", "yes to look only, and refuse orders", False, hidden=False),
            Field("symbols", "US shares to list besides, e.g. PLTR COIN", False, hidden=False),
        ),
        "USD",
    ),
    "icicidirect": Needs("ICICI Direct", "user id", (API_KEY, API_SECRET, *COMMON)),
    "kotakneo": Needs(
        "Kotak Neo",
        "UCC",
        (
            Field("access_token", "API access token"),
            Field("mobile", "mobile number with +91"),
            Field("mpin", "MPIN"),
            TOTP,
            *COMMON,
        ),
    ),
    "zerodha": Needs("Zerodha", "client id", (API_KEY, API_SECRET, *COMMON)),
}


def needs_of(broker: str) -> Needs:
    """Raises UserError."""
    if broker not in NEEDS:
        raise UserError(
            f"No broker {broker[:30]!r} can be linked in this version. There are: "
            f"{', '.join(NEEDS)}."
        )
    return NEEDS[broker]


def missing(broker: str, given: Mapping[str, str]) -> list[str]:
    """Titles of what is needed and not given."""
    needs = needs_of(broker)
    lacking = [each.title for each in needs.fields if each.needed and not given.get(each.name)]
    if needs.either and not any(given.get(name) for name in needs.either):
        lacking.append(" or ".join(name.replace("_", " ") for name in needs.either))
    return lacking
