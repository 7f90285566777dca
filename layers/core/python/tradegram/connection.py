"""
HTTP to a server elsewhere: one request, its answer, and whether the request can have left.

A client library repeats requests, follows redirects, keeps cookies and logs addresses unless it is
kept from it, and says only by the kind of an error whether a byte was sent. For an order that is
what matters most. So a connection is opened first, which writes nothing of the request, and the
request is written only then: what fails before is Unsent, and whatever fails after is Unanswered.
"""

from __future__ import annotations

import gzip
import json
import select
import ssl
import threading
import time
import zlib
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

import certifi

from tradegram import __version__

IDLE = 5.0  # seconds; one that was not used for longer may be dead without anybody knowing
MOST_IDLE = 64  # of one server

# Brokers' front doors refuse who says nothing of himself.
SAID = {
    "Accept": "*/*",
    "Accept-Encoding": "gzip, deflate",
    "User-Agent": f"tradegram/{__version__}",
}
WITH_BODY = frozenset({"POST", "PUT", "PATCH"})  # say its length also when it is empty


class Unsent(Exception):
    """Not a byte of the request was written."""


class Unanswered(Exception):
    """It was written, in part at least: the server may have done what it says."""


@dataclass(frozen=True, slots=True)
class Timeout:
    """Seconds. connect: until a connection is open. write, read: between two signs of life."""

    connect: float
    read: float
    write: float


@dataclass(frozen=True, slots=True)
class Answer:
    """headers: names in lower case. content: unpacked."""

    status_code: int
    content: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)

    def json(self) -> Any:
        """Raises ValueError when it is none."""
        return json.loads(self.content)


class Place(NamedTuple):
    """Where a connection leads. Only connections to the same place may stand in for each other."""

    is_safe: bool
    host: str
    port: int | None


class Connection:
    """To any number of servers. Safe to share between threads. Implements brokers' client.Http."""

    def __init__(self, proxy: str = "", *, keep_alive: bool = True) -> None:
        """
        proxy:      `http://user:password@host:port`, or none.
        keep_alive: not where the process is frozen between two requests: a connection that died
                    meanwhile takes an order with it, and nobody knows whether it arrived.
        """
        self._proxy = urlsplit(proxy) if proxy else None
        self._keep_alive = keep_alive
        self._idle: dict[Place, list[tuple[float, HTTPConnection]]] = {}
        self._is_closed = False
        self._lock = threading.Lock()
        self._tls: ssl.SSLContext | None = None

    def request(
        self,
        method: str,
        url: str,
        *,
        content: bytes,
        headers: Mapping[str, str],
        timeout: Timeout,
    ) -> Answer:
        """
        The whole answer, whatever its status. headers: go before what is said anyway.

        Raises Unsent, Unanswered; neither says the address, which may hold a secret.
        """
        place, target = self._way(url)
        line = self._kept(place) or self._opened(place, timeout.connect)
        try:
            line.putrequest(method, target, skip_accept_encoding=True)
            for name, value in self._said(method, place, content, headers).items():
                line.putheader(name, value)
        except (ValueError, HTTPException) as error:  # so far it was only put together
            line.close()
            raise Unsent(_why(error)) from None
        try:
            answer = _exchanged(line, content, timeout)
        except Exception as error:  # the broker may have an order now, whatever went wrong here
            line.close()
            raise Unanswered(_why(error)) from error
        except BaseException:
            line.close()
            raise
        self._keep(place, line)
        return answer

    def close(self) -> None:
        """Requests after it are Unsent. What is under way ends within its time."""
        with self._lock:
            self._is_closed = True
            idle, self._idle = self._idle, {}
        for lines in idle.values():
            for _, line in lines:
                line.close()

    # -- where to ----------------------------------------------------------------------------------

    def _way(self, url: str) -> tuple[Place, str]:
        """And what is asked for there. Raises Unsent."""
        try:
            parts = urlsplit(url)
            place = Place(parts.scheme == "https", parts.hostname or "", parts.port)
        except ValueError as error:
            raise Unsent(_why(error)) from None
        if parts.scheme not in ("http", "https") or not place.host:
            raise Unsent("not an address of the web")
        if self._proxy and not place.is_safe:
            return place, url
        return place, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

    def _said(
        self, method: str, place: Place, content: bytes, headers: Mapping[str, str]
    ) -> dict[str, str]:
        named = {name.lower() for name in headers}
        said = {name: value for name, value in SAID.items() if name.lower() not in named}
        said.update(headers)
        if content or method in WITH_BODY:
            said["Content-Length"] = str(len(content))
        if self._proxy and not place.is_safe:  # otherwise the proxy was told when it was opened
            said.update(_pass_of(self._proxy))
        return said

    # -- connections -------------------------------------------------------------------------------

    def _kept(self, place: Place) -> HTTPConnection | None:
        while True:
            with self._lock:
                lines = self._idle.get(place)
                since, line = lines.pop() if lines else (0.0, None)
            if line is None:
                return None
            if time.monotonic() - since <= IDLE and not _has_news(line):
                return line
            line.close()

    def _opened(self, place: Place, seconds: float) -> HTTPConnection:
        """Raises Unsent."""
        if self._is_closed:
            raise Unsent("closed")
        line = self._line(place, seconds)
        try:
            line.connect()  # through a proxy's CONNECT, and with the certificate checked
        except (OSError, ValueError, HTTPException) as error:
            line.close()
            raise Unsent(_why(error)) from error
        except BaseException:
            line.close()
            raise
        return line

    def _line(self, place: Place, seconds: float) -> HTTPConnection:
        is_safe, host, port = place
        if self._proxy is None:
            if is_safe:
                return HTTPSConnection(host, port, timeout=seconds, context=self._context())
            return HTTPConnection(host, port, timeout=seconds)
        through, at = self._proxy.hostname or "", self._proxy.port or 80
        if not is_safe:
            return HTTPConnection(through, at, timeout=seconds)
        line = HTTPSConnection(through, at, timeout=seconds, context=self._context())
        line.set_tunnel(host, port or 443, _pass_of(self._proxy))
        return line

    def _context(self) -> ssl.SSLContext:
        """Made when it is first needed: it reads every authority there is."""
        with self._lock:
            if self._tls is None:
                self._tls = ssl.create_default_context()
                if not self._tls.cert_store_stats()["x509_ca"]:
                    self._tls.load_verify_locations(certifi.where())
                self._tls.set_alpn_protocols(["http/1.1"])
            return self._tls

    def _keep(self, place: Place, line: HTTPConnection) -> None:
        if line.sock is None:  # the server has said that it ends here
            return
        with self._lock:
            lines = self._idle.setdefault(place, [])
            if self._keep_alive and not self._is_closed and len(lines) < MOST_IDLE:
                lines.append((time.monotonic(), line))
                return
        line.close()


def _exchanged(line: HTTPConnection, content: bytes, timeout: Timeout) -> Answer:
    line.sock.settimeout(timeout.write)
    line.endheaders(content or None)
    line.sock.settimeout(timeout.read)
    heard = line.getresponse()
    content = heard.read()
    headers = {name.lower(): value for name, value in heard.getheaders()}
    return Answer(heard.status, _unpacked(content, headers.get("content-encoding", "")), headers)


def _unpacked(content: bytes, packed: str) -> bytes:
    """Raises ValueError, EOFError, OSError, zlib.error."""
    match packed.strip().lower():
        case "" | "identity":
            return content
        case "gzip" | "x-gzip":
            return gzip.decompress(content)
        case "deflate":
            return zlib.decompress(content)
    raise ValueError(f"packed as {packed}")


def _has_news(line: HTTPConnection) -> bool:
    """Nothing was asked, so news can only be that the server has closed it."""
    waiting = select.poll()
    waiting.register(line.sock, select.POLLIN)
    return bool(waiting.poll(0))


def _pass_of(proxy: SplitResult) -> dict[str, str]:
    if proxy.username is None:
        return {}
    user, password = unquote(proxy.username), unquote(proxy.password or "")
    return {"Proxy-Authorization": f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"}


def _why(error: Exception) -> str:
    """In a word; addresses and headers, which errors like to repeat, may hold secrets."""
    text = str(error)
    return text[:80] if text.startswith("Tunnel connection failed") else type(error).__name__
