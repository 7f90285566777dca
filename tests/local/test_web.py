"""The console's routes, asked over a socket."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import httpx
import pytest
import samples
from clocks import StillClock
from console_desk import CARD, Console, held

from tradegram.chat.reply import File, Reply
from tradegram.clock import SystemClock
from tradegram.errors import SettingError
from tradegram.local.console_messenger import CHAT
from tradegram.local.web_server import listen
from tradegram.model import Account, Mode
from tradegram.orders.state import State
from tradegram.settings import read

HEADERS = {"X-Tradegram": "1"}
TOKEN = "correct-horse-battery"


@pytest.fixture
def web(console: Console) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=console.url, headers=HEADERS, timeout=10) as client:
        yield client


def say(web: httpx.Client, text: str) -> list[dict[str, Any]]:
    answer = web.post("/console/say", json={"text": text})
    assert answer.status_code == 200
    messages: list[dict[str, Any]] = answer.json()["messages"]
    return messages


def events(web: httpx.Client, after: int, kind: str, count: int) -> list[dict[str, Any]]:
    """The next `count` events of a kind."""
    found: list[dict[str, Any]] = []
    with web.stream("GET", "/console/events", params={"after": after}) as answer:
        heard = ""
        for line in answer.iter_lines():
            heard = line.removeprefix("event: ") if line.startswith("event: ") else heard
            if line.startswith("data: ") and heard == kind:
                found.append(json.loads(line.removeprefix("data: ")))
            if len(found) == count:
                break
    return found


def test_what_is_said_reaches_the_desk_and_its_reply_the_page(
    console: Console, web: httpx.Client
) -> None:
    mine, reply = say(web, "/buy INFY 100")

    assert console.script.heard == ["/buy INFY 100"]
    assert (mine["mine"], mine["nodes"]) == (True, ["/buy INFY 100"])
    assert reply["nodes"][1] == ["b", {}, ["BUY INFY"]]
    assert reply["buttons"][0][0]["style"] == "success"
    assert reply["name"] == f"{CHAT}:{reply['number']}"


def test_a_press_names_its_message_and_edits_it(console: Console, web: httpx.Client) -> None:
    card = say(web, "/buy INFY 100")[1]

    done = web.post("/console/press", json={"message": card["name"], "data": CARD}).json()

    [pressed] = console.script.presses
    assert (pressed.user_id, pressed.chat, pressed.message) == (0, CHAT, card["name"])
    assert done["toast"] == "Submitted"
    assert [each["nodes"] for each in done["messages"]] == [["⏳ Submitting 100 INFY"]]
    assert done["messages"][0]["number"] == card["number"]


def test_a_fill_told_before_the_press_is_answered_stays(
    console: Console, web: httpx.Client
) -> None:
    console.script.outbox = console.messenger
    card = say(web, "/buy INFY 100")[1]

    web.post("/console/press", json={"message": card["name"], "data": CARD})

    assert console.messenger.recent()[-1].reply.text == "✅ Filled 100 @ 1,499.95"


def test_a_button_from_before_a_restart_still_reaches_the_desk(console: Console) -> None:
    with httpx.Client(base_url=console.url, headers=HEADERS) as before:
        card = say(before, "/buy INFY 100")[1]
    console.restart()

    with httpx.Client(base_url=console.url, headers=HEADERS) as after:
        done = after.post("/console/press", json={"message": card["name"], "data": CARD}).json()

    assert len(console.script.presses) == 1
    assert [each["number"] for each in done["messages"]] == [card["number"]]


def test_the_stream_tells_of_messages_edits_and_the_panel(
    console: Console, web: httpx.Client
) -> None:
    name = console.messenger.send(CHAT, Reply("ticket"))
    timer = threading.Timer(0.2, lambda: console.messenger.edit(name, Reply("filled")))
    timer.start()

    heard = events(web, 0, "message", 2)

    assert [each["nodes"] for each in heard] == [["ticket"], ["filled"]]
    [panel] = events(web, heard[-1]["revision"], "panel", 1)
    assert panel["accounts"][0]["funds"][0]["available"] == "₹9,70,500.00"
    timer.join()


def test_a_stream_goes_on_where_the_page_left_off(console: Console, web: httpx.Client) -> None:
    console.messenger.send(CHAT, Reply("old"))
    seen = console.messenger.revision()
    console.messenger.send(CHAT, Reply("new"))

    with web.stream("GET", "/console/events", headers={"Last-Event-ID": str(seen)}) as answer:
        first = next(line for line in answer.iter_lines() if line.startswith("data: "))

    assert json.loads(first.removeprefix("data: "))["nodes"] == ["new"]


def test_stopping_does_not_wait_for_pages_that_listen(
    console: Console, web: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    with web.stream("GET", "/console/events") as answer:
        lines = answer.iter_lines()
        next(lines)
        began = time.monotonic()
        console.server.stop()
        ended = time.monotonic() - began
        list(lines)

    assert ended < 3
    assert "graceful shutdown exceeded" not in caplog.text


def test_the_panel_says_orders_and_positions_in_words(console: Console, web: httpx.Client) -> None:
    working = replace(samples.STAGED, state=State.WORKING, cum_quantity=Decimal(40))
    console.books.orders_now = [replace(working, average_price=Decimal("1499.95"))]
    console.books.broker_now.positions_now = [held()]

    [account] = web.get("/console/panel").json()["accounts"]

    order, position = account["orders"][0], account["positions"][0]
    assert (order["state"], order["filled"], order["working"]) == (
        "Partly filled",
        "40 @ 1,499.95",
        True,
    )
    assert order["terms"] == "LIMIT 1,500.05"
    assert position["profit"] == {"text": "+₹205.00", "sign": 1}
    assert account["profit"] == [position["profit"]]


def test_an_account_that_is_not_logged_in_says_so_and_still_shows_its_orders(
    console: Console, web: httpx.Client
) -> None:
    console.books.accounts_now = [Account("zerodha:AB1", "zerodha", "kite", Mode.LIVE)]
    console.books.broker_now.logged_in = False
    console.books.orders_now = [samples.STAGED]

    [account] = web.get("/console/panel").json()["accounts"]

    assert "log in again" in account["error"]
    assert account["mode"] == "LIVE"
    assert len(account["orders"]) == 1


def test_a_picture_is_served_while_its_message_is_kept(console: Console, web: httpx.Client) -> None:
    console.script.picture = b"\x89PNG..."

    card = say(web, "/chart INFY")[1]

    answer = web.get(card["picture"])
    assert (answer.content, answer.headers["content-type"]) == (b"\x89PNG...", "image/png")
    assert web.get("/console/picture/1").json()["error"] == "That picture is not kept any more."


def test_a_file_is_a_download_while_its_message_is_kept(
    console: Console, web: httpx.Client
) -> None:
    console.script.file = File("trades à.csv", b"a,b\r\n")

    card = say(web, "/trades csv")[1]

    answer = web.get(card["file"])
    assert (answer.content, card["file_name"]) == (b"a,b\r\n", "trades à.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert (
        answer.headers["content-disposition"] == "attachment; filename*=UTF-8''trades%20%C3%A0.csv"
    )
    assert web.get("/console/file/1").json()["error"] == "That file is not kept any more."


def test_a_failure_of_ours_is_one_sentence_and_the_log_has_no_words_of_the_chat(
    console: Console, web: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    console.script.fail = ZeroDivisionError("here")

    answer = web.post("/console/say", json={"text": "very private"})

    assert answer.status_code == 500
    assert answer.json()["error"].startswith("tradegram failed at that")
    assert answer.headers["x-frame-options"] == "DENY"
    assert "console_request_failed" in caplog.text
    assert "very private" not in caplog.text


# -- strangers -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def fort() -> Iterator[Console]:
    """One console for all who are turned away: nothing they do leaves a trace."""
    running = Console(SystemClock())
    yield running
    running.server.stop()


@pytest.fixture(scope="module")
def far(fort: Console) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=fort.url, headers=HEADERS, timeout=10) as client:
        yield client


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Host": "127.0.0.1.evil.example"}, 421),
        ({"Host": "192.168.1.7"}, 421),
        ({"Host": "[::1"}, 421),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"X-Tradegram": "0"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
    ],
)
def test_a_request_that_another_site_could_have_made_does_nothing(
    fort: Console, far: httpx.Client, headers: dict[str, str], status: int
) -> None:
    headers = {"Content-Type": "application/json", **headers}

    answer = far.post("/console/say", content='{"text": "/buy INFY 1"}', headers=headers)

    assert answer.status_code == status
    assert answer.json()["error"].endswith(".")
    assert fort.script.heard == []


@pytest.mark.parametrize("path", ["/", "/console/messages", "/console/panel", "/console/events"])
def test_a_name_that_dns_points_here_reads_nothing(far: httpx.Client, path: str) -> None:
    assert far.get(path, headers={"Host": "rebound.example"}).status_code == 421


def test_another_site_cannot_read_but_may_link_to_the_page(far: httpx.Client) -> None:
    there = {"Sec-Fetch-Site": "cross-site"}

    assert far.get("/console/messages", headers=there).status_code == 403
    assert far.get("/", headers=there).status_code == 200


@pytest.mark.parametrize("host", ["localhost", "localhost:1", "[::1]:8420", "127.0.0.1"])
def test_the_names_of_this_machine_are_answered(far: httpx.Client, host: str) -> None:
    assert far.get("/console/messages", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (b"{}", 400),
        (b'{"text": 5}', 400),
        (b'{"text": "  "}', 400),
        (json.dumps({"text": "x" * 4097}).encode(), 413),
        (b" " * 65_537, 413),
        (b"\xff", 400),
    ],
)
def test_what_cannot_be_read_is_answered_in_one_sentence(
    fort: Console, far: httpx.Client, content: bytes, status: int
) -> None:
    answer = far.post("/console/say", content=content, headers={"Content-Type": "application/json"})

    assert answer.status_code == status
    assert answer.json()["error"].endswith(".")
    assert fort.script.heard == []


def test_a_body_without_a_length_is_not_read_for_ever(far: httpx.Client) -> None:
    answer = far.post(
        "/console/say",
        content=(b" " * 8192 for _ in range(9)),
        headers={"Content-Type": "application/json"},
    )

    assert answer.status_code == 413


@pytest.mark.parametrize("name", ["tg:42:7", "web:0:x", "x" * 65])
def test_a_press_under_a_message_of_another_chat_does_nothing(
    fort: Console, far: httpx.Client, name: str
) -> None:
    answer = far.post("/console/press", json={"message": name, "data": CARD})

    assert answer.status_code in (400, 413)
    assert fort.script.presses == []


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS"])
def test_other_methods_are_not_known(far: httpx.Client, method: str) -> None:
    assert far.request(method, "/console/say").status_code == 405


@pytest.mark.parametrize("path", ["/console/index.html", "/console/..%2fweb.py", "/x", "/console/"])
def test_only_the_files_of_the_page_are_served(far: httpx.Client, path: str) -> None:
    answer = far.get(path)

    assert answer.status_code == 404
    assert answer.json()["error"] == "There is no such page here."


def test_every_answer_forbids_frames_foreign_scripts_and_guessing(far: httpx.Client) -> None:
    for path in ("/", "/console/console.js", "/console/messages", "/nowhere"):
        headers = far.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


# -- the token -----------------------------------------------------------------------------------


@pytest.fixture
def locked() -> Iterator[Console]:
    settings = read({"TRADEGRAM_CONSOLE_TOKEN": TOKEN})
    running = Console(SystemClock(), settings)
    yield running
    running.server.stop()


def test_a_console_with_a_token_shows_a_stranger_only_the_way_to_log_in(locked: Console) -> None:
    with httpx.Client(base_url=locked.url, headers=HEADERS) as stranger:
        assert "Token of this console" in stranger.get("/").text
        assert stranger.get("/console/messages").status_code == 401
        assert stranger.get("/console/events").status_code == 401
        assert stranger.post("/console/say", json={"text": "/buy"}).status_code == 401
        forged = {"Cookie": f"tradegram_console={TOKEN}"}
        assert stranger.get("/console/panel", headers=forged).status_code == 401
    assert locked.script.heard == []


def test_the_token_buys_a_cookie_that_outlives_a_restart(locked: Console) -> None:
    with httpx.Client(base_url=locked.url, headers=HEADERS) as holder:
        assert holder.post("/console/login", json={"token": "wrong"}).status_code == 403
        admitted = holder.post("/console/login", json={"token": TOKEN})
        locked.restart()

        assert holder.get("/console/messages").status_code == 200

    cookie = admitted.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert TOKEN not in cookie


def test_a_token_in_the_address_is_exchanged_and_goes_away(
    locked: Console, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # the test's own client tells its address
    logging.getLogger("httpcore").setLevel(logging.WARNING)
    with httpx.Client(base_url=locked.url) as holder:
        answer = holder.get("/", params={"token": TOKEN})

        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert "Message to the order desk" in holder.get("/").text
    assert TOKEN not in caplog.text


def test_guessing_tokens_is_slowed_down(locked: Console) -> None:
    with httpx.Client(base_url=locked.url, headers=HEADERS) as stranger:
        tries = [
            stranger.post("/console/login", json={"token": f"guess{number}"}).status_code
            for number in range(11)
        ]
        right = stranger.post("/console/login", json={"token": TOKEN}).status_code

    assert tries == [403] * 10 + [429]
    assert right == 429


# -- the port ------------------------------------------------------------------------------------


@pytest.mark.parametrize("token", ["", "short"])
def test_other_machines_are_not_let_in_without_a_token(token: str) -> None:
    settings = read(
        {"TRADEGRAM_HTTP_HOST": "0.0.0.0", "TRADEGRAM_CONSOLE_TOKEN": token}  # noqa: S104
    )

    with pytest.raises(SettingError, match="TRADEGRAM_CONSOLE_TOKEN"):
        Console(StillClock(), settings)


def test_a_port_that_is_taken_stops_the_start_with_one_sentence(console: Console) -> None:
    with pytest.raises(SettingError, match=r"TRADEGRAM_HTTP_PORT \(0 takes any free one\)"):
        listen("127.0.0.1", console.port)


def test_an_address_of_another_machine_stops_the_start_with_one_sentence() -> None:
    with pytest.raises(SettingError, match="TRADEGRAM_HTTP_HOST"):
        listen("192.0.2.1", 0)
