"""What goes out with a request, what stays behind after one, and what is known when one fails."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time
import zlib
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from loopback.tls import authority

from tradegram import connection as wire
from tradegram.connection import Answer, Connection, Timeout, Unanswered, Unsent

SOON = Timeout(connect=2.0, read=2.0, write=2.0)
HASTY = Timeout(connect=0.3, read=0.3, write=0.3)
TEXT = b"hello"
PACKED = {"gzip": gzip.compress(TEXT), "deflate": zlib.compress(TEXT), "": TEXT}


@dataclass
class Door:
    """A server that keeps every request. ends: it closes after each answer."""

    arrived: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    connections: list[object] = field(default_factory=list)
    packed: str = "gzip"
    ends: bool = False
    url: str = ""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    door: Door

    def setup(self) -> None:
        super().setup()
        self.door.connections.append(self.client_address)

    def _any(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.door.arrived.append((self.command, self.path, headers, content))
        text = b"not packed" if "broken" in self.path else PACKED[self.door.packed]
        text = gzip.compress(content) if "echo" in self.path else text
        self.send_response(302 if "moved" in self.path else 200)
        self.send_header("Location", "/elsewhere")
        self.send_header("Set-Cookie", "session=of-another")
        self.send_header("Content-Encoding", "br" if "brotli" in self.path else self.door.packed)
        self.send_header("Content-Length", str(len(text) + ("short" in self.path)))
        if self.door.ends or "short" in self.path:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = do_DELETE = do_CONNECT = _any

    def log_message(self, format: str, *args: object) -> None:
        return


@contextmanager
def opened(tls: ssl.SSLContext | None = None) -> Iterator[Door]:
    found = Door()

    class Own(Handler):
        door = found

    with ThreadingHTTPServer(("127.0.0.1", 0), Own) as server:
        server.daemon_threads = True
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        found.url = (
            f"{'https://localhost' if tls else 'http://127.0.0.1'}:{server.server_address[1]}"
        )
        try:
            yield found
        finally:
            server.shutdown()


@contextmanager
def listener(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    """Does to each connection what `serve` does, one after the other."""
    server = socket.create_server(("127.0.0.1", 0))

    def work() -> None:
        while True:
            try:
                one, _ = server.accept()
            except OSError:
                return
            with one:
                serve(one)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(5)


@pytest.fixture
def door() -> Iterator[Door]:
    with opened() as one:
        yield one


@pytest.fixture
def http() -> Iterator[Connection]:
    with closing(Connection()) as one:
        yield one


def get(http: Connection, url: str, timeout: Timeout = SOON, **headers: str) -> Answer:
    return http.request("GET", url, content=b"", headers=headers, timeout=timeout)


def post(http: Connection, url: str, content: bytes, timeout: Timeout = SOON) -> Answer:
    return http.request("POST", url, content=content, headers={}, timeout=timeout)


# -- what is asked and answered --------------------------------------------------------------------


def test_a_request_arrives_as_it_was_given_and_once(http: Connection, door: Door) -> None:
    answer = http.request(
        "PUT", f"{door.url}/orders/1?i=NSE%3AM%26M&q=a+b", content=b'{"qty": 1}',
        headers={"X-Key": "k", "accept": "application/json"}, timeout=SOON,
    )  # fmt: skip

    assert (answer.status_code, answer.content) == (200, TEXT)
    [(method, path, headers, content)] = door.arrived
    assert (method, path) == ("PUT", "/orders/1?i=NSE%3AM%26M&q=a+b")
    assert content == b'{"qty": 1}'
    assert headers["host"] == door.url.removeprefix("http://")
    assert (headers["x-key"], headers["accept"]) == ("k", "application/json")
    assert headers["user-agent"].startswith("tradegram/")


def test_only_what_has_a_body_by_its_method_says_the_length_of_none(
    http: Connection, door: Door
) -> None:
    get(http, door.url)
    post(http, door.url, b"")

    assert [row[2].get("content-length") for row in door.arrived] == [None, "0"]
    assert [row[1] for row in door.arrived] == ["/", "/"]


@pytest.mark.parametrize("packed", sorted(PACKED))
def test_answers_are_unpacked(http: Connection, door: Door, packed: str) -> None:
    door.packed = packed
    assert get(http, door.url).content == TEXT


def test_the_names_of_headers_are_said_in_lower_case(http: Connection, door: Door) -> None:
    assert get(http, door.url).headers["location"] == "/elsewhere"


def test_a_cookie_of_one_call_is_not_shown_with_the_next(http: Connection, door: Door) -> None:
    for _ in range(2):
        get(http, door.url)

    assert [row for row in door.arrived if "cookie" in row[2]] == []


def test_a_redirect_is_an_answer_and_not_followed(http: Connection, door: Door) -> None:
    assert get(http, f"{door.url}/moved").status_code == 302
    assert len(door.arrived) == 1


# -- connections -----------------------------------------------------------------------------------


def test_one_connection_serves_many_requests(http: Connection, door: Door) -> None:
    for _ in range(5):
        post(http, door.url, b"x")

    assert len(door.connections) == 1


def test_none_is_kept_where_the_process_may_be_frozen(door: Door) -> None:
    with closing(Connection(keep_alive=False)) as http:
        for _ in range(3):
            get(http, door.url)

    assert len(door.connections) == 3


def test_many_threads_get_their_own_answers(http: Connection, door: Door) -> None:
    def work(name: int) -> None:
        for number in range(20):
            body = f"{name} {number}".encode()
            answers[body] = post(http, f"{door.url}/echo", body).content

    answers = dict[bytes, bytes]()
    threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    wanted = {f"{name} {number}".encode() for name in range(4) for number in range(20)}
    assert answers == {body: body for body in wanted}
    assert sorted(row[3] for row in door.arrived) == sorted(wanted)
    assert len(door.connections) <= len(threads)


def test_a_connection_that_the_server_has_ended_takes_no_order_with_it(http: Connection) -> None:
    arrived: list[bytes] = []

    def serve(one: socket.socket) -> None:
        arrived.append(one.recv(65536))
        one.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")  # and ends without a word

    with listener(serve) as url:
        for _ in range(3):
            assert get(http, url).content == b"ok"
            time.sleep(0.05)  # until its end has come

    assert len(arrived) == 3


def test_one_that_was_long_unused_is_not_trusted(door: Door) -> None:
    with closing(Connection()) as http:
        get(http, door.url)
        [[(since, line)]] = http._idle.values()
        http._idle = {place: [(since - wire.IDLE, line)] for place in http._idle}
        get(http, door.url)

    assert len(door.connections) == 2


def test_a_server_that_says_that_it_ends_is_connected_to_anew(http: Connection, door: Door) -> None:
    door.ends = True
    assert [get(http, door.url).content for _ in range(3)] == [TEXT] * 3


# -- what fails ------------------------------------------------------------------------------------


def test_a_door_that_nobody_opens_is_known_before_sending(http: Connection) -> None:
    with opened() as door:
        pass
    with pytest.raises(Unsent, match="ConnectionRefusedError"):
        get(http, door.url)


@pytest.mark.parametrize(
    "url",
    ["ftp://127.0.0.1/", "http://", "nonsense", "http://127.0.0.1:none/", "http://[::1/", ""],
)
def test_an_address_that_is_none_is_known_before_sending(http: Connection, url: str) -> None:
    with pytest.raises(Unsent):
        get(http, url)


@pytest.mark.parametrize("said", ["line\r\nX-Other: smuggled", "\N{SNOWMAN}"])
def test_what_cannot_be_written_is_not_written_and_not_repeated(
    http: Connection, door: Door, said: str
) -> None:
    with pytest.raises(Unsent) as caught:
        get(http, door.url, secret=f"canary {said}")
    with pytest.raises(Unsent) as path:
        get(http, f"{door.url}/canary {said}")

    assert door.arrived == []
    assert "canary" not in f"{caught.value!r}{caught.value.__cause__!r}"
    assert "canary" not in f"{path.value!r}{path.value.__cause__!r}"
    assert get(http, door.url).content == TEXT


@pytest.mark.parametrize("path", ["broken", "brotli", "short"])
def test_an_answer_that_cannot_be_read_may_follow_a_taken_order(
    http: Connection, door: Door, path: str
) -> None:
    with pytest.raises(Unanswered):
        post(http, f"{door.url}/{path}", b"order")

    assert len(door.arrived) == 1
    assert get(http, door.url).content == TEXT


ANSWERS = [
    b"", b"\0" * 100, b"HTTP/1.1\r\n\r\n", b"HTTP/1.1 abc OK\r\n\r\n", b"SSH-2.0-x\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nx",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nx",
    b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n",
    b"HTTP/1.1 200 OK\r\nA: " + b"b" * 70_000 + b"\r\n\r\n",
]  # fmt: skip


@pytest.mark.parametrize("answer", ANSWERS, ids=range(len(ANSWERS)))
def test_garbage_for_an_answer_proves_nothing_and_is_asked_for_once(
    http: Connection, answer: bytes
) -> None:
    arrived: list[bytes] = []

    def serve(one: socket.socket) -> None:
        arrived.append(one.recv(65536))
        one.sendall(answer)

    with listener(serve) as url, pytest.raises(Unanswered):
        post(http, url, b"order")

    assert len(arrived) == 1


def test_silence_proves_nothing_and_is_not_broken_by_asking_again(http: Connection) -> None:
    arrived: list[bytes] = []

    def serve(one: socket.socket) -> None:
        while part := one.recv(65536):
            arrived.append(part)

    with listener(serve) as url, pytest.raises(Unanswered, match="TimeoutError"):
        post(http, url, b"order", HASTY)

    assert b"".join(arrived).count(b"POST /") == 1


def test_a_reset_after_the_request_proves_nothing(http: Connection) -> None:
    def serve(one: socket.socket) -> None:
        one.recv(65536)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    with listener(serve) as url, pytest.raises(Unanswered):
        post(http, url, b"order")


def test_after_the_end_nothing_is_sent(http: Connection, door: Door) -> None:
    get(http, door.url)
    http.close()
    http.close()

    with pytest.raises(Unsent, match="closed"):
        get(http, door.url)
    assert len(door.arrived) == 1


# -- certificates and proxies ----------------------------------------------------------------------


def test_a_certificate_that_nobody_vouches_for_is_known_before_sending(
    http: Connection, tmp_path: Path
) -> None:
    with opened(authority(tmp_path).server("localhost")) as door:
        with pytest.raises(Unsent, match="SSLCertVerificationError"):
            post(http, door.url, b"order")
        assert door.arrived == []


def test_an_authority_of_the_machine_is_trusted_for_its_names_and_no_others(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.file))
    with closing(Connection()) as http:
        with opened(made.server("localhost")) as door:
            assert [post(http, door.url, b"order").content for _ in range(2)] == [TEXT] * 2
            assert len(door.connections) == 1
        with opened(made.server("another.example")) as door:
            with pytest.raises(Unsent, match="SSLCertVerificationError"):
                post(http, door.url, b"order")
            assert door.arrived == []


def test_a_proxy_is_told_its_own_password_and_asked_for_the_whole_address(door: Door) -> None:
    proxy = door.url.replace("//", "//user:p%40ss@")
    with closing(Connection(proxy)) as http:
        get(http, "http://broker.invalid/orders?a=1")

    [(_, path, headers, _)] = door.arrived
    assert path == "http://broker.invalid/orders?a=1"
    assert headers["host"] == "broker.invalid"
    assert headers["proxy-authorization"] == f"Basic {b64encode(b'user:p@ss').decode()}"


def test_a_proxy_that_opens_no_tunnel_is_known_before_sending(door: Door) -> None:
    with (
        closing(Connection(door.url.replace("//", "//user:pass@"))) as http,
        pytest.raises(Unsent, match="Tunnel connection failed: 302 "),
    ):
        post(http, "https://moved.invalid/orders", b"order")

    [(method, path, headers, content)] = door.arrived
    assert (method, path, content) == ("CONNECT", "moved.invalid:443", b"")
    assert headers["proxy-authorization"].startswith("Basic ")
