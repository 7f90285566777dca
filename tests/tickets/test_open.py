"""What was not said is filled in by rule; what cannot be an order says why and what to do."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tickets.desks import (
    BITCOIN,
    CALL,
    FUTURE,
    M_AND_M,
    NIFTY,
    OWNER,
    PROFILE,
    RELIANCE,
    Scene,
    asked,
    holding,
    position,
    scene,
)

from tradegram.brokers.registry import PAPER, add_account
from tradegram.chat.asked import Asked, Level, Unit
from tradegram.chat.preferences import usual_account
from tradegram.errors import NotSent, OutcomeUnknown, Refused, SessionExpired, UserError
from tradegram.model import Account, Instrument, Mode, OrderType, Product, Side, TimeInForce
from tradegram.ports import Change, Desk, Document
from tradegram.tickets.desk import open_ticket
from tradegram.tickets.ticket import Ticket, TicketState

D = Decimal
ZERODHA = Account("zerodha:AB1234", "zerodha", "kite", Mode.LIVE)
COINS = Account("binance:main", "binance", "coins", Mode.LIVE, "USDT")


def opened(desk: Desk, what: Asked | None = None, **said: Any) -> Ticket:
    return open_ticket(
        desk, user_id=OWNER, asked=what or asked(**said), source_text="/buy RELIANCE 10"
    )


def test_a_ticket_is_open_priced_and_saved(play: Scene) -> None:
    ticket = opened(play.desk, price=D(2950), note="for the long run", read_as="RELIANCE share")

    assert play.store.ticket(ticket.ticket_id) == ticket
    assert (ticket.state, ticket.version, ticket.user_id) == (TicketState.OPEN, 1, OWNER)
    assert ticket.expires_at == play.clock.now() + 60
    assert ticket.draft.source_text == "/buy RELIANCE 10"
    assert (ticket.draft.note, ticket.draft.read_as) == ("for the long run", "RELIANCE share")
    pricing = ticket.pricing
    assert (pricing.value, pricing.margin) == (D(29_500), D(2950))
    assert (pricing.available, pricing.worst_price) == (D(1_000_000), D(2950))
    assert sum(pricing.charges.values()) > 0
    assert pricing.checks == ("✅ size", "✅ margin", "✅ price band")
    assert (pricing.source, pricing.at) == ("simulated", play.clock.now() - 1)


@pytest.mark.parametrize(
    ("instrument", "product", "lasts"),
    [
        (RELIANCE, Product.DELIVERY, TimeInForce.DAY),
        (FUTURE, Product.CARRY_FORWARD, TimeInForce.DAY),
        (CALL, Product.CARRY_FORWARD, TimeInForce.DAY),
        (BITCOIN, Product.DELIVERY, TimeInForce.GTC),
    ],
)
def test_product_and_validity_are_the_usual_ones_when_unsaid(
    play: Scene, instrument: Instrument, product: Product, lasts: TimeInForce
) -> None:
    quantity = max(instrument.lot_size, D("0.001"))

    draft = opened(play.desk, asked(instrument, quantity=quantity)).draft

    assert (draft.product, draft.time_in_force) == (product, lasts)


@pytest.mark.parametrize(
    ("said", "order_type"),
    [
        ({}, OrderType.MARKET),
        ({"price": D(2950)}, OrderType.LIMIT),
        ({"trigger": D(3000)}, OrderType.STOP),
        ({"trigger": D(3000), "price": D(3010)}, OrderType.STOP_LIMIT),
    ],
)
def test_the_order_type_follows_from_the_prices(
    play: Scene, said: dict[str, Any], order_type: OrderType
) -> None:
    assert opened(play.desk, **said).draft.order_type is order_type


# -- the account ---------------------------------------------------------------------------------


def test_a_named_account_is_taken_in_any_case(tmp_path: Path) -> None:
    play = scene(tmp_path, PAPER, ZERODHA)

    assert opened(play.desk, account="KITE").account_id == ZERODHA.account_id
    play.store.close()


@pytest.mark.parametrize("said", [ZERODHA.account_id, ZERODHA.account_id.lower()])
def test_an_account_is_named_by_its_id_too(tmp_path: Path, said: str) -> None:
    play = scene(tmp_path, PAPER, ZERODHA)

    assert opened(play.desk, account=said).account_id == ZERODHA.account_id
    play.store.close()


@pytest.mark.parametrize("said", ["old", "gone:1"])
def test_an_account_that_nothing_here_trades_with_is_not_there(tmp_path: Path, said: str) -> None:
    play = scene(tmp_path, PAPER, ZERODHA)
    add_account(play.store, Account("gone:1", "gone", "old", Mode.LIVE))

    with pytest.raises(UserError, match=f"no account called #{said}"):
        opened(play.desk, account=said)
    play.store.close()


def test_an_unknown_account_lists_those_there_are(tmp_path: Path) -> None:
    play = scene(tmp_path, PAPER, ZERODHA)

    with pytest.raises(UserError, match=r"no account called #mian.*#main \(paper:main\), #kite"):
        opened(play.desk, account="mian")
    play.store.close()


def test_the_holders_own_setting_goes_before_the_first_account(tmp_path: Path) -> None:
    play = scene(tmp_path, PAPER, ZERODHA)
    assert opened(play.desk).account_id == PAPER.account_id

    mine = {"account": ZERODHA.account_id}
    [stored] = play.store.commit(Change((Document("setting", str(OWNER), mine),)))
    assert opened(play.desk).account_id == PAPER.account_id, "live was not proven yet"
    play.store.commit(Change((Document("setting", str(OWNER), {**mine, "live": True}, 1),)))

    assert stored.version == 1
    assert opened(play.desk).account_id == ZERODHA.account_id
    play.store.close()


def test_real_money_is_not_spent_by_default_while_there_is_a_choice(tmp_path: Path) -> None:
    play = scene(tmp_path, COINS, PAPER, ZERODHA)
    coin = asked(BITCOIN, quantity=D("0.001"))

    assert opened(play.desk, coin).account_id == PAPER.account_id
    assert usual_account(play.desk, OWNER) == PAPER, "the chat names the one that tickets go to"
    assert opened(play.desk, replace(coin, account="coins")).account_id == COINS.account_id
    play.store.close()


def test_a_setting_that_does_not_fit_the_currency_is_passed_over(tmp_path: Path) -> None:
    play = scene(tmp_path, COINS, ZERODHA)
    play.store.commit(Change((Document("setting", str(OWNER), {"account": ZERODHA.account_id}),)))

    coin = opened(play.desk, asked(BITCOIN, quantity=D("0.001")))

    assert coin.account_id == COINS.account_id
    play.store.close()


def test_an_account_of_another_currency_says_so(tmp_path: Path) -> None:
    play = scene(tmp_path, ZERODHA)

    with pytest.raises(UserError, match="#kite holds INR, and BTCUSDT trades in USDT"):
        opened(play.desk, asked(BITCOIN, account="kite"))
    with pytest.raises(UserError, match="No account here trades in USDT"):
        opened(play.desk, asked(BITCOIN))
    play.store.close()


# -- how many ------------------------------------------------------------------------------------


def test_money_buys_whole_lots_and_never_more_than_it_pays_for(play: Scene) -> None:
    ticket = opened(play.desk, money=D(50_000))

    assert ticket.draft.quantity == 16
    assert ticket.pricing.value <= 50_000


def test_money_that_buys_no_lot_says_what_one_costs(play: Scene) -> None:
    with pytest.raises(UserError, match=r"one lot \(65\) costs ₹15,63,256.50"):
        opened(play.desk, asked(FUTURE, money=D(50_000)))


def test_percent_of_a_buy_is_of_the_free_balance(play: Scene) -> None:
    assert opened(play.desk, percent=D(10), price=D(2500)).draft.quantity == 40


def test_percent_of_a_sell_is_of_what_is_held(play: Scene) -> None:
    play.broker.owns.append(holding("9"))

    assert opened(play.desk, asked(side=Side.SELL, percent=D(50))).draft.quantity == 4


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (asked(side=Side.SELL, percent=D(50)), "You hold no "),
        (asked(percent=D(101)), "101 % is not a share"),
        (Asked(RELIANCE, Side.BUY), "How many RELIANCE"),
        (asked(FUTURE, quantity=D(50)), r"multiples of 65, and 50 is not one. Nearest: 1 lot \(65"),
        (asked(FUTURE, quantity=D(100)), r"Nearest: 1 lot \(65\) or 2 lots \(130\)"),
        (asked(quantity=D(0)), "The least of RELIANCE is one lot, 1"),
        (asked(quantity=D(-5)), "The least of RELIANCE is one lot, 1"),
        (asked(BITCOIN, quantity=D("0.00002")), "no BTCUSDT order below 5.00 USDT"),
        (asked(price=D("2950.03")), r"moves in steps of 0.10. Nearest: 2,950.00 or 2,950.10"),
        (asked(price=D(0)), "limit price must be above zero"),
        (asked(order_type=OrderType.LIMIT), "A LIMIT order needs a limit price"),
        (asked(order_type=OrderType.MARKET, price=D(2950)), "MARKET order has no limit price"),
        (asked(order_type=OrderType.STOP), "A STOP order needs a trigger"),
        (asked(trigger=D(3000), price=D(2990)), "must not be below its trigger 3,000.00"),
        (asked(trigger=D(2900)), r"trigger 2,900.00 of a BUY must be above the market"),
        (asked(price=D(2950), stop_loss=Level(D(3000), Unit.PRICE)), "must lie below its price"),
        (asked(price=D(2950), target=Level(D(2900), Unit.PRICE)), "must lie above its price"),
        (asked(price=D(2950), stop_loss=Level(D("2900.03"), Unit.PRICE)), "The stop 2,900.03"),
        (asked(price=D(2950), stop_loss=Level(D(3000), Unit.POINTS)), "no price above zero"),
        (asked(price=D(3600)), "22.1 % above the market.*your limit of 20 %.*/risk price_band"),
        (
            asked(quantity=D(2000)),
            r"₹58,97,600.00, above your limit of ₹50,00,000.00.*/risk order_value",
        ),
        (asked(NIFTY), "is an index and cannot be bought"),
        (asked(FUTURE, quantity=D(18200)), "at most 27 lots .1,755. of .* more than 10 orders"),
        (asked(product=Product.CARRY_FORWARD), "RELIANCE is not held as NRML; choose CNC, MIS"),
        (asked(product=Product.MARGIN_FUNDED), "Paper does not offer MTF; choose CNC or MIS"),
        (asked(replace(FUTURE, expiry=date(2026, 10, 27))), "expired on 27 Oct 2026"),
        (asked(replace(RELIANCE, symbol="NEW")), "There is no price for NEW now"),
    ],
)
def test_what_cannot_be_an_order_says_why_and_what_to_do(
    play: Scene, what: Asked, words: str
) -> None:
    play.broker.free["INR"] = D(100_000_000)

    with pytest.raises(UserError, match=words) as told:
        opened(play.desk, what)

    assert str(told.value).endswith((".", "?"))
    assert not play.staged()


def test_what_a_broker_does_not_have_is_refused_when_the_ticket_is_made(tmp_path: Path) -> None:
    small = replace(
        PROFILE,
        title="Zerodha",
        order_types=frozenset({OrderType.LIMIT, OrderType.MARKET}),
        times_in_force=frozenset({TimeInForce.DAY}),
        plain_market=False,
    )
    play = scene(tmp_path, profile=small)
    refused: dict[str, dict[str, Any]] = {
        "Zerodha does not take orders of type STOP; choose LIMIT or MARKET": {"trigger": D(3000)},
        "Zerodha does not take the validity FOK; choose DAY": {"time_in_force": TimeInForce.FOK},
        "market orders only with a worst price": {"plain_market": True},
    }

    for words, said in refused.items():
        with pytest.raises(UserError, match=words):
            opened(play.desk, **said)
    play.store.close()


# -- stop and target -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("side", "stop", "target", "prices"),
    [
        (Side.BUY, Level(D(2900), Unit.PRICE), Level(D(3050), Unit.PRICE), ("2900", "3050")),
        (Side.BUY, Level(D(2), Unit.PERCENT), Level(D(4), Unit.PERCENT), ("2891.00", "3068.00")),
        (Side.BUY, Level(D(-40), Unit.POINTS), Level(D(80), Unit.POINTS), ("2910.00", "3030.00")),
        (Side.SELL, Level(D(40), Unit.POINTS), Level(D(1), Unit.PERCENT), ("2990.00", "2920.50")),
        (Side.BUY, Level(D("1.33"), Unit.PERCENT), None, ("2910.80", None)),
    ],
)
def test_stop_and_target_become_prices_on_a_tick(
    play: Scene, side: Side, stop: Level, target: Level | None, prices: tuple[str, str | None]
) -> None:
    draft = opened(play.desk, asked(side=side, price=D(2950), stop_loss=stop, target=target)).draft

    aim = None if prices[1] is None else D(prices[1])
    assert (draft.stop_loss, draft.target) == (D(prices[0]), aim)


# -- what the broker says ------------------------------------------------------------------------


@pytest.mark.parametrize("error", [NotSent, OutcomeUnknown])
def test_a_silent_broker_makes_a_ticket_that_says_so_and_asks_twice(
    play: Scene, error: type[NotSent | OutcomeUnknown]
) -> None:
    play.broker.fails = error("paper", "no answer")

    pricing = opened(play.desk).pricing

    assert (pricing.margin, pricing.available) == (D(0), D(0))
    assert "⚠ margin not known, the broker does not say" in pricing.checks
    assert pricing.needs_second_confirm


def test_a_refusal_of_the_broker_is_passed_on(play: Scene) -> None:
    play.broker.fails = Refused("paper", "scrip is banned")

    with pytest.raises(UserError, match="Paper does not take this order: scrip is banned"):
        opened(play.desk)


def test_an_account_that_is_not_logged_in_says_so(play: Scene) -> None:
    play.broker.fails = SessionExpired("paper", "token ended")

    with pytest.raises(
        UserError, match=r"#main is not logged in at Paper; nothing was sent. Say /login main"
    ):
        opened(play.desk)


def test_money_that_is_not_there_is_a_denial(play: Scene) -> None:
    play.broker.free["INR"] = D(1000)

    with pytest.raises(UserError, match=r"needs ₹2,950.00 and ₹1,000.00 is free, ₹1,950.00 short"):
        opened(play.desk, price=D(2950))


def test_percent_needs_a_broker_that_answers(play: Scene) -> None:
    play.broker.fails = NotSent("paper", "no answer")

    with pytest.raises(UserError, match="free balance of #main cannot be read"):
        opened(play.desk, percent=D(10))
    with pytest.raises(UserError, match="What #main holds of RELIANCE cannot be read"):
        opened(play.desk, asked(side=Side.SELL, percent=D(10)))


def test_selling_more_than_is_held_says_what_it_opens(play: Scene) -> None:
    play.broker.owns.append(holding("4"))

    intraday = asked(side=Side.SELL, product=Product.INTRADAY)

    assert "⚠ you hold 4, this opens a short of 6" in opened(play.desk, intraday).pricing.checks


def test_what_is_held_for_the_day_is_not_there_to_be_delivered(play: Scene) -> None:
    play.broker.owns.append(holding("4"))
    play.broker.runs.append(position("6", Product.INTRADAY))

    checks = opened(play.desk, asked(side=Side.SELL)).pricing.checks

    assert "⚠ you hold 4: brokers refuse to deliver more" in checks
    half = asked(side=Side.SELL, percent=D(50), product=Product.INTRADAY)
    assert opened(play.desk, half).draft.quantity == 5


def test_a_position_above_the_limit_can_still_be_closed(play: Scene) -> None:
    play.broker.free["INR"] = D(100_000_000)
    play.broker.runs.append(position("-3000", Product.INTRADAY))

    ticket = opened(play.desk, asked(quantity=D(2000), product=Product.INTRADAY))

    assert ticket.pricing.needs_second_confirm


def test_a_closed_market_says_when_it_opens(play: Scene) -> None:
    play.hours.open, play.hours.opens_at = False, play.clock.now() + 71.25 * 3600

    checks = opened(play.desk).pricing.checks

    assert "⚠ market is closed, opens Mon 23 Nov 09:15 IST; the order waits" in checks


def test_a_symbol_with_an_ampersand_is_a_symbol(play: Scene) -> None:
    with pytest.raises(UserError, match="The least of M&M"):
        opened(play.desk, asked(M_AND_M, quantity=D(0)))

    assert opened(play.desk, asked(M_AND_M, quantity=D(5))).draft.instrument == M_AND_M
