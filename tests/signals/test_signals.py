"""Signals: each followed once, by the rule of its strategy, forged ones by nobody."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from api.programs import new_key
from chat.trading_floor import ANU, Floor, floor, labels
from vault.vaults import ring_in

from tradegram.api.call import Asking, Scope
from tradegram.api.keys import by_key
from tradegram.api.serve import Api
from tradegram.api.signals import by_posted_key, by_signature
from tradegram.brokers.registry import PAPER
from tradegram.chat.outbox import deliver
from tradegram.chat.reply import Reply
from tradegram.errors import UserError
from tradegram.ports import Limits
from tradegram.risk.kill import kill
from tradegram.risk.stepup import AtTheTerminal, set_up_pin
from tradegram.signals.follow import follow
from tradegram.signals.signal import read
from tradegram.signals.signing import Signing
from tradegram.signals.strategy import MOST, Rule, Strategy, Way, set_up
from tradegram.vault.credentials import Vault

D = Decimal
BUY = {"strategy": "breakout", "symbol": "NSE:RELIANCE", "side": "BUY", "quantity": 1, "id": "1"}


@dataclass
class Posted:
    status: int
    json: Any

    @property
    def outcomes(self) -> list[str]:
        return [each["outcome"] for each in self.json["signals"]]


@dataclass
class Desk:
    """An API with a key that may post signals, and a strategy that signs."""

    floor: Floor
    api: Api
    signing: Signing
    key: str

    def post(self, body: Any, path: str = "/api/signals", **headers: str) -> Posted:
        sent = {"content-type": "application/json", **headers}
        if not headers:
            sent["authorization"] = f"Bearer {self.key}"
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = self.api.answer(Asking("POST", path, headers=sent, body=content))
        return Posted(answer.status, json.loads(answer.content))

    def signed(self, body: Any, name: str, secret: str, at: float | None = None) -> Posted:
        content = json.dumps(body).encode()
        stamp = f"{int(self.floor.clock.now() if at is None else at)}"
        proof = hmac.new(secret.encode(), f"{stamp}.".encode() + content, hashlib.sha256)
        return self.post(
            content, f"/api/signals/{name}",
            **{"x-timestamp": stamp, "x-signature": f"sha256={proof.hexdigest()}"},
        )  # fmt: skip

    def set_up(self, **changes: Any) -> None:
        set_up(self.floor.desk, Strategy("breakout", ANU, **changes), "a test")

    def orders(self) -> int:
        return len(self.floor.store.orders(PAPER.account_id, limit=2000).orders)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with floor(tmp_path) as place:
        place.desk = replace(place.desk, allowed_users=frozenset({ANU}))
        signing = Signing(Vault(place.store, place.clock, ring_in(tmp_path)))
        ways = (by_key, by_posted_key, by_signature(signing))
        key = new_key(place, Scope.SIGNAL, per_minute=60_000)
        yield Desk(place, Api(place.desk, ways=ways), signing, key)


def test_a_strategy_that_nobody_set_up_asks_in_the_chat(desk: Desk) -> None:
    said = desk.post(BUY)

    assert (said.status, said.outcomes) == (200, ["ASKED"])
    assert desk.orders() == 0
    shown = cards(desk)
    assert "BUY RELIANCE" in shown[0].text
    assert "strategy breakout" in shown[0].text
    assert [each.partition(" worst")[0] for each in labels(shown[0])] == [
        "✅ Follow BUY 1 @ market,", "Edit", "✖ Skip",
    ]  # fmt: skip
    desk.floor.press(shown[0], "Follow")
    assert desk.orders() == 1


def test_a_signal_that_is_asked_about_is_edited_or_skipped(desk: Desk) -> None:
    desk.post(BUY)
    desk.post({**BUY, "id": "2", "symbol": "NSE:INFY"})
    first, second = cards(desk)

    edited = desk.floor.press(first, "Edit").edit
    skipped = desk.floor.press(second, "Skip")

    assert edited is not None
    assert "✅ Confirm BUY 1" in labels(edited)[0]
    assert {"Qty", "SL/TGT"} <= set(labels(edited))
    assert "nothing was sent" in skipped.toast
    assert "your strategy breakout" in first.text
    assert desk.orders() == 0


def test_a_signal_that_is_asked_about_too_late_offers_no_more_to_follow(desk: Desk) -> None:
    desk.post(BUY)
    desk.floor.clock.pass_(3600)

    assert labels(cards(desk)[0]) == ["New ticket"]


def test_on_paper_it_trades_at_once_and_only_there(desk: Desk) -> None:
    desk.set_up(way=Way.PAPER)

    said = desk.post(BUY)

    assert said.outcomes == ["SENT"]
    [order] = desk.floor.store.orders(PAPER.account_id).orders
    assert said.json["signals"][0]["orderIds"] == [order.key]
    assert order.intent.quantity == 1


def test_the_same_signal_is_followed_once(desk: Desk) -> None:
    desk.set_up(way=Way.PAPER)
    first = desk.post(BUY)
    for body in (BUY, {**BUY, "quantity": 5}):
        again = desk.post(body)
        assert again.json["signals"][0]["orderIds"] == first.json["signals"][0]["orderIds"]
        assert again.json["signals"][0]["again"] is True

    assert desk.orders() == 1


def test_without_an_id_the_same_content_is_the_same_signal(desk: Desk) -> None:
    desk.set_up(way=Way.PAPER)
    body = {name: value for name, value in BUY.items() if name != "id"}
    for _ in range(3):
        assert desk.post(body).status == 200
        desk.floor.clock.pass_(199)
    assert desk.orders() == 1

    desk.floor.clock.pass_(600)  # the same words on another day are another signal
    for _ in range(2):
        assert desk.post(body).status == 200
    assert desk.orders() == 2


def test_what_is_off_is_turned_down_and_told(desk: Desk) -> None:
    desk.set_up(way=Way.OFF)

    said = desk.post(BUY)

    assert said.outcomes == ["DENIED"]
    assert "breakout is off" in said.json["signals"][0]["message"]
    assert "not followed" in cards(desk)[0].text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"confidence": 0.5}, "confidence is 50 %, below your limit of 70 %"),
        ({"symbol": "NSE:NOBODY"}, "No instrument is called NSE:NOBODY"),
        ({"side": None}, "The signal says no side"),
        ({"quantity": None}, "The signal says no quantity"),
        ({"quantity": 100_000}, "limit"),
        ({"stop": 99_999}, "stop"),
    ],
)
def test_what_a_limit_or_the_rule_forbids_is_denied_with_the_reason(
    desk: Desk, changes: dict[str, Any], words: str
) -> None:
    desk.set_up(way=Way.PAPER)

    said = desk.post({**BUY, **changes})

    assert said.outcomes == ["DENIED"]
    assert words in said.json["signals"][0]["message"]
    assert desk.orders() == 0


def test_the_kill_switch_stops_signals(desk: Desk) -> None:
    desk.set_up(way=Way.PAPER)
    kill(desk.floor.desk, ANU)

    assert desk.post(BUY).outcomes == ["DENIED"]
    assert desk.orders() == 0


@pytest.mark.parametrize(
    ("rule", "size", "quantity"),
    [
        (Rule.QUANTITY, D(7), D(7)),
        (Rule.LOTS, D(3), D(3)),
        (Rule.MONEY, D(10_000), None),
        (Rule.SIGNAL, D(0), D(1)),
    ],
)
def test_the_rule_says_how_much(
    desk: Desk, rule: Rule, size: Decimal, quantity: Decimal | None
) -> None:
    desk.set_up(way=Way.PAPER, rule=rule, size=size)
    desk.post(BUY)

    [order] = desk.floor.store.orders(PAPER.account_id).orders
    assert quantity is None or order.intent.quantity == quantity
    assert order.intent.quantity * (order.intent.price or 0) < 10_500 * (quantity or 1)


@pytest.mark.parametrize(
    ("body", "symbols"),
    [
        ({"ticker": "RELIANCE", "exchange": "NSE", "action": "buy", "contracts": "2",
          "strategy": "breakout"}, ["RELIANCE"]),
        ({"stocks": "INFY, TCS", "trigger_prices": "1500,3900", "scan_name": "breakout",
          "triggered_at": "2:34 pm"}, ["INFY", "TCS"]),
        ({"scrip": "NSE:INFY", "transtype": "B", "qty": 3, "strategy": "breakout"}, ["INFY"]),
    ],
)  # fmt: skip
def test_the_forms_of_charting_programs_are_understood(
    desk: Desk, body: dict[str, Any], symbols: list[str]
) -> None:
    desk.set_up(way=Way.PAPER, side="BUY", rule=Rule.QUANTITY, size=D(2))

    said = desk.post(body)

    assert said.outcomes == ["SENT"] * len(symbols)
    traded = {
        one.intent.instrument.symbol for one in desk.floor.store.orders(PAPER.account_id).orders
    }
    assert traded == set(symbols)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"{", b'"x"', b"\xff", {"strategy": "A B", "symbol": "X"}, {"symbol": "INFY"},
        {**BUY, "side": "HOLD"}, {**BUY, "quantity": "many"}, {**BUY, "quantity": -1},
        {**BUY, "quantity": 1e400}, {**BUY, "id": "x" * 65}, {**BUY, "confidence": 2},
        {**BUY, "symbol": ""}, {"strategy": "a", "stocks": ",".join(["X"] * 51)},
    ],
)  # fmt: skip
def test_nonsense_is_refused_in_one_sentence(desk: Desk, body: Any) -> None:
    said = desk.post(body)

    assert 400 <= said.status < 500
    assert said.json["error"]["message"].endswith(".")
    assert desk.orders() == 0


def test_a_key_inside_the_message_is_taken_for_signals_only(desk: Desk) -> None:
    desk.set_up(way=Way.PAPER)
    body = {**BUY, "key": desk.key}

    assert desk.post(body, **{"x-nothing": "1"}).outcomes == ["SENT"]
    assert desk.post(body, "/api/orders", **{"x-nothing": "1"}).status == 401
    record = str([each.body for each in desk.floor.store.documents("signal")])
    assert desk.key not in record


def test_no_key_is_looked_for_in_what_is_too_large_or_too_deep(desk: Desk) -> None:
    desk.set_up(way=Way.PAPER)
    deep: Any = 1
    for _ in range(9):
        deep = [deep]

    for body, status in (
        ({**BUY, "key": desk.key, "note": "x" * 65_536}, 413),
        ({**BUY, "key": desk.key, "note": deep}, 401),
        ({**BUY, "key": desk.key, "note": [0] * 1_000}, 401),
    ):
        assert desk.post(body, **{"x-nothing": "1"}).status == status
    assert desk.post({**BUY, "note": deep}).status == 400
    assert desk.orders() == 0


def test_a_signature_stands_for_a_key_at_its_own_strategy(desk: Desk) -> None:
    secret = desk.signing.new(desk.floor.desk, "breakout", ANU, "a test")
    other = desk.signing.new(desk.floor.desk, "other", ANU, "a test")
    desk.set_up(way=Way.PAPER)
    now = desk.floor.clock.now()

    assert desk.signed(BUY, "breakout", secret).outcomes == ["SENT"]
    for forged in (
        desk.signed(BUY, "breakout", other),
        desk.signed({**BUY, "id": "2"}, "other", secret),
        desk.signed({**BUY, "id": "3"}, "nobody", secret),
        desk.signed({**BUY, "id": "4"}, "breakout", secret, now - 301),
        desk.signed({**BUY, "id": "5"}, "breakout", secret, now + 301),
    ):
        assert forged.status == 401
    assert desk.orders() == 1


def test_a_new_secret_ends_the_old_one_and_a_rotation_does_not(desk: Desk) -> None:
    old = desk.signing.new(desk.floor.desk, "breakout", ANU, "a test")
    desk.signed(BUY, "breakout", old)
    new = desk.signing.new(desk.floor.desk, "breakout", ANU, "a test")
    assert desk.signed(BUY, "breakout", old).status == 401
    desk.signing.vault.reseal_all("a test")

    assert desk.signed({**BUY, "id": "2"}, "breakout", new).status == 200


def test_a_burst_of_a_thousand_with_duplicates_and_forgeries(desk: Desk) -> None:
    desk.set_up(way=Way.PAPER)
    desk.floor.desk = replace(desk.floor.desk, limits=Limits(duplicate_window=0.0))
    desk.api = Api(desk.floor.desk, ways=desk.api.ways)
    secret = desk.signing.new(desk.floor.desk, "breakout", ANU, "a test")
    chance = random.Random(7)
    good = [{**BUY, "id": f"s{number}", "price": 1000 + number % 50} for number in range(800)]
    twice = chance.sample(good, 100)
    posts = [(one, secret) for one in [*good, *twice]] + [
        ({**one, "id": f"f{place}"}, "forged") for place, one in enumerate(twice)
    ]
    chance.shuffle(posts)

    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(lambda one: desk.signed(one[0], "breakout", one[1]), posts))

    refused = [one for one in said if one.status in (401, 429)]  # 429: too many strangers
    assert len(refused) == 100
    assert all(one.status == 200 for one in said if one not in refused)
    orders = {one["orderIds"][0] for each in said if each.status == 200
              for one in each.json["signals"] if one["orderIds"]}  # fmt: skip
    assert len(orders) == desk.orders()
    denied = sum("DENIED" in each.outcomes for each in said if each.status == 200)
    assert len(orders) + denied >= len(good)


def cards(desk: Desk) -> list[Reply]:
    """What Anu is shown now."""
    shown: list[Reply] = []

    class Screen:
        def send(self, chat: str, reply: Reply, *, reply_to: str = "") -> str:
            shown.append(reply)
            return f"{chat}:{len(shown)}"

        def edit(self, message: str, reply: Reply) -> None:
            shown.append(reply)

    deliver(desk.floor.desk, Screen(), serves=lambda chat: chat == f"tg:{ANU}")
    return shown


def test_by_itself_it_trades_only_after_a_proof(desk: Desk) -> None:
    with pytest.raises(UserError, match="wants your code or PIN"):
        desk.set_up(way=Way.AUTO)
    wanted = Strategy("breakout", ANU, Way.AUTO, PAPER.account_id)
    set_up(desk.floor.desk, wanted, "a test", AtTheTerminal())

    assert desk.post({**BUY, "confidence": 0.9}).outcomes == ["SENT"]


def test_a_strategy_is_set_up_by_chat_and_asks_again_when_it_is_changed(desk: Desk) -> None:
    person = desk.floor
    assert "No strategy has sent a signal yet" in person.one("/strategy").text
    assert "on paper" in person.one("/strategy breakout paper").text
    assert "2 lots a signal" in person.one("/strategy breakout size 2 lots").text
    assert "for 50000 of money" in person.one("/strategy breakout size ₹50,000").text
    assert "BUY where a signal says no side" in person.one("/strategy breakout side buy").text
    assert "in #main" in person.one("/strategy breakout account main").text
    set_up_pin(person.desk, ANU, "482915")
    assert "sends orders without asking" in person.one("/strategy breakout auto").text
    made = Strategy("breakout", ANU, Way.AUTO, PAPER.account_id)
    set_up(person.desk, made, "a test", AtTheTerminal())
    assert "⚡ trades by itself" in person.one("/strategy breakout").text

    assert "asks here before each order" in person.one("/strategy breakout size 3").text


def test_its_card_says_what_it_came_to(desk: Desk) -> None:
    desk.set_up(way=Way.PAPER)
    desk.post({**BUY, "quantity": 10})
    desk.floor.work()
    desk.post({**BUY, "id": "2", "side": "SELL", "quantity": 10, "price": 2})
    desk.post({**BUY, "id": "3", "symbol": "NSE:NOBODY"})

    text = desk.floor.one("/strategy breakout").text

    assert "asked about, 1 turned down" in text
    assert "No instrument is called NSE:NOBODY" in text


@pytest.mark.parametrize("words", ["x!", "breakout fly", "breakout size", "breakout size 0",
                                   "breakout size 200%", "breakout side up",
                                   "breakout account nobody"])  # fmt: skip
def test_what_a_strategy_cannot_be_is_said(desk: Desk, words: str) -> None:
    assert len(desk.floor.one(f"/strategy {words}").text) > 20
    assert not desk.floor.store.documents("strategy")


def test_another_persons_strategy_is_left_alone(desk: Desk) -> None:
    set_up(desk.floor.desk, Strategy("breakout", 99), "a test")

    assert desk.post(BUY).outcomes == ["DENIED"]
    assert "somebody else's" in desk.floor.one("/strategy breakout paper").text


def test_who_posts_to_anothers_strategy_neither_takes_its_signal_nor_hears_of_it(
    desk: Desk,
) -> None:
    theirs = Strategy("breakout", 99, Way.PAPER)
    set_up(desk.floor.desk, theirs, "a test")
    [signal] = read(BUY)

    assert desk.post(BUY).outcomes == ["DENIED"]
    assert follow(desk.floor.desk, signal, 99, "its holder").outcome == "SENT"

    [again] = desk.post(BUY).json["signals"]
    assert (again["outcome"], again["again"]) == ("DENIED", True)
    assert not again.get("ticketId")
    assert not again["orderIds"]


def test_a_name_is_its_first_senders_from_the_first_signal_on(desk: Desk) -> None:
    place = desk.floor.desk
    [signal] = read({**BUY, "symbol": "NSE:NOBODY"})
    assert follow(place, signal, 99, "its holder").outcome == "DENIED"

    assert desk.post({**BUY, "id": "2"}).outcomes == ["DENIED"]
    assert "somebody else's" in desk.floor.one("/strategy breakout").text
    assert desk.floor.one("/strategy").text.startswith("No strategy has sent")
    with pytest.raises(UserError, match="somebody else's"):
        desk.signing.new(place, "breakout", ANU, "a test")
    desk.signing.new(place, "mine", ANU, "a test")  # as does a secret to sign under it
    with pytest.raises(UserError, match="somebody else's"):
        desk.signing.new(place, "mine", 99, "a test")


def test_the_claim_of_a_name_is_in_the_audit_once_by_who_sent_first(desk: Desk) -> None:
    for number in "12":
        desk.post({**BUY, "id": number, "symbol": "NSE:INFY" if number == "2" else "NSE:RELIANCE"})
    desk.signing.new(desk.floor.desk, "mine", ANU, "a test")

    told = [json.loads(one.body) for one in desk.floor.store.chain("desk")]
    claims = [one for one in told if one["event"] == "strategy claimed"]
    assert [(one["name"], one["user_id"], one["by"]) for one in claims] == [
        ("breakout", ANU, f"user {ANU} by key bot"), ("mine", ANU, "a test"),
    ]  # fmt: skip


def test_a_stranger_to_a_name_cannot_use_up_its_holders_signal(desk: Desk) -> None:
    set_up(desk.floor.desk, Strategy("breakout", 99, Way.PAPER), "a test")
    unnamed = {name: value for name, value in BUY.items() if name != "id"}
    [signal] = read(unnamed)

    assert desk.post(unnamed).outcomes == ["DENIED"]
    assert follow(desk.floor.desk, signal, 99, "its holder").outcome == "SENT"


def test_of_two_at_once_one_gets_the_name(desk: Desk) -> None:
    signals = [read({**BUY, "id": f"{number}"})[0] for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(
            lambda one: follow(desk.floor.desk, one, 90 + int(one.signal_id) % 2, "a test"), signals
        ))  # fmt: skip

    [claimed] = desk.floor.store.documents("strategy")
    asked = {90 + place % 2 for place, one in enumerate(said) if one.outcome == "ASKED"}
    assert asked == {claimed.body["user_id"]}


def test_who_has_many_strategies_makes_no_more_by_posting(desk: Desk) -> None:
    for number in range(MOST):
        set_up(desk.floor.desk, Strategy(f"s{number}", ANU), "a test")

    assert desk.post(BUY).outcomes == ["DENIED"]
    assert desk.post({**BUY, "strategy": "s1"}).outcomes == ["ASKED"]


def test_who_may_not_use_the_desk_any_more_signs_nothing(desk: Desk) -> None:
    set_up(desk.floor.desk, Strategy("breakout", 99, Way.PAPER), "a test")
    secret = desk.signing.new(desk.floor.desk, "breakout", 99, "a test")

    assert desk.signed(BUY, "breakout", secret).status == 401
    assert desk.orders() == 0
