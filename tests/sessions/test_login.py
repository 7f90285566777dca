"""Logins: one at a time, by the right person, at the right account, sealed, ended in time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from chat.trading_floor import ANU
from sessions.rooms import TOTP, Room, cookie_of, room, sent_back

from tradegram.errors import Refused, SessionExpired, UserError
from tradegram.sessions.pages import Asked
from tradegram.sessions.standing import Phase
from tradegram.sims.wire import Said, said

RAVI = 8


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Room]:
    with room(tmp_path) as made:
        yield made


def enters(desk: Room) -> int:
    return sum(each.path == "/session/token" for each in desk.wires["zerodha"].arrived)


def test_a_login_in_the_browser_ends_with_a_session_that_the_broker_takes(desk: Room) -> None:
    account = desk.link_zerodha()
    assert not desk.keeper.standing(account).is_in

    page = desk.log_in(account)

    assert page.status == 200
    assert "#live is logged in at Zerodha as AB1234 until about 21 Nov 06:00 IST" in page.html
    assert desk.keeper.standing(account).is_in
    assert desk.desk.brokers.broker(account.account_id).order_book().reports == []
    assert any("#live is logged in at Zerodha" in text for text in desk.said())


def test_an_account_that_is_not_logged_in_reaches_no_broker(desk: Room) -> None:
    account = desk.link_zerodha()

    with pytest.raises(SessionExpired, match="not logged in: /login live"):
        desk.desk.brokers.broker(account.account_id)
    assert desk.wires["zerodha"].arrived == []


def test_a_link_works_once(desk: Room) -> None:
    account = desk.link_zerodha()
    url = desk.keeper.begin(account, ANU).url
    first = desk.open(url)
    back = sent_back(desk.wires["zerodha"], first.headers["Location"])
    assert desk.open(back, cookie_of(first)).status == 200

    again = desk.open(back, cookie_of(first))

    assert again.status == 400
    assert "used already" in again.html
    assert enters(desk) == 1


def test_a_link_is_shut_after_ten_minutes(desk: Room) -> None:
    url = desk.keeper.begin(desk.link_zerodha(), ANU).url
    desk.clock.pass_(601)

    assert "older than 10 minutes" in desk.open(url).html


def test_a_preview_of_the_link_uses_nothing_up(desk: Room) -> None:
    account = desk.link_zerodha()
    url = desk.keeper.begin(account, ANU).url
    for _ in range(3):
        assert desk.open(url).status == 303

    assert enters(desk) == 0
    assert desk.open(url).status == 303


@pytest.mark.parametrize("cookie", ["", "another"])
def test_a_way_back_into_another_browser_logs_nobody_in(desk: Room, cookie: str) -> None:
    account = desk.link_zerodha()
    first = desk.open(desk.keeper.begin(account, ANU).url)
    back = sent_back(desk.wires["zerodha"], first.headers["Location"])

    page = desk.open(back, cookie)

    assert page.status == 400
    assert "not begun in this browser" in page.html
    assert enters(desk) == 0


def test_a_broker_that_posts_back_is_led_to_a_navigation_that_has_the_cookie(desk: Room) -> None:
    account = desk.link_zerodha()
    first = desk.open(desk.keeper.begin(account, ANU).url)
    cookie = cookie_of(first)
    posted = desk.pages.answer(
        Asked("POST", "zerodha/callback", {}, {"request_token": "x", "state": cookie})
    )

    assert posted.status == 303
    assert posted.headers["Location"].startswith("/login/zerodha/callback?request_token=x&state=")


def test_the_login_of_another_customer_is_not_kept(desk: Room) -> None:
    account = desk.link_zerodha(client="CD5678", name="wife")

    page = desk.log_in(account)

    assert "the broker let AB1234 in, and this account is CD5678" in page.html
    assert not desk.keeper.standing(account).is_in
    with pytest.raises(SessionExpired):
        desk.desk.brokers.broker(account.account_id)


def test_a_refused_login_says_the_brokers_words_and_no_secret(desk: Room) -> None:
    account = desk.link_zerodha(api_secret="CANARY-wrong")

    page = desk.log_in(account)

    assert "#live is not logged in: Invalid `checksum`" in page.html
    assert "CANARY" not in page.html + "".join(desk.said())
    assert desk.keeper.standing(account).phase is Phase.FAILED


def test_a_session_that_the_broker_refuses_is_ended_and_told_once(desk: Room) -> None:
    account = desk.link_zerodha()
    desk.log_in(account)
    broker = desk.desk.brokers.broker(account.account_id)
    desk.said()
    desk.zerodha.tokens.clear()

    for _ in range(3):
        with pytest.raises(SessionExpired):
            broker.order_book()

    [text] = desk.said()
    assert "Zerodha ended the session of #live: Incorrect `api_key` or `access_token`" in text
    assert desk.keeper.standing(account).phase is Phase.ENDED
    with pytest.raises(SessionExpired, match="not logged in"):
        desk.desk.brokers.broker(account.account_id)


def test_a_late_refusal_of_an_old_token_does_not_end_the_new_session(desk: Room) -> None:
    account = desk.link_zerodha()
    desk.log_in(account)
    old = desk.desk.brokers.broker(account.account_id)
    desk.zerodha.tokens.update(dict.fromkeys(desk.zerodha.tokens, 0.0))
    desk.clock.pass_(1)
    desk.log_in(account)

    with pytest.raises(SessionExpired):
        old.order_book()

    assert desk.keeper.standing(account).is_in
    assert desk.desk.brokers.broker(account.account_id).order_book().reports == []


def test_a_session_is_over_at_the_brokers_hour(desk: Room) -> None:
    account = desk.link_zerodha()
    desk.log_in(account)
    desk.clock.pass_(24 * 3600)

    assert not desk.keeper.standing(account).is_in
    with pytest.raises(SessionExpired):
        desk.desk.brokers.broker(account.account_id)


def test_the_session_of_a_new_day_is_not_taken_for_that_of_the_day_before(desk: Room) -> None:
    account = desk.link_zerodha()
    desk.log_in(account)
    desk.desk.brokers.broker(account.account_id).order_book()
    desk.clock.pass_(24 * 3600)
    desk.log_in(account)

    assert desk.desk.brokers.broker(account.account_id).order_book().reports == []


def test_logging_out_ends_it_here_and_there(desk: Room) -> None:
    account = desk.link_zerodha()
    desk.log_in(account)

    said = desk.keeper.leave(account, ANU)

    assert "#live is logged out" in said.words
    assert desk.zerodha.tokens == {}
    assert desk.keeper.standing(account).phase is Phase.ENDED


def test_a_code_of_the_desks_own_logs_in_where_the_holder_chose_it(desk: Room) -> None:
    account = desk.link_angel(totp_secret=desk.angel.totp_secret)

    offer = desk.keeper.begin(account, ANU)

    assert offer.url == ""
    assert "#angel is logged in at Angel One" in offer.words
    assert desk.desk.brokers.broker(account.account_id).order_book().reports == []


def test_a_wrong_code_secret_says_so_without_showing_it(desk: Room) -> None:
    account = desk.link_angel(totp_secret=TOTP)

    with pytest.raises(UserError, match="#angel is not logged in: Invalid totp") as error:
        desk.keeper.begin(account, ANU)
    assert TOTP not in str(error.value)


def test_a_code_secret_that_is_none_is_named_and_nothing_is_asked(desk: Room) -> None:
    account = desk.link_angel(totp_secret="CANARY!!!")

    with pytest.raises(UserError, match="the TOTP secret is not base32") as error:
        desk.keeper.begin(account, ANU)
    assert "CANARY" not in str(error.value)
    assert desk.wires["angelone"].arrived == []


def test_two_who_refresh_at_once_log_in_once(desk: Room) -> None:
    account = desk.link_angel(totp_secret=desk.angel.totp_secret)
    desk.keeper.entries.take_lease(account.account_id, "another process")

    with pytest.raises(UserError, match="A login of this account is under way"):
        desk.keeper.begin(account, ANU)
    assert desk.wires["angelone"].arrived == []

    desk.clock.pass_(61)  # it died
    assert "is logged in" in desk.keeper.begin(account, ANU).words


def test_without_a_code_secret_the_code_is_asked_on_a_page(desk: Room) -> None:
    account = desk.link_angel()
    offer = desk.keeper.begin(account, ANU)
    form = desk.open(offer.url)
    assert "name=totp" in form.html

    import pyotp

    state = offer.url.partition("state=")[2]
    code = pyotp.TOTP(desk.angel.totp_secret).at(int(desk.clock.now()))
    page = desk.pages.answer(Asked("POST", "code", {}, {"state": state, "totp": code}))

    assert "#angel is logged in at Angel One" in page.html
    assert (
        desk.pages.answer(Asked("POST", "code", {}, {"state": state, "totp": code})).status == 400
    )


def test_credentials_are_linked_on_a_page_by_the_owner_only(desk: Room) -> None:
    form = {
        "broker": "zerodha", "name": "main2", "client": "AB1234",
        "api_key": "CANARY-k", "api_secret": "CANARY-s",
    }  # fmt: skip
    state = desk.keeper.link(RAVI).url.partition("state=")[2]
    assert desk.pages.answer(Asked("POST", "link", {}, {**form, "state": state})).status == 400

    url = desk.keeper.link(ANU).url
    assert "<option value=zerodha>" in desk.open(url).html
    assert "API secret" in desk.open(f"{url}&broker=zerodha").html
    state = url.partition("state=")[2]
    page = desk.pages.answer(Asked("POST", "link", {}, {**form, "state": state}))

    assert "zerodha:AB1234 is linked as #main2" in page.html
    assert "CANARY" not in page.html
    again = desk.pages.answer(Asked("POST", "link", {}, {**form, "state": state}))
    assert again.status == 400


@pytest.mark.parametrize(
    "asked",
    [
        Asked("GET", "start", {"state": "<script>"}),
        Asked("GET", "nowhere"),
        Asked("GET", "zerodha/callback", {"state": "x" * 9000}),
        Asked("POST", "code", {}, {"state": "", "totp": "1"}),
        Asked("POST", "link", {}, {"broker": "<b>", "state": "x"}),
        Asked("GET", "link", {str(number): "x" for number in range(30)}),
        Asked("PUT", "link"),
    ],
)
def test_whatever_is_asked_gets_a_page_that_says_why_not(desk: Room, asked: Asked) -> None:
    page = desk.pages.answer(asked)

    assert page.status in (400, 404)
    assert "<script>" not in page.html
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_a_right_that_is_missing_ends_no_session(desk: Room) -> None:
    account = desk.link_kotak()
    broker = desk.desk.brokers.broker(account.account_id)
    wire, no = desk.wires["kotakneo"], said({}, 403)
    wire.faults.reads, wire.instead = True, [no]
    desk.said()

    with pytest.raises(Refused, match="nothing shows that the login ended") as caught:
        broker.positions()

    assert not isinstance(caught.value, SessionExpired)
    assert desk.keeper.standing(account).is_in
    assert desk.said() == []
    assert broker.order_book().reports == []
    before = len(wire.arrived)
    wire.instead = [no]
    with pytest.raises(Refused):
        broker.positions()
    assert len(wire.arrived) == before + 1  # what was answered a moment ago is not asked again


def test_a_session_that_answers_nothing_any_more_is_ended(desk: Room) -> None:
    account = desk.link_kotak()
    broker = desk.desk.brokers.broker(account.account_id)
    wire = desk.wires["kotakneo"]
    wire.faults.every, wire.instead = True, [said({}, 403)] * 3
    desk.said()

    with pytest.raises(SessionExpired):
        broker.positions()

    assert desk.keeper.standing(account).phase is Phase.ENDED
    assert "ended the session of #neo" in "".join(desk.said())


def test_nothing_ends_a_session_while_nobody_can_say(desk: Room) -> None:
    account = desk.link_kotak()
    broker = desk.desk.brokers.broker(account.account_id)
    wire = desk.wires["kotakneo"]
    wire.faults.every, wire.instead = True, [said({}, 403), Said(502, b"gateway", "text/html")]

    with pytest.raises(Refused) as caught:
        broker.positions()

    assert not isinstance(caught.value, SessionExpired)
    assert desk.keeper.standing(account).is_in
