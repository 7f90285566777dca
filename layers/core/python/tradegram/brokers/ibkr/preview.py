"""What an order would block, asked of TWS with an order that is only looked at."""

from __future__ import annotations

from decimal import Decimal

from tradegram.brokers.ibkr import words
from tradegram.brokers.ibkr.contracts import Contracts
from tradegram.brokers.ibkr.link import Link
from tradegram.brokers.ibkr.market import Prices
from tradegram.brokers.ibkr.money import funds
from tradegram.brokers.ibkr.orders import is_for_money, money_for, order_of, terms_of, tif_of
from tradegram.brokers.ibkr.rows import MarginRow
from tradegram.errors import OutcomeUnknown
from tradegram.model import Funds, OrderIntent


async def preview(
    link: Link, account: str, account_id: str, intent: OrderIntent, contracts: Contracts,
    prices: Prices,
) -> Funds:  # fmt: skip
    """
    In the account's own currency; balance and available are those before the order.

    Raises Refused with TWS's words where it would not take the order at all.
    """
    known = await contracts.of(link, intent.instrument)
    money = None
    if is_for_money(intent, known):
        money = money_for(intent, await prices.quote(link, intent.instrument))
    order = order_of(intent, terms_of(intent), account, "", money)
    order.tif, order.whatIf = tif_of(intent, known).value, True
    contract, tws = known.contract(), link.tws
    said = await link.ask(lambda number: tws.placeOrder(number, contract, order))
    if not said or not isinstance(said[0], MarginRow):
        raise OutcomeUnknown(words.NAME, "TWS does not say what it would block")
    before = (await funds(link, account, account_id))[0]
    # A sale that frees money blocks none.
    used = max(said[0].change, Decimal(0))
    return Funds(account_id, before.currency, before.balance, before.available, used)
