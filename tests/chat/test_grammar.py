"""What order texts mean, one example after the other, on the shipped sample."""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from order_texts import NOW, labels, master, offered, one, read

from tradegram.chat.asked import Level, Unit
from tradegram.chat.grammar.read import is_order, read_order
from tradegram.model import Kind, OrderType, Product, Side, TimeInForce


@pytest.mark.parametrize(
    "text",
    ["/buy RELIANCE 10", "buy reliance 10", "B 10 Reliance", "/BUY@SomeBot RELIANCE 10 qty",
     "buy 10 sh reliance", "buy reliance qty 10", "buy 10 shares of reliance", "buy RIL 10 units",
     "  buy\n reliance\t10 ", "buy NSE:RELIANCE 10", "buy reliance 10 nse"],
)  # fmt: skip
def test_ten_shares_can_be_said_in_many_ways(text: str) -> None:
    asked = one(text)

    assert (asked.instrument.key, asked.side, asked.quantity) == ("NSE:RELIANCE", Side.BUY, D(10))
    assert asked.order_type is OrderType.MARKET
    assert not asked.plain_market


def test_a_limit_sell_with_its_product_is_one_reading() -> None:
    asked = one("/sell RELIANCE 10 limit 2950 mis")

    assert (asked.side, asked.quantity, asked.price) == (Side.SELL, D(10), D(2950))
    assert (asked.order_type, asked.product) == (OrderType.LIMIT, Product.INTRADAY)
    assert asked.label == "RELIANCE · NSE · 10 shares @ 2,950"


@pytest.mark.parametrize(
    ("text", "key", "quantity"),
    [
        ("/buy M&M 5", "NSE:M&M", "5"),
        ("/buy m & m 5", "NSE:M&M", "5"),
        ("/buy BAJAJ-AUTO 1", "NSE:BAJAJ-AUTO", "1"),
        ("/buy BTCUSDT 0.01", "BINANCE:BTCUSDT", "0.01"),
        ("/buy BTC/USDT 0.01", "BINANCE:BTCUSDT", "0.01"),
        ("/buy AAPL 10", "NASDAQ:AAPL", "10"),
        ("buy 10 reliance bse", "BSE:RELIANCE", "10"),
        ("buy bse 10", "NSE:BSE", "10"),
        ("b 5 INFY", "NSE:INFY", "5"),
    ],
)
def test_names_are_found_with_their_signs_and_venues(text: str, key: str, quantity: str) -> None:
    asked = one(text)

    assert (asked.instrument.key, asked.quantity) == (key, D(quantity))


@pytest.mark.parametrize(
    ("text", "money", "percent"),
    [
        ("buy ₹50k of RELIANCE", 50_000, None),
        ("buy rs 50000 RELIANCE", 50_000, None),
        ("buy Rs.50,000 RELIANCE", 50_000, None),
        ("buy RELIANCE ₹1.5l", 150_000, None),
        ("buy RELIANCE ₹ 2 cr", 20_000_000, None),
        ("buy AAPL $500", 500, None),
        ("buy RELIANCE 10%", None, 10),
        ("sell 12.5 % of RELIANCE", None, D("12.5")),
        ("buy RELIANCE FUT 23 NOV ₹5 lakh", 500_000, None),
    ],
)
def test_money_and_percent_stay_unsized(text: str, money: D | None, percent: D | None) -> None:
    asked = one(text)

    assert (asked.quantity, asked.money, asked.percent) == (None, money, percent)


@pytest.mark.parametrize(
    ("clauses", "kind", "price", "trigger"),
    [
        ("", OrderType.MARKET, None, None),
        ("mkt", OrderType.MARKET, None, None),
        ("@ 2,950.50", OrderType.LIMIT, "2950.50", None),
        ("@2950", OrderType.LIMIT, "2950", None),
        ("at ₹2950", OrderType.LIMIT, "2950", None),
        ("lmt 2950", OrderType.LIMIT, "2950", None),
        ("limit @ 2950", OrderType.LIMIT, "2950", None),
        ("trg 2960", OrderType.STOP, None, "2960"),
        ("trigger 2960 market", OrderType.STOP, None, "2960"),
        ("sl-m trg 2960", OrderType.STOP, None, "2960"),
        ("2965 trg 2960", None, None, None),
        ("@ 2965 trg 2960", OrderType.STOP_LIMIT, "2965", "2960"),
        ("sl limit 2965 trigger 2960", OrderType.STOP_LIMIT, "2965", "2960"),
        ("trg 2960 sl limit @ 2965", OrderType.STOP_LIMIT, "2965", "2960"),
    ],
)
def test_price_and_trigger_say_the_order_type(
    clauses: str, kind: OrderType | None, price: str | None, trigger: str | None
) -> None:
    readings = read(f"buy RELIANCE 10 {clauses}").readings

    found = [(asked.order_type, asked.price, asked.trigger) for asked in readings]
    assert found == ([(kind, price and D(price), trigger and D(trigger))] if kind else [])


@pytest.mark.parametrize("words", ["mkt plain", "plain market"])
def test_a_plain_market_order_is_chosen_in_words(words: str) -> None:
    assert one(f"buy RELIANCE 10 {words}").plain_market


@pytest.mark.parametrize(
    ("words", "stop", "target"),
    [
        ("sl 2900 tgt 3050", Level(D(2900), Unit.PRICE), Level(D(3050), Unit.PRICE)),
        ("tp +50 stop -40", Level(D(40), Unit.POINTS), Level(D(50), Unit.POINTS)),
        ("s/l 2% target 3 %", Level(D(2), Unit.PERCENT), Level(D(3), Unit.PERCENT)),
        ("sl −40", Level(D(40), Unit.POINTS), None),
        ("sl 40 pts", Level(D(40), Unit.POINTS), None),
    ],
)
def test_stops_and_targets_keep_their_unit(
    words: str, stop: Level | None, target: Level | None
) -> None:
    asked = one(f"buy RELIANCE 10 @ 2950 {words}")

    assert (asked.stop_loss, asked.target) == (stop, target)


def test_the_other_clauses_are_kept_as_said() -> None:
    asked = one("buy RELIANCE 10 ioc delivery “before results” #Main")

    assert asked.time_in_force is TimeInForce.IOC
    assert asked.product is Product.DELIVERY
    assert (asked.account, asked.note) == ("Main", "before results")


# -- derivatives ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "symbol", "quantity"),
    [
        ("buy 2 lots BANKNIFTY 52000 CE 23 NOV @ 120 sl 100 tgt 160", "BANKNIFTY26NOV52000CE", 60),
        ("buy BANKNIFTY 52000 call 23nov26 2x", "BANKNIFTY26NOV52000CE", 60),
        ("buy BANKNIFTY 52000PE monthly 30", "BANKNIFTY26NOV52000PE", 30),
        ("buy bank nifty 23 nov 2026 ce 52000 1 lot", "BANKNIFTY26NOV52000CE", 30),
        ("buy NIFTY FUT NOV 1 lot", "NIFTY26NOVFUT", 65),
        ("buy NIFTY FUT next month 130", "NIFTY26DECFUT", 130),
        ("buy NIFTY FUT nov 26 lots", "NIFTY26NOVFUT", 1690),
        ("buy BANKNIFTY26NOVFUT 1 lot", "BANKNIFTY26NOVFUT", 30),
        ("buy NIFTY26NOV24000CE 65", "NIFTY26NOV24000CE", 65),
        ("buy NIFTY23NOV24000CE 65", "NIFTY26NOV24000CE", 65),
        ("buy NIFTY23NOV2624000CE 65", "NIFTY26NOV24000CE", 65),
        ("buy RELIANCE FUT dec 500 nrml", "RELIANCE26DECFUT", 500),
        ("buy 1 lot crude oil fut 18 dec", "CRUDEOIL26DECFUT", 100),
    ],
)
def test_contracts_are_found_in_the_master(text: str, symbol: str, quantity: int) -> None:
    asked = one(text)

    assert (asked.instrument.symbol, asked.quantity) == (symbol, D(quantity))


def test_an_option_without_expiry_is_chosen_by_buttons() -> None:
    readings = read("/buy NIFTY 24000 CE 1 lot")

    assert readings.question == "Which expiry?"
    assert labels(readings) == [
        "NIFTY 24000 CE 23 NOV monthly · 1 lot (65)",
        "NIFTY 24000 CE 1 DEC weekly · 1 lot (65)",
        "NIFTY 24000 CE 29 DEC monthly · 1 lot (65)",
    ]
    assert readings.may_remember == ""


def test_without_expiry_and_quantity_each_button_states_its_lot() -> None:
    readings = read("/buy NIFTY 24000 CE")

    assert [asked.quantity for asked in readings.readings] == [65, 65, 65]
    assert all("1 lot (65)" in label for label in labels(readings))


def test_next_week_is_asked_back_when_it_can_mean_two_days() -> None:
    days = [asked.instrument.expiry for asked in read("buy NIFTY 24000 CE next week 65").readings]

    assert [f"{day:%d %b}" for day in days if day] == ["23 Nov", "01 Dec"]


def test_an_expiry_that_is_none_is_answered_with_the_real_dates() -> None:
    readings = read("/buy 2 lots BANKNIFTY 52000 CE 27 NOV @ 120 sl 100 tgt 160")

    assert readings.readings == ()
    assert readings.question.startswith("No 27 NOV expiry")
    assert offered(readings)[0] == "/buy 2 lots BANKNIFTY 52000 CE 23 NOV @ 120 sl 100 tgt 160"


def test_a_strike_that_is_none_is_answered_with_its_neighbours() -> None:
    readings = read("buy NIFTY 24010 CE 23 NOV 65")

    assert "no strike 24,010 CE" in readings.question
    assert "buy NIFTY 24000 CE 23 NOV 65" in offered(readings)


@pytest.mark.parametrize(
    ("text", "offers"),
    [
        ("buy NIFTY FUT NOV 2", ["buy NIFTY FUT NOV 1 lot", "buy NIFTY FUT NOV 2 lots"]),
        ("buy NIFTY FUT NOV 100", ["buy NIFTY FUT NOV 1 lot", "buy NIFTY FUT NOV 2 lots"]),
        ("buy NIFTY 50 FUT", ["buy NIFTY 1 lot FUT"]),
        ("buy NIFTY FUT NOV 1.5 lots", ["buy NIFTY FUT NOV 1 lot", "buy NIFTY FUT NOV 2 lots"]),
        ("buy RELIANCE 2 lots", ["buy RELIANCE 2"]),
        ("buy RELIANCE 0.5", ["buy RELIANCE 1"]),
        ("buy BTCUSDT 0.000015", ["buy BTCUSDT 0.00001", "buy BTCUSDT 0.00002"]),
    ],
)
def test_a_quantity_off_the_lot_is_never_rounded(text: str, offers: list[str]) -> None:
    readings = read(text)

    assert readings.readings == ()
    assert offered(readings) == offers


# -- an index ------------------------------------------------------------------------------------


def test_an_order_for_nifty_50_is_never_a_ticket() -> None:
    readings = read("/buy NIFTY 50")

    assert readings.question == (
        "NIFTY 50 is an index (24,000.00) and cannot be bought directly. What did you mean?"
    )
    assert labels(readings) == [
        "NIFTY FUT 23 NOV · 1 lot (65)",
        "ATM 24000 CE 23 NOV monthly · 1 lot (65)",
        "ATM 24000 PE 23 NOV monthly · 1 lot (65)",
        "NIFTYBEES ETF · 50 units",
        "NIFTY FUT 23 NOV · 50 LOTS (3,250) ⚠ needs 2nd confirm",
    ]
    assert [asked.quantity for asked in readings.readings] == [65, 65, 65, 50, 3250]
    assert [asked.needs_second_confirm for asked in readings.readings][-2:] == [False, True]
    assert readings.may_remember == "NIFTY 50"


def test_a_multiple_of_the_lot_is_that_many_lots() -> None:
    readings = read("/buy NIFTY 65")

    assert [asked.quantity for asked in readings.readings] == [65, 65, 65, 65]
    assert readings.readings[-1].instrument.kind is Kind.ETF


@pytest.mark.parametrize("text", ["/buy NIFTY", "/buy NIFTY 1 lot", "/buy 1x nifty 50"])
def test_without_a_quantity_each_choice_is_one_lot(text: str) -> None:
    assert [asked.quantity for asked in read(text).readings] == [65, 65, 65, 1]


def test_a_strike_after_an_index_is_a_strike() -> None:
    assert "NIFTY 24100 CE 23 NOV monthly · 1 lot (65)" in labels(read("/buy NIFTY 24100"))


def test_one_thing_left_of_a_chooser_is_offered_and_not_taken() -> None:
    readings = read("/buy NIFTY 50 cnc")

    assert readings.readings == ()
    assert offered(readings) == ["/buy NIFTYBEES 50 cnc"]


def test_a_price_near_the_index_is_meant_for_its_future() -> None:
    kinds = {asked.instrument.kind for asked in read("/buy NIFTY 65 @ 24010").readings}

    assert kinds <= {Kind.FUTURE}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("/buy NIFTY 50", "NIFTY 50"),
        ("/buy nifty 50 @ 270", "NIFTY 50"),
        ("/buy NIFTY 65", "NIFTY"),
    ],
)
def test_a_remembered_choice_replaces_the_chooser(text: str, words: str) -> None:
    [asked] = read(text, {words: "NSE:NIFTYBEES"}).readings

    assert asked.instrument.key == "NSE:NIFTYBEES"
    assert asked.read_as == "NIFTYBEES (remembered)"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("/buy NIFTY 50", "NFO:NIFTY26NOVFUT"),
        ("/buy NIFTY 50", "NSE:NIFTY 50"),
        ("/buy NIFTY 50", "NSE:GONE"),
        ("/buy NIFTY 1 lot", "NSE:NIFTYBEES"),
    ],
)
def test_derivatives_are_never_remembered(text: str, key: str) -> None:
    remembered = {"NIFTY": key, "NIFTY 50": key}

    assert len(read(text, remembered).readings) > 1


def test_a_venue_that_was_said_outranks_what_is_remembered() -> None:
    [asked] = read("buy RELIANCE 10 bse", {"RELIANCE": "NSE:RELIANCE"}).readings

    assert (asked.instrument.key, asked.read_as) == ("BSE:RELIANCE", "")


def test_two_companies_under_one_name_are_chosen_by_buttons() -> None:
    readings = read("/buy TATA MOTORS 10")

    assert [asked.instrument.key for asked in readings.readings] == ["NSE:TMCV", "NSE:TMPV"]
    assert "Passenger Vehicles · NSE · 10 shares" in labels(readings)[1]
    assert readings.may_remember == "TATA MOTORS"
    assert offered(read("/buy TATA MOTORS"))[0] == "/buy NSE:TMCV 1"


# -- what is not understood ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said", "offer"),
    [
        ("/buy RELIANCE 10 @ 2950.03", "2,950.00 or 2,950.05", "/buy RELIANCE 10 @ 2950.05"),
        ("/buy RELIAANCE 10", "RELIAANCE", "/buy RELIANCE 10"),
        ("/buy RELIAANCE", "RELIAANCE", "/buy RELIANCE 1"),
        ("buy RELIANCE 10 lmit 2950", '"lmit". Did you mean limit 2950?',
         "buy RELIANCE 10 limit 2950"),
        ("buy RELIANCE 10 intrady", '"intrady"', "buy RELIANCE 10 intraday"),
        ("buy RELIANCE 10 2950", '"2950"', "buy RELIANCE 10 @ 2950"),
        ("buy NIFTY 24000 23 nov 65", '"65"', "buy NIFTY 24000 CE 23 nov 65"),
        ("buy 50k RELIANCE", '"50k"', "buy ₹50k RELIANCE"),
        ("buy RELIANCE", "How many", "buy RELIANCE 10"),
        ("buy BTCUSDT", "How many", "buy BTCUSDT $100"),
        ("buy NIFTY FUT 23 NOV", "One lot is 65", "buy NIFTY FUT 23 NOV 1 lot"),
        ("buy GOLD FUT 4 DEC 26", "How many", "buy GOLD FUT 4 DEC 26 1 lot"),
        ("buy NIFTY nov 65", "future or an option", "buy NIFTY FUT nov 65"),
        ("buy NIFTY FUT weekly 65", "no weekly", "buy NIFTY FUT 23 NOV 65"),
        ("buy NIFTY FUT NOV 65 cnc", "cnc is not possible for a future",
         "buy NIFTY FUT NOV 65 nrml"),
        ("buy BTCUSDT 0.01 mis", "mis is not possible for a coin", "buy BTCUSDT 0.01 cnc"),
        ("buy AAPL 1 mtf", "outside India", "buy AAPL 1 cnc"),
        ("buy RELIANCE 10 @ 2950 mkt", "market and a price", "buy RELIANCE 10 @ 2950"),
        ("buy RELIANCE 10 sl 2900 sl 2890", "stop is said twice", "buy RELIANCE 10 sl 2900"),
        ("buy RELIANCE 10 @ 2950 sl 2960", "stop must lie below", "buy RELIANCE 10 @ 2950"),
        ("sell RELIANCE 10 @ 2950 sl 2900", "stop must lie above", "sell RELIANCE 10 @ 2950"),
        ("buy RELIANCE 10 @ 2950 tgt 2900", "target must lie above", "buy RELIANCE 10 @ 2950"),
        ("buy RELIANCE 10 sl 2960 tgt 2950", "target must lie above", "buy RELIANCE 10 sl 2960"),
        ("buy RELIANCE 10 @ 2950 trg 2960", "limit of a stop order", "buy RELIANCE 10 @ 2950"),
        ("buy RELIANCE 10 sl +40", "stop must lie below", "buy RELIANCE 10"),
        ("buy RELIANCE 10 gtt", "A gtt order is said so", "buy RELIANCE 10"),
        ("buy AAPL 10 nse", "listed on NASDAQ, not on NSE", "buy AAPL 10 nasdaq"),
    ],
)  # fmt: skip
def test_what_failed_is_named_and_the_nearest_text_is_offered(
    text: str, said: str, offer: str
) -> None:
    readings = read(text)

    assert readings.readings == ()
    assert said in readings.question
    assert offer in offered(readings)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("buy", "What do you want to buy?"),
        ("sell 10", "What do you want to sell?"),
        ("hello", "begins with buy or sell"),
        ("buy RELIANCE 10 sell INFY 5", "One order per message"),
        ("buy RELIANCE INFY 10", "one instrument"),
        ("buy RELIANCE 0", "above zero"),
        ("buy NIFTY 0", "above zero"),
        ("buy RELIANCE -5", "no sign"),
        ("buy RELIANCE 120%", "100 %"),
        ("buy RELIANCE 10 @ 0", "above zero"),
        ("buy AAPL ₹500", "priced in USD"),
        ("buy RELIANCE 10 sl-m", "needs a trigger"),
        ("buy RELIANCE 10 sl-m trg 2960 @ 2950", "has no price"),
        ("buy RELIANCE 10 sl limit trg 2960", "needs a price"),
        ("buy RELIANCE 10 limit abc", 'not "abc"'),
        ("buy RELIANCE 10 sl", "2900"),
        ("buy BTCUSDT FUT 1", "futures"),
        ("buy INDIA VIX 1", "cannot be bought"),
        ("sell INDIA VIX 1", "cannot be sold"),
        ("buy " + "9" * 16, '"9999999999999999"'),
        ("buy RELIANCE " + "x" * 400, "400 characters"),
        ("buy " + "1 " * 41, "40 words"),
        ("buy " + "NIFTY " * 20, "one instrument"),
    ],
)
def test_what_cannot_be_mended_is_said_in_one_sentence(text: str, said: str) -> None:
    readings = read(text)

    assert readings.readings == ()
    assert said in readings.question


@pytest.mark.parametrize(
    "text",
    ["/buy RELIAANCE 10 lmit 2950", "buy NIFTY 24010 CE 27 NOV 65", "buy TATA MOTRS", "buy 10 REL",
     "buy NIFTY24NOV24000CE 65", "buy RELIANCE 10 limt 2950.03", "buy NIFTY FUT 27 NOV 2"],
)  # fmt: skip
def test_every_text_that_is_offered_is_understood(text: str) -> None:
    offers = offered(read(text))

    assert offers
    assert all(read(offer).readings for offer in offers)


@pytest.mark.parametrize(
    ("text", "yes"),
    [
        ("b 5 INFY", True), ("buy", True), ("/buy", True), ("/b", True), ("SELL all", True),
        ("/sell@SomeBot x", True), ("best", False), ("b", False), ("s", False), ("", False),
        ("buying", False), ("please buy", False), ("/buyer x", False), ("/start", False),
    ],
)  # fmt: skip
def test_only_messages_that_begin_like_an_order_are_orders(text: str, yes: bool) -> None:
    assert is_order(text) is yes


def test_options_at_the_money_are_left_out_without_a_price() -> None:
    kinds = [asked.instrument.kind for asked in read_order("buy NIFTY 50", master(), NOW).readings]

    assert kinds == [Kind.FUTURE, Kind.ETF, Kind.FUTURE]


def test_the_same_order_in_other_words_is_the_same_reading() -> None:
    assert one("buy RELIANCE 10 @ 2950 mis") == one("b mis 10 reliance limit 2,950")
