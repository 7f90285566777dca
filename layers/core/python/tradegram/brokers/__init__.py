"""
Brokers behind one contract, and a plain way to one of them from a program of your own.

    from tradegram import brokers

    with brokers.open("zerodha") as broker:
        print(broker.funds())
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tradegram.library import OpenBroker


def open(
    broker: str = "",
    credentials: Mapping[str, str] | None = None,
    *,
    client: str = "",
    environment: Mapping[str, str] | None = None,
) -> OpenBroker:
    """
    A broker with typed results, see `library.OpenBroker`; a `with` statement closes it.

    broker: as in `tradegram link`, or "paper"; by default what BROKER_DEFAULT names, and paper
    when USE_MOCK_BROKER is true or nothing is named. credentials: by field as `vault.fields` has
    them, and `access_token` for a session of today; by default from the environment, such as
    ZERODHA_API_KEY. client: the customer's number. environment: instead of the process's own.

    Raises UserError: no such broker, or something needed is missing.
    """
    from tradegram.library.opening import open_broker

    return open_broker(broker, credentials, client, environment)
