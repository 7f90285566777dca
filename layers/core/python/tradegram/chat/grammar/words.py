"""The words of the order language. Tables only; all words in upper case."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

from tradegram.model import Kind, Product, Side, TimeInForce

SIDES: Mapping[str, Side] = MappingProxyType(
    {"BUY": Side.BUY, "B": Side.BUY, "SELL": Side.SELL, "S": Side.SELL}
)

MONTHS: Mapping[str, int] = MappingProxyType(
    {
        name: number
        for number, names in enumerate(
            (
                ("JAN", "JANUARY"),
                ("FEB", "FEBRUARY"),
                ("MAR", "MARCH"),
                ("APR", "APRIL"),
                ("MAY",),
                ("JUN", "JUNE"),
                ("JUL", "JULY"),
                ("AUG", "AUGUST"),
                ("SEP", "SEPT", "SEPTEMBER"),
                ("OCT", "OCTOBER"),
                ("NOV", "NOVEMBER"),
                ("DEC", "DECEMBER"),
            ),
            start=1,
        )
        for name in names
    }
)

LOT_WORDS = frozenset({"LOT", "LOTS", "X"})
UNIT_WORDS = frozenset(
    {"QTY", "QUANTITY", "SH", "SHARE", "SHARES", "UNIT", "UNITS", "NOS", "COIN", "COINS"}
)
QUANTITY_FIRST = frozenset({"QTY", "QUANTITY"})
POINT_WORDS = frozenset({"PT", "PTS", "POINT", "POINTS"})
OF_WORDS = frozenset({"OF", "WORTH"})
HERE_WORDS = frozenset({"DESK", "HERE"})  # kept by this desk, though its broker could
EXPIRY_WORDS = frozenset({"EXPIRY", "EXP"})

SCALES: Mapping[str, Decimal] = MappingProxyType(
    {
        "K": Decimal(1_000),
        "L": Decimal(100_000),
        "LAC": Decimal(100_000),
        "LACS": Decimal(100_000),
        "LAKH": Decimal(100_000),
        "LAKHS": Decimal(100_000),
        "CR": Decimal(10_000_000),
        "CRORE": Decimal(10_000_000),
        "CRORES": Decimal(10_000_000),
    }
)
# What a money mark stands for. A dollar buys what is priced in dollars or in dollar coins.
CURRENCIES: Mapping[str, frozenset[str]] = MappingProxyType(
    {"₹": frozenset({"INR"}), "$": frozenset({"USD", "USDT", "USDC"})}
)
MARKS: Mapping[str, str] = MappingProxyType(
    {"₹": "₹", "RS": "₹", "RS.": "₹", "INR": "₹", "$": "$", "USD": "$"}
)

PRICE_WORDS = frozenset({"@", "AT", "LIMIT", "LMT"})
MARKET_WORDS = frozenset({"MARKET", "MKT"})
TRIGGER_WORDS = frozenset({"TRG", "TRIGGER", "TRIG"})
STOP_WORDS = frozenset({"SL", "STOP", "S/L", "STOPLOSS", "STOP-LOSS"})
STOP_MARKET_WORDS = frozenset({"SL-M", "SLM", "STOP-MARKET"})
STOP_LIMIT_WORDS = frozenset({"SL-L", "SLL", "SL-LIMIT", "STOP-LIMIT"})
TARGET_WORDS = frozenset({"TGT", "TARGET", "TP"})
TRAIL_WORDS = frozenset({"TRAIL", "TRAILING", "TSL"})

PRODUCTS: Mapping[str, Product] = MappingProxyType(
    {
        "MIS": Product.INTRADAY,
        "INTRADAY": Product.INTRADAY,
        "NRML": Product.CARRY_FORWARD,
        "CNC": Product.DELIVERY,
        "DELIVERY": Product.DELIVERY,
        "MTF": Product.MARGIN_FUNDED,
    }
)
TIMES_IN_FORCE: Mapping[str, TimeInForce] = MappingProxyType(
    {
        "DAY": TimeInForce.DAY,
        "IOC": TimeInForce.IOC,
        "GTC": TimeInForce.GTC,
        "FOK": TimeInForce.FOK,
    }
)
NOT_YET: Mapping[str, str] = MappingProxyType(
    {
        "GTT": "A gtt order is said so: /gtt buy INFY 10 when 1405. Leave it out, or say gtc.",
        "AMO": "amo orders are not available yet. Leave it out and send it in market hours.",
    }
)

# A venue word takes the exchanges of its family: NSE's derivatives are listed on NFO.
VENUES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "NSE": frozenset({"NSE", "NFO"}),
        "BSE": frozenset({"BSE", "BFO"}),
        "NFO": frozenset({"NFO"}),
        "BFO": frozenset({"BFO"}),
        "MCX": frozenset({"MCX"}),
        "NASDAQ": frozenset({"NASDAQ"}),
        "NYSE": frozenset({"NYSE"}),
        "BINANCE": frozenset({"BINANCE"}),
        "BINANCEFUT": frozenset({"BINANCEFUT"}),
        "ALPACA": frozenset({"ALPACA"}),
        "OPRA": frozenset({"OPRA"}),
    }
)
# Where one company is listed more than once, its row here is meant unless a venue was said.
FIRST_VENUE = "NSE"

FUTURE_WORDS = frozenset({"FUT", "FUTURE", "FUTURES"})
RIGHTS: Mapping[str, Kind] = MappingProxyType(
    {"CE": Kind.CALL, "CALL": Kind.CALL, "PE": Kind.PUT, "PUT": Kind.PUT}
)

# The exchange-traded fund that follows an index or a metal, by the index's symbol.
FUNDS: Mapping[str, str] = MappingProxyType(
    {
        "NIFTY 50": "NIFTYBEES",
        "NIFTY": "NIFTYBEES",
        "NIFTY BANK": "BANKBEES",
        "BANKNIFTY": "BANKBEES",
        "NIFTY NEXT 50": "JUNIORBEES",
        "NIFTY IT": "ITBEES",
        "NIFTY MIDCAP 150": "MID150BEES",
        "NIFTY PSU BANK": "PSUBNKBEES",
        "NIFTY PHARMA": "PHARMABEES",
        "NIFTY AUTO": "AUTOBEES",
        "GOLD": "GOLDBEES",
        "GOLDM": "GOLDBEES",
        "SILVER": "SILVERBEES",
        "SILVERM": "SILVERBEES",
    }
)

# What a misspelt word of the language may have been meant to be.
CLAUSE_WORDS: tuple[str, ...] = (
    *(
        "limit",
        "market",
        "trigger",
        "stop",
        "target",
        "trail",
        "lot",
        "lots",
        "units",
        "shares",
        "qty",
    ),
    *("intraday", "delivery", "nrml", "mis", "cnc", "mtf", "day", "ioc", "gtc", "fok"),
    *("future", "fut", "call", "put", "weekly", "monthly", "next week", "next month"),
    *("mkt", "tgt", "trg", "plain", "nse", "bse", "mcx", "nasdaq", "nyse", "binance"),
    "each",
)
