"""No test reaches another machine, whatever it forgets."""

from __future__ import annotations

import socket
from contextlib import closing

import pytest

from tradegram.brokers.client import TIMEOUT
from tradegram.brokers.proxies import connection
from tradegram.connection import Unsent


@pytest.mark.parametrize("host", ["api.kite.trade", "192.0.2.1", "2001:db8::1"])
def test_no_other_machine_is_reached(host: str) -> None:
    address = f"[{host}]" if ":" in host else host
    with (
        closing(connection()) as http,
        pytest.raises(Unsent) as caught,
    ):
        http.request("GET", f"https://{address}/", content=b"", headers={}, timeout=TIMEOUT)
    assert "this machine only" in str(caught.value.__cause__)


def test_this_machine_is() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(("localhost", server.getsockname()[1])) as there,
    ):
        assert there.getpeername()[0] == "127.0.0.1"
