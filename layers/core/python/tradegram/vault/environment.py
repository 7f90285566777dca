"""
Credentials out of environment variables, by our names and by those that other projects use.

Ours are the broker's name and the field's: ZERODHA_API_KEY, ANGELONE_TOTP_SECRET. A broker's
client number is ZERODHA_CLIENT.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tradegram.vault.fields import NEEDS, needs_of

# What else a value may be called, the first that is set counts.
ALSO: Mapping[str, tuple[str, ...]] = {
    "ZERODHA_API_KEY": ("Z_API_KEY", "KITE_API_KEY"),
    "ZERODHA_API_SECRET": ("Z_API_SECRET", "KITE_API_SECRET"),
    "ZERODHA_ACCESS_TOKEN": ("Z_ACCESS_TOKEN", "KITE_ACCESS_TOKEN"),
    "ZERODHA_CLIENT": ("ZERODHA_USER_ID",),
    "ICICIDIRECT_API_KEY": ("BREEZE_API_KEY",),
    "ICICIDIRECT_API_SECRET": ("BREEZE_API_SECRET",),
    "ALPACA_API_KEY": ("APCA_API_KEY_ID",),
    "ALPACA_API_SECRET": ("APCA_API_SECRET_KEY",),
    "ANGELONE_API_KEY": ("ANGEL_API_KEY", "SMARTAPI_API_KEY"),
}
DEFAULT, MOCK = "BROKER_DEFAULT", "USE_MOCK_BROKER"
TRUE = frozenset({"1", "true", "yes", "on"})
PAPER = "paper"


@dataclass(frozen=True, slots=True)
class Found:
    """client: "" when it is not said. token: a session of today, where one is given."""

    broker: str
    client: str
    values: Mapping[str, str] = field(repr=False)
    token: str = field(default="", repr=False)


def chosen(environment: Mapping[str, str]) -> str:
    """Which broker BROKER_DEFAULT and USE_MOCK_BROKER name; paper when neither does."""
    if environment.get(MOCK, "").strip().casefold() in TRUE:
        return PAPER
    word = environment.get(DEFAULT, "").strip().casefold()
    return PAPER if word in ("", "mock") else word


def found(broker: str, environment: Mapping[str, str]) -> Found:
    """Raises UserError: no such broker."""
    needs, prefix = needs_of(broker), broker.upper()

    def value(name: str) -> str:
        names = (f"{prefix}_{name}", *ALSO.get(f"{prefix}_{name}", ()))
        return next((environment[one].strip() for one in names if environment.get(one)), "")

    values = {each.name: value(each.name.upper()) for each in needs.fields}
    return Found(broker, value("CLIENT"), values, value("ACCESS_TOKEN"))


def brokers() -> tuple[str, ...]:
    return (PAPER, *NEEDS)
