"""The tickets of a simulated day: one order, or several in one of many ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from samples import PRICING
from simulation.desks import INFY, POISON, USER, share
from simulation.world import World

from tradegram.chat.asked import Level, Unit
from tradegram.model import Instrument, OrderType, Product, Side, TimeInForce
from tradegram.tickets.shares import divided
from tradegram.tickets.slices import in_a_row
from tradegram.tickets.ticket import Draft, Leg, Ticket

# Money is not simulated: a ticket that was priced just now is not asked about it again.
FRESH = replace(PRICING, priced_at=9e9)
PRICE, STOP, TARGET, TRAIL = Decimal("100.00"), Decimal(95), Decimal(105), Decimal(3)
TTL = 60.0
SEVERAL = (*["basket", "hedged", "fan-out"] * 3, "slices", "sliced basket")
SLICES = 20
FREEZE = Decimal(20)


def drawn(world: World, accounts: Sequence[str], number: int, when: float) -> Ticket:
    """The ticket of this number, shown at `when`."""
    legs, asked = _legs(world, accounts, number)
    total = asked or sum((leg.draft.quantity for leg in legs), Decimal(0))
    return Ticket(
        f"T{number}", USER, legs[0].account_id, replace(legs[0].draft, quantity=total), FRESH,
        when + TTL, legs=tuple(legs) if len(legs) > 1 else (),
    )  # fmt: skip


def _legs(world: World, accounts: Sequence[str], number: int) -> tuple[list[Leg], Decimal | None]:
    """The legs, and the whole that they divide; None when each was asked for by itself."""
    rng = world.rng
    kind = rng.choice(SEVERAL) if world.does("legs") else "one"
    if world.does("brackets"):
        kind = "bracket"
    world.act(kind)
    instrument = POISON if world.hit("poison", 0.7) else INFY
    one = rng.choice(accounts)
    match kind:
        case "fan-out":  # often the same terms in every account
            total = Decimal(rng.randint(10, 90))
            weights = [rng.choice((1, 1, 2, 3)) for _ in accounts]
            parts = divided(total, weights, instrument.lot_size)
            pairs = zip(accounts, parts, strict=True)
            return [_leg(account, instrument, int(part)) for account, part in pairs], total
        case "slices":
            return [_leg(one, instrument, 50) for _ in range(SLICES)], None
        case "sliced basket":  # a spread: the exchange takes neither of its legs in one order
            sizes = [rng.randint(21, 60) for _ in range(2)]
            hedge, sold = (
                _leg(one, replace(share(f"{name}{number}"), freeze_quantity=FREEZE), size)
                for name, size in zip("HS", sizes, strict=True)
            )
            wholes = [hedge, replace(sold, draft=replace(sold.draft, side=Side.SELL))]
            return [*in_a_row(wholes)], Decimal(sum(sizes))
        case "bracket":
            whole = share(f"B{number}")  # whose position is its own
            sizes = [rng.randint(1, 50) for _ in range(rng.choice((1, 1, 2)))]
            return [_protected(_leg(one, whole, size), rng.random() < 0.3) for size in sizes], None
        case "hedged":
            hedge, *others = [_leg(one, instrument, rng.randint(1, 50)) for _ in range(3)]
            side = Side.SELL if number % 2 else Side.BUY
            return [hedge, *(_follower(leg, side) for leg in others)], None
        case _:
            count = 1 if kind == "one" else rng.randint(2, 3)
            return [_leg(one, instrument, rng.randint(1, 50)) for _ in range(count)], None


def _protected(leg: Leg, trails: bool) -> Leg:
    trail = Level(TRAIL, Unit.POINTS) if trails else None
    return replace(leg, draft=replace(leg.draft, stop_loss=STOP, target=TARGET, trail=trail))


def _follower(leg: Leg, side: Side) -> Leg:
    return replace(leg, after=0, draft=replace(leg.draft, side=side))


def _leg(account_id: str, instrument: Instrument, quantity: int) -> Leg:
    draft = Draft(
        instrument, Side.BUY, Decimal(quantity), OrderType.LIMIT, Product.INTRADAY,
        TimeInForce.DAY, price=PRICE,
    )  # fmt: skip
    return Leg(account_id, draft, FRESH)
