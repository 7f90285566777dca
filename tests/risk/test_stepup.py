"""Step-up: a proof is for one action of one person, once, and guessing is stopped."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace

import pytest
from tickets.desks import OWNER, STRANGER, Scene

from tradegram.errors import UserError
from tradegram.ports import Change, Desk
from tradegram.risk import totp
from tradegram.risk.stepup import (
    GRANT_LASTS,
    LOCKED,
    WRONG_TRIES,
    Locked,
    Method,
    forget,
    method_of,
    prove,
    set_up_pin,
    set_up_totp,
    spent,
)

PIN, ACTION = "482915", '["resume"]'


@dataclass
class Page:
    alerts: list[str] = field(default_factory=list)

    def alert(self, account_id: str, text: str) -> None:
        self.alerts.append(text)


def current(play: Scene, secret: str) -> str:
    return totp.code(secret, int(play.clock.now() // totp.PERIOD))


def use(desk: Desk, grant: str, action: str = ACTION, user_id: int = OWNER) -> None:
    desk.store.commit(Change((spent(desk, grant, user_id, action),)))


def test_a_right_code_gives_a_grant_that_is_used_once(play: Scene) -> None:
    secret = set_up_totp(play.desk, OWNER)

    grant = prove(play.desk, OWNER, ACTION, current(play, secret))
    use(play.desk, grant)

    with pytest.raises(UserError, match="not proven"):
        use(play.desk, grant)


def test_a_grant_is_for_this_action_of_this_person_and_five_minutes(play: Scene) -> None:
    set_up_pin(play.desk, OWNER, PIN)
    grant = prove(play.desk, OWNER, ACTION, PIN)

    for wrong in ({"action": '["other"]'}, {"user_id": STRANGER}):
        with pytest.raises(UserError, match="not proven"):
            use(play.desk, grant, **wrong)
    play.clock.pass_(GRANT_LASTS)
    with pytest.raises(UserError, match="not proven"):
        use(play.desk, grant)


def test_of_two_actions_at_once_one_grant_lets_one_through(play: Scene) -> None:
    set_up_pin(play.desk, OWNER, PIN)
    grant = prove(play.desk, OWNER, ACTION, PIN)

    first, second = (spent(play.desk, grant, OWNER, ACTION) for _ in range(2))
    play.store.commit(Change((first,)))

    with pytest.raises(Exception, match=r"grant"):
        play.store.commit(Change((second,)))


def test_the_same_code_twice_is_refused(play: Scene) -> None:
    secret = set_up_totp(play.desk, OWNER)
    code = current(play, secret)
    prove(play.desk, OWNER, ACTION, code)

    with pytest.raises(UserError, match=r"was used before\. 4 tries are left"):
        prove(play.desk, OWNER, ACTION, code)


@pytest.mark.parametrize("method", list(Method))
def test_five_wrong_tries_lock_for_fifteen_minutes_and_tell(play: Scene, method: Method) -> None:
    page = Page()
    desk = replace(play.desk, pager=page)
    if method is Method.PIN:
        set_up_pin(desk, OWNER, PIN)
    else:
        secret = set_up_totp(desk, OWNER)
    for _ in range(WRONG_TRIES - 1):
        with pytest.raises(UserError, match="left"):
            prove(desk, OWNER, ACTION, "000000")
    assert page.alerts == []
    with pytest.raises(Locked, match="Locked for 15 minutes"):
        prove(desk, OWNER, ACTION, "000000")
    [alert] = page.alerts
    assert "5 wrong codes or PINs" in alert

    def right() -> str:
        return PIN if method is Method.PIN else current(play, secret)

    play.clock.pass_(LOCKED - 1)
    with pytest.raises(Locked, match="locked until"):
        prove(desk, OWNER, ACTION, right())
    play.clock.pass_(1)
    assert prove(desk, OWNER, ACTION, right())


def test_a_right_one_forgives_the_wrong_ones_before(play: Scene) -> None:
    set_up_pin(play.desk, OWNER, PIN)
    for _ in range(3):
        for _ in range(WRONG_TRIES - 1):
            with pytest.raises(UserError):
                prove(play.desk, OWNER, ACTION, "111222")
        prove(play.desk, OWNER, ACTION, PIN)


def test_guesses_that_come_all_at_once_are_all_counted(play: Scene) -> None:
    set_up_pin(play.desk, OWNER, PIN)
    said: list[str] = []
    start = threading.Barrier(12)

    def guess(number: int) -> None:
        start.wait()
        try:
            prove(play.desk, OWNER, ACTION, f"9{number:05d}")
        except Exception as error:
            said.append(type(error).__name__)

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(12)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert len(said) == 12
    assert said.count("UserError") == WRONG_TRIES - 1  # the others met the lock, or gave up
    with pytest.raises(Locked):
        prove(play.desk, OWNER, ACTION, PIN)


@pytest.mark.parametrize("pin", ["", "12345", "1234567", "12345x", "١٢٣٤٥٦"])
def test_a_pin_has_six_digits(play: Scene, pin: str) -> None:
    with pytest.raises(UserError, match="6 digits"):
        set_up_pin(play.desk, OWNER, pin)


@pytest.mark.parametrize("pin", ["111111", "123456", "987654", "890123", "121212"])
def test_a_pin_that_anybody_tries_first_is_refused(play: Scene, pin: str) -> None:
    with pytest.raises(UserError, match="guessed at once"):
        set_up_pin(play.desk, OWNER, pin)


def test_a_new_secret_voids_the_old_one_and_removing_it_leaves_none(play: Scene) -> None:
    old = set_up_totp(play.desk, OWNER)
    set_up_pin(play.desk, OWNER, PIN)

    with pytest.raises(UserError):
        prove(play.desk, OWNER, ACTION, current(play, old))
    assert forget(play.desk, OWNER)
    assert method_of(play.store, OWNER) is None
    with pytest.raises(UserError, match="tradegram stepup --user 7"):
        prove(play.desk, OWNER, ACTION, PIN)


def test_no_secret_is_in_the_audit_chain_or_in_what_is_printed(play: Scene) -> None:
    secret = set_up_totp(play.desk, OWNER)
    prove(play.desk, OWNER, ACTION, current(play, secret))
    totp_record = repr(play.store.document("stepup", str(OWNER)))
    set_up_pin(play.desk, OWNER, PIN)
    prove(play.desk, OWNER, ACTION, PIN)
    pin_record = play.store.document("stepup", str(OWNER))

    said = "".join(link.body for link in play.store.chain("desk"))
    assert pin_record is not None
    for hidden in (secret, PIN, pin_record.body["digest"], pin_record.body["salt"]):
        assert hidden not in said
        assert hidden not in totp_record + repr(pin_record)
    assert PIN not in str(dict(pin_record.body))
    assert "step-up given" in said
