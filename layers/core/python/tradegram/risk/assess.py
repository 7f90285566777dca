"""Run the guard: read the limits and what of the day they need, and check an order against them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from tradegram.copies import replace
from tradegram.errors import BrokerError, UserError
from tradegram.instruments.refresh import stale_since
from tradegram.model import Account, Instrument, Mode, Position, Side
from tradegram.ports import Desk, Limits
from tradegram.risk.exposure import Checked, Exposure
from tradegram.risk.guard import check
from tradegram.risk.limits import both_limits, merged
from tradegram.risk.today import counts_of, seconds_since_same
from tradegram.tickets.account import ask, held


def assess(desk: Desk, account: Account, exposure: Exposure, user_id: int) -> Checked:
    """Raises UserError when the limits cannot be understood, StoreUnavailable."""
    mine, theirs = both_limits(desk.store, user_id, account)
    limits, draft = merged(desk.limits, mine, theirs, account), exposure.draft
    loss, keys = day_of(desk, account, limits, draft.instrument.currency)
    seen = replace(
        exposure,
        loss=loss,
        open_keys=keys,
        counts=counts_of(desk, user_id, account, mine, theirs),
        repeated=seconds_since_same(desk, account.account_id, draft),
        old_list=_old_list(desk, account, draft.instrument),
    )
    if draft.side is Side.SELL:
        seen = replace(seen, held=held(desk, account, draft.instrument, draft.product))
    checked = check(seen, limits)
    if not checked.denials or seen.held is not None:
        return checked
    # Asked only where the answer can change something: it costs two questions to the broker.
    return check(replace(seen, held=held(desk, account, draft.instrument, draft.product)), limits)


def _old_list(desk: Desk, account: Account, instrument: Instrument) -> date | None:
    """Asked of derivatives of live accounts only; each look costs a read."""
    if account.mode is Mode.PAPER or not instrument.kind.is_derivative:
        return None
    return stale_since(desk.store, account.broker, desk.clock.now())


def day_of(
    desk: Desk, account: Account, limits: Limits, currency: str
) -> tuple[Decimal | None, frozenset[str] | None]:
    """Today's loss and the instruments that are open; None for what no limit asks for, too."""
    if limits.daily_loss is None and limits.open_positions is None:
        return None, None
    try:
        positions = ask(desk, account, lambda broker: broker.positions())
    except (BrokerError, UserError):
        return None, None
    keys = {one.instrument.key for one in positions if one.quantity}
    if limits.open_positions is not None:
        coming = (order for order in desk.store.unsettled(account.account_id))
        keys |= {order.intent.instrument.key for order in coming if order.leaves_quantity}
    return lost(positions, currency), frozenset(keys)


def lost(positions: Sequence[Position], currency: str) -> Decimal | None:
    """What these lost since their day began, 0 when they gained. None: a price is missing."""
    ours = [one for one in positions if one.instrument.currency == currency]
    if any(one.quantity and one.unrealised is None for one in ours):
        return None
    gained = sum((one.realised + (one.unrealised or Decimal(0)) for one in ours), Decimal(0))
    return max(-gained, Decimal(0))
