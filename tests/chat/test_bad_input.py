"""Every kind of input that is not an order yet: one message that says what, and what next."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from chat.trading_floor import Floor, floor, labels

from tradegram.chat.reply import Reply

# kind, text, what the answer says, a button that leads on ("": the words do)
KINDS = [
    ("an index", "/buy NIFTY 50", "cannot be bought directly", "NIFTYBEES ETF · 50 units"),
    ("an index, its lot", "/buy NIFTY 65", "cannot be bought directly", "FUT 23 NOV · 1 lot (65)"),
    ("no such expiry", "/buy 2 lots BANKNIFTY 52000 CE 27 NOV @ 120 sl 100 tgt 160",
     "No 27 NOV expiry", "29 DEC"),
    ("no expiry said", "/buy NIFTY 24000 CE", "Which expiry?", "23 NOV"),
    ("demerged name", "/buy TATA MOTORS 10", "more than one thing", "TMPV"),
    ("off the tick", "/buy RELIANCE 10 @ 2950.03", "nearest 2,950.00 or 2,950.05", "2,950.05"),
    ("misspelt symbol", "/buy RELIAANCE 10", "Did you mean RELIANCE", "RELIANCE"),
    ("misspelt word", "/buy RELIANCE 10 lmit 2950", "understood RELIANCE 10 but not", "limit 2950"),
    ("off the lot", "/buy NIFTY FUT 23 NOV 50", "not a multiple of the lot", "1 lot (65)"),
    ("no such strike", "/buy NIFTY 24013 CE 23 NOV 1 lot", "no strike 24,013", "24000 CE"),
    ("no quantity", "/buy RELIANCE", "How many", "10"),
    ("off the coin's step", "/buy BTCUSDT 0.0000001", "not a multiple", ""),
    ("under the coin's least value", "/buy BTCUSDT 0.00001", "5", ""),
    ("half a share", "/buy RELIANCE 1.5", "not a multiple", "2"),
    ("nothing to sell a share of", "/sell RELIANCE 50%", "You hold no RELIANCE", ""),
    ("money below a lot", "/buy NIFTY FUT 23 NOV ₹50000", "does not buy any", ""),
    ("above the limit", "/buy INFY 100000", "above your limit", ""),
    ("far from the market", "/buy INFY 5 @ 900", "below the market", ""),
    ("trigger on the wrong side", "/buy INFY 5 trg 1000", "must be above the market", ""),
    ("stop on the wrong side", "/buy RELIANCE 10 @ 2900 sl 2950", "stop must lie below",
     "leaving out"),
    ("unknown account", "/buy RELIANCE 10 #nobody", "#main", ""),
    ("unknown thing", "/buy XYZZYQ 10", "XYZZYQ", ""),
    ("two products", "/buy RELIANCE 10 mis nrml", "one product", "mis"),
    ("validity that is not there", "/buy RELIANCE 10 gtt", "/gtt buy INFY", "gtc"),
    ("unknown command", "/ordes", "Did you mean", ""),
    ("no command at all", "good morning", "Write an order", ""),
    ("no such order", "/cancel ZZZZ", "/orders", ""),
    ("nothing to exit", "/exit TCS", "/pos", ""),
    ("nothing to repeat", "/repeat", "confirmed", ""),
]  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Floor]:
    with floor(tmp_path) as made:
        yield made


@pytest.mark.parametrize(
    ("text", "says", "leads_to"), [row[1:] for row in KINDS], ids=[row[0] for row in KINDS]
)
def test_one_message_says_what_is_wrong_and_what_next(
    desk: Floor, text: str, says: str, leads_to: str
) -> None:
    reply = desk.one(text)

    assert says in reply.text
    assert "Confirm" not in "".join(labels(reply)), "nothing can be sent by one tap"
    if leads_to:
        [way] = [name for name in labels(reply) if leads_to in name][:1]
        answer = desk.press(reply, way)
        assert "Confirm" in "".join(labels(shown(answer.edit))), "the rest of it was kept"


def shown(reply: Reply | None) -> Reply:
    assert reply is not None
    return reply


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("/sell RELIANCE 10 limit 2950 mis", "this opens a short of 10"),
        ("/buy M&M 5", "BUY M&amp;M"),
        ("/buy BAJAJ-AUTO 1", "BAJAJ-AUTO"),
        ("/buy BTCUSDT 0.01", "BTCUSDT"),
        ("/buy BTC/USDT 0.01", "BTCUSDT"),
        ("/buy AAPL 10", "NASDAQ"),
        ("/buy IDEA 100", "IDEA"),
    ],
)
def test_what_has_one_legal_meaning_is_a_ticket(desk: Floor, text: str, says: str) -> None:
    reply = desk.one(text)

    assert says in reply.text
    assert "Confirm" in labels(reply)[0]


def test_an_expired_ticket_says_since_when_and_offers_a_new_one(desk: Floor) -> None:
    ticket = desk.one("buy RELIANCE 10")
    desk.clock.pass_(72)
    answer = desk.press(ticket, "Confirm")
    assert "expired 12 s ago; nothing was sent" in answer.toast
    expired = shown(answer.edit)
    assert "price then" in expired.text
    assert "Confirm" in labels(shown(desk.press(expired, "New ticket").edit))[0]


def test_a_closed_market_is_said_with_when_it_opens(desk: Floor) -> None:
    while desk.desk.calendar.is_open(desk.desk.instruments.named("INFY")[0], desk.clock.now()):
        desk.clock.pass_(3600)
    assert "market is closed, opens" in desk.one("buy INFY 5").text
