"""How a broker is reached: over kept connections, and with nothing that is kept between calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from tradegram.brokers.proxies import checked

# What an `httpx.Client` says of itself; brokers' front doors refuse who says nothing.
SAID = {
    "accept": "*/*",
    "accept-encoding": "gzip, deflate",
    "connection": "keep-alive",
    "user-agent": f"python-httpx/{httpx.__version__}",
}


@dataclass(frozen=True, slots=True)
class Connection:
    """
    Implements client.Http without a client: no cookies, no redirects, no log of addresses.

    An `httpx.Client` takes half as long again for a call, and would show one account's cookies
    with the calls of the next. Safe to share between threads.
    """

    ways: httpx.BaseTransport

    def request(
        self,
        method: str,
        url: str,
        *,
        content: bytes,
        headers: Mapping[str, str],
        timeout: httpx.Timeout,
    ) -> httpx.Response:
        """The whole answer. headers: go before what is said anyway. Raises httpx.RequestError."""
        named = {name.lower() for name in headers}
        said = {name: value for name, value in SAID.items() if name not in named}
        asked = httpx.Request(
            method, url, content=content, headers={**said, **headers},
            extensions={"timeout": timeout.as_dict()},
        )  # fmt: skip
        answer = self.ways.handle_request(asked)
        try:
            answer.read()
        finally:
            answer.close()
        return answer

    def close(self) -> None:
        self.ways.close()


def connection(proxy: str = "", *, keep_alive: bool = True) -> Connection:
    """
    No redirects, no retries, checked certificates.

    proxy:      `http://user:password@host:port`, for an account whose registered address is
                elsewhere.
    keep_alive: not where the process is frozen between two orders: a connection that died
                meanwhile takes an order with it, and nobody knows whether it arrived.
    """
    limits = httpx.Limits(max_keepalive_connections=None if keep_alive else 0)
    return Connection(httpx.HTTPTransport(retries=0, proxy=checked(proxy), limits=limits))
