"""Whose price decides what: paper's is simulated, a live account's its own broker's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from clocks import StillClock
from samples import INFY

from tradegram.brokers.calls import Calls
from tradegram.brokers.contract import Ability, Health, Profile
from tradegram.brokers.paper.profile import PROFILE
from tradegram.errors import NotSent, Refused, SessionExpired, Throttled
from tradegram.market.live import FRESH, LiveQuotes
from tradegram.model import Account, Instrument, Mode, Quote

PAPER = Account("paper:main", "paper", "main", Mode.PAPER)
LIVE = Account("zerodha:AB1234", "zerodha", "live", Mode.LIVE)
TCS = replace(INFY, symbol="TCS")
D = Decimal
QUOTING = replace(PROFILE, can=frozenset({Ability.QUOTES}))


def quote(one: Instrument, last: int, source: str) -> Quote:
    price = D(last)
    return Quote(one.key, price, price, price, D(0), D(0), price, price, price, price, 0.0, source)


class Simulated:
    def quote(self, instrument: Instrument, account_id: str = "") -> Quote | None:
        return quote(instrument, 1, "simulated")


@dataclass
class Exchange:
    """A broker that answers about what it lists, and keeps what it was asked."""

    profile: Profile = QUOTING
    lists: frozenset[str] = frozenset({INFY.key, TCS.key})
    trouble: Exception | None = None
    asked: list[list[str]] = field(default_factory=list)

    def quotes(self, instruments: Sequence[Instrument]) -> Mapping[str, Quote]:
        self.asked.append([one.key for one in instruments])
        if self.trouble is not None:
            raise self.trouble
        if any(one.key not in self.lists for one in instruments):
            raise Refused("zerodha", "it does not list that")
        return {one.key: quote(one, 100, "zerodha") for one in instruments}

    def candles(self, *asked: object) -> None: ...

    def option_chain(self, *asked: object) -> None: ...


@dataclass
class Brokers:
    exchange: Exchange
    out: bool = False

    def accounts(self) -> Sequence[Account]:
        return [PAPER, LIVE]

    def account(self, account_id: str) -> Account:
        return {each.account_id: each for each in (PAPER, LIVE)}[account_id]

    def profile(self, account_id: str) -> Profile:
        return self.exchange.profile

    def broker(self, account_id: str) -> Exchange:
        if self.out:
            raise SessionExpired("zerodha", "not logged in")
        return self.exchange


@dataclass
class Market:
    clock: StillClock = field(default_factory=StillClock)
    exchange: Exchange = field(default_factory=Exchange)

    def __post_init__(self) -> None:
        self.brokers = Brokers(self.exchange)
        self.quotes = LiveQuotes(self.brokers, Simulated(), self.clock, self.clock.pass_)  # type: ignore[arg-type]

    def source(self, one: Instrument, account_id: str) -> str | None:
        found = self.quotes.quote(one, account_id)
        return found.source if found else None


def test_paper_is_simulated_and_live_is_the_brokers() -> None:
    market = Market()

    assert market.source(INFY, PAPER.account_id) == "simulated"
    assert market.exchange.asked == []
    assert market.source(INFY, LIVE.account_id) == "zerodha"


def test_no_simulated_price_decides_a_live_order() -> None:
    market = Market()
    for trouble in (NotSent("zerodha", "x"), Refused("zerodha", "x"), SessionExpired("z", "x")):
        market.exchange.trouble = trouble
        market.clock.pass_(60)
        assert market.source(INFY, LIVE.account_id) is None
    market.exchange.trouble, market.brokers.out = None, True
    market.clock.pass_(60)
    assert market.source(INFY, LIVE.account_id) is None


def test_to_look_at_the_best_that_anybody_can_say() -> None:
    market = Market()
    assert market.source(INFY, "") == "zerodha"
    market.brokers.out = True
    market.clock.pass_(60)
    assert market.source(INFY, "") == "simulated"
    assert market.source(replace(INFY, currency="USD"), "") == "simulated"


def test_the_broker_is_asked_once_a_second_for_all_that_is_watched() -> None:
    market = Market()
    for _ in range(5):
        market.source(INFY, LIVE.account_id)
        market.source(TCS, LIVE.account_id)
    assert [sorted(each) for each in market.exchange.asked] == [[INFY.key], [INFY.key, TCS.key]]

    market.clock.pass_(2 * FRESH)
    market.source(INFY, LIVE.account_id)
    market.source(TCS, LIVE.account_id)
    assert len(market.exchange.asked) == 3
    assert set(market.exchange.asked[-1]) == {INFY.key, TCS.key}


def test_what_nobody_asked_about_for_a_while_is_not_asked_again() -> None:
    market = Market()
    market.source(INFY, LIVE.account_id)
    market.clock.pass_(30)
    market.source(TCS, LIVE.account_id)

    assert market.exchange.asked[-1] == [TCS.key]


def test_one_that_is_not_listed_does_not_hide_the_others() -> None:
    market, unlisted = Market(), replace(INFY, symbol="NOBODY")

    assert market.source(INFY, LIVE.account_id) == "zerodha"
    assert market.source(unlisted, LIVE.account_id) is None
    market.clock.pass_(2)
    assert market.source(INFY, LIVE.account_id) == "zerodha"


def test_a_price_of_a_moment_ago_stands_when_the_broker_asks_us_to_wait() -> None:
    market = Market()
    market.source(INFY, LIVE.account_id)
    market.exchange.trouble = Throttled("zerodha", "slower", retry_after=1.0)
    market.clock.pass_(2)

    assert market.source(INFY, LIVE.account_id) == "zerodha"


def test_a_broker_that_allows_fewer_questions_is_asked_fewer() -> None:
    market = Market(exchange=Exchange(replace(QUOTING, reads_per_second=0.25)))
    for _ in range(8):
        market.source(INFY, LIVE.account_id)
        market.clock.pass_(1)

    assert len(market.exchange.asked) == 2


def test_nobody_asks_while_the_broker_wants_us_to_wait() -> None:
    market = Market()
    market.source(INFY, LIVE.account_id)
    market.exchange.trouble = Throttled("zerodha", "slower", retry_after=60.0)
    market.clock.pass_(2)
    market.source(INFY, LIVE.account_id)
    market.exchange.trouble = None

    market.clock.pass_(30)
    assert market.source(TCS, LIVE.account_id) is None
    assert len(market.exchange.asked) == 2

    market.clock.pass_(31)
    assert market.source(TCS, LIVE.account_id) == "zerodha"


@dataclass
class Counting(Exchange):
    """A broker that takes so many calls a day, behind its guard."""

    def seconds_to_wait(self) -> float:
        return 0.0

    def why_closed(self) -> str:
        return ""

    def health(self) -> Health:
        return Health()

    def hears(self, lives: bool, /) -> None: ...

    def calls(self) -> Calls:
        return Calls(used=0, most=5000, lasts=30_000.0)  # 3,000 of them for what is looked at


def test_where_calls_are_counted_prices_are_asked_for_so_that_they_last() -> None:
    market = Market(exchange=Counting())
    for _ in range(41):
        market.source(INFY, LIVE.account_id)
        market.clock.pass_(1)
    assert len(market.exchange.asked) == 5  # every ten seconds

    market.source(TCS, LIVE.account_id)  # new, so at once; and two are a call each
    for _ in range(19):
        market.source(INFY, LIVE.account_id)
        market.source(TCS, LIVE.account_id)
        market.clock.pass_(1)
    assert len(market.exchange.asked) == 6
