from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from clocks import StillClock
from loopback import tws as loopback
from loopback.tws import ACCOUNT, SOON, Desk, wait_for

from tradegram.brokers.ibkr import Ibkr
from tradegram.brokers.listings import SameNames
from tradegram.errors import (
    BrokerError,
    NotSent,
    OutcomeUnknown,
    SessionExpired,
    SettingError,
    Unreached,
)
from tradegram.model import ReportStatus, Session

TESTS = Path(__file__).parents[1]


@pytest.fixture
def desk() -> Iterator[Desk]:
    with loopback.desk() as made:
        yield made


@contextmanager
def listener(answer: bytes) -> Iterator[int]:
    """Something on a port that is no TWS: it says `answer` to whoever comes, and no more."""
    server = socket.create_server(("127.0.0.1", 0))
    taken: list[socket.socket] = []

    def serve() -> None:
        try:
            while True:
                one, _ = server.accept()
                taken.append(one)
                one.sendall(answer)
        except OSError:
            return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield int(server.getsockname()[1])
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        for one in taken:
            one.close()
        thread.join(5)


@contextmanager
def reaching(port: int) -> Iterator[Ibkr]:
    session = Session(ACCOUNT, 0.0, {"host": "127.0.0.1", "port": str(port)})
    broker = Ibkr(session, StillClock(), SameNames(), SOON)
    try:
        yield broker
    finally:
        broker.close()


def test_the_account_that_is_logged_in_is_checked_by_its_number(desk: Desk) -> None:
    assert desk.broker.check() == "DU1234567"


def test_a_gateway_logged_in_for_somebody_else_gets_no_order(desk: Desk) -> None:
    live = desk.at("ibkr:U7654321")
    with pytest.raises(SessionExpired, match="logged in for DU1234567, and this account is U76"):
        live.check()
    with pytest.raises(SessionExpired):
        desk.place(desk.intent(), live)
    assert desk.tws.floor.entries == {}


def test_a_port_that_is_closed_proves_that_nothing_was_sent(desk: Desk) -> None:
    desk.gateway.stop()
    with pytest.raises(Unreached, match=r"does not listen at 127\.0\.0\.1") as caught:
        desk.place(desk.intent())
    assert "Enable ActiveX and Socket Clients" in caught.value.words
    assert isinstance(caught.value, NotSent)


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x00\x00\x00\x02hi"]
)
def test_something_else_on_the_port_is_not_taken_for_tws(answer: bytes) -> None:
    with listener(answer) as port, reaching(port) as broker, pytest.raises(Unreached, match="TWS"):
        broker.check()


def test_a_client_id_in_use_is_passed_over_at_once(desk: Desk) -> None:
    desk.tws.faults.busy = {1, 2, 3}
    began = time.monotonic()
    assert desk.broker.check() == "DU1234567"
    assert set(desk.tws.connected) == {4}
    assert time.monotonic() - began < 2 * SOON.opens  # and not the whole time for each of them


def test_when_all_ten_are_in_use_it_says_so(desk: Desk) -> None:
    desk.tws.faults.busy = set(range(1, 11))
    with pytest.raises(Unreached, match="client ids 1 to 10 are all in use"):
        desk.broker.check()


def test_two_processes_at_one_gateway_take_different_ids(desk: Desk) -> None:
    first, second = desk.broker, desk.at()
    first.check()
    second.check()
    assert set(desk.tws.connected) == {1, 2}


def test_after_a_break_the_same_client_id_is_had_again_and_orders_are_still_ours(
    desk: Desk,
) -> None:
    desk.tws.faults.busy = {1}
    intent = desk.intent()
    order_id = desk.place(intent)
    assert order_id.startswith("2:")
    desk.tws.faults.busy = set()

    desk.gateway.cut()
    wait_for(lambda: not desk.tws.connected)
    [row] = desk.broker.order_book().reports
    assert row.broker_order_id == order_id
    assert set(desk.tws.connected) == {2}

    desk.broker.cancel(intent, order_id)
    [row] = desk.broker.order_book().reports
    assert row.status is ReportStatus.CANCELLED


def test_a_restart_of_the_gateway_is_waited_out_with_growing_pauses(desk: Desk) -> None:
    intent = desk.intent()
    order_id = desk.place(intent)
    desk.gateway.stop()
    wait_for(lambda: not desk.tws.connected)

    waited = []
    for _ in range(6):
        with pytest.raises(Unreached, match="does not listen"):
            desk.broker.order_book()
        pause = 0
        while _is_waiting(desk):
            desk.clock.pass_(1.0)
            pause += 1
            assert pause <= 11
        waited.append(pause)
    assert waited == sorted(waited)
    assert waited[0] <= 2 < 9 <= waited[-1]

    desk.gateway.start()
    desk.clock.pass_(11.0)
    assert [row.broker_order_id for row in desk.broker.order_book().reports] == [order_id]
    desk.broker.cancel(intent, order_id)


def _is_waiting(desk: Desk) -> bool:
    """Whether the next try is still to come; asking is a try when it is not."""
    with pytest.raises(BrokerError) as caught:
        desk.broker.check()
    return "Tried again in" in str(caught.value)


def test_an_old_id_that_stays_taken_is_given_up_for_another(desk: Desk) -> None:
    desk.broker.check()
    desk.tws.faults.busy = {1}
    desk.gateway.cut()
    wait_for(lambda: not desk.tws.connected)

    said = []
    for _ in range(8):
        try:
            desk.broker.check()
            break
        except Unreached as error:
            said.append(error.words)
            desk.clock.pass_(11.0)
    assert 2 <= len(said) <= 5
    assert all("client id 1 is not free again yet" in words for words in said)
    assert set(desk.tws.connected) == {2}


def test_an_old_id_that_is_free_a_moment_later_is_waited_for(desk: Desk) -> None:
    desk.broker.check()
    desk.tws.faults.busy = {1}
    desk.gateway.cut()
    wait_for(lambda: not desk.tws.connected)
    threading.Timer(0.1, desk.tws.faults.busy.clear).start()
    desk.broker.check()
    assert set(desk.tws.connected) == {1}


def test_while_tws_has_lost_interactive_brokers_nothing_is_sent(desk: Desk) -> None:
    desk.broker.check()
    desk.tws.link(lost=True)
    wait_for(lambda: _refuses(desk))
    with pytest.raises(Unreached, match="lost its own connection"):
        desk.place(desk.intent())
    assert desk.tws.floor.entries == {}

    desk.tws.link(lost=False)
    wait_for(lambda: not _refuses(desk))
    desk.place(desk.intent())
    assert len(desk.tws.floor.entries) == 1


def _refuses(desk: Desk) -> bool:
    try:
        desk.broker.check()
    except Unreached:
        return True
    return False


def test_a_gateway_that_is_silent_once_is_connected_to_anew(desk: Desk) -> None:
    desk.broker.check()
    desk.tws.faults.deaf = True
    with pytest.raises(OutcomeUnknown, match="did not answer"):
        desk.broker.order_book()
    desk.tws.faults.deaf = False
    assert desk.broker.order_book().reports == []


def test_an_order_is_written_only_to_a_connection_that_has_just_answered(desk: Desk) -> None:
    desk.place(desk.intent())
    desk.tws.faults.asleep = {1}  # as after the machine has slept: open, and nobody there
    intent = desk.intent()

    desk.place(intent)

    assert len(desk.tws.floor.referring(intent.wire_id)) == 1


def test_many_threads_share_one_connection_and_get_their_own_answers(desk: Desk) -> None:
    intents = [desk.intent() for _ in range(8)]
    placed: dict[str, str] = {}

    def trade(number: int) -> None:
        placed[intents[number].wire_id] = desk.place(intents[number])
        desk.broker.order_book()

    threads = [threading.Thread(target=trade, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert len(set(placed.values())) == 8
    rows = desk.broker.order_book().reports
    assert {row.client_order_id: row.broker_order_id for row in rows} == placed
    assert set(desk.tws.connected) == {1}


@pytest.mark.parametrize("port", ["", "0", "70000", "paper"])
def test_a_port_that_is_none_is_said_when_the_account_is_used(port: str) -> None:
    with pytest.raises(SettingError, match="paper is 4002"):
        Ibkr(Session(ACCOUNT, 0.0, {"port": port}), StillClock(), SameNames())


def test_the_library_is_loaded_by_nobody_who_does_not_use_it() -> None:
    code = "import sys, tradegram.brokers.ibkr, tradegram.sims.ibkr.served as _; "
    code += "sys.exit('ib_async' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_broker_that_nobody_holds_leaves_its_client_id(desk: Desk) -> None:
    other = desk.at()
    other.check()
    assert len(desk.tws.connected) == 1
    desk.made.remove(other)
    del other
    wait_for(lambda: not desk.tws.connected)


def test_a_process_may_end_with_the_connection_open(desk: Desk) -> None:
    code = (
        "import sys; from clocks import StillClock; from tradegram.brokers.ibkr import Ibkr\n"
        "from tradegram.brokers.listings import SameNames\n"
        "from tradegram.model import Session\n"
        f"at = {{'host': '127.0.0.1', 'port': '{desk.gateway.port}'}}\n"
        f"broker = Ibkr(Session('{ACCOUNT}', 0.0, at), StillClock(), SameNames())\n"
        "print(broker.check())"
    )
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True, check=False, text=True, timeout=30, cwd=TESTS,
        env={"PYTHONPATH": f"{TESTS}"},
    )  # fmt: skip
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "DU1234567\n", "")
    wait_for(lambda: not desk.tws.connected)
