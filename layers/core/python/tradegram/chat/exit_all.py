"""One question for the exit of several positions, and what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tradegram.brackets.start import close_now
from tradegram.chat.buttons import Press, pending_button, short
from tradegram.chat.commands.bracket import bracket_over, has_working_exit
from tradegram.chat.commands.command import Holder
from tradegram.chat.exits import WHOLE, ExitWords, exit_asked, open_positions
from tradegram.chat.money import units
from tradegram.chat.pending import CHOICE_TTL, keep, kept
from tradegram.chat.reply import Answer, Reply
from tradegram.chat.writing import safe
from tradegram.errors import BrokerError, StoreError, UserError
from tradegram.model import Position, Product
from tradegram.ports import Desk
from tradegram.tickets.square_off import exit_now

MOST = 20  # positions closed by one answer

Place = tuple[str, str, str]  # account, contract, product


def exit_all_question(
    desk: Desk, who: Holder, found: Sequence[Position], percent: Decimal
) -> Reply:
    """Nothing is sent before the answer; the quantities are counted afresh then."""
    chosen = found[:MOST]
    share = "" if percent == WHOLE else f"{percent.normalize():f} % of "
    lines = [f"<b>Exit {share}{len(chosen)} positions at the market?</b>"]
    lines += [_line(desk, position) for position in chosen]
    if len(found) > MOST:
        lines.append(f"… and {len(found) - MOST} more: say /exit all once more afterwards.")
    lines.append("<i>Each leaves as an order of its own, with a worst price; one that fails stops "
                 "no other.</i>")  # fmt: skip
    body = {"places": [place_of(one) for one in chosen], "percent": str(percent)}
    key = keep(desk, who.user_id, "exit all", body, CHOICE_TTL)
    rows = (
        (pending_button("x", key, "y", f"⚠ Yes, exit {len(chosen)} positions"),),
        (pending_button("x", key, "x", "No, keep them"),),
    )
    return Reply("\n".join(lines), rows)


def _line(desk: Desk, position: Position) -> str:
    one = position.instrument
    side = "long" if position.quantity > 0 else "short"
    account = safe(desk.brokers.account(position.account_id).name, 40)
    size = units(abs(position.quantity), one)
    return f"{safe(one.symbol, 60)} · {position.product} · {side} {size} · #{account}"


def place_of(position: Position) -> Place:
    return position.account_id, position.instrument.key, position.product.value


def exit_all_pressed(desk: Desk, who: Holder, press: Press) -> Answer:
    """Raises UserError."""
    document = kept(desk, who.user_id, press.key, "exit all")
    desk.store.remove(document)  # first: a second press finds nothing to do
    if press.action != "y":
        return Answer(edit=Reply("Nothing was sent."))
    percent = Decimal(str(document.body["percent"]))
    places = {(str(a), str(i), str(p)) for a, i, p in document.body["places"]}
    lines = ["<b>Exits</b>; each has a message of its own."]
    lines += [_exited(desk, who, place, percent) for place in sorted(places)]
    return Answer(toast="Exits confirmed.", edit=Reply("\n".join(lines)))


def _exited(desk: Desk, who: Holder, place: Place, percent: Decimal) -> str:
    name = safe(place[1].partition(":")[2], 60)
    try:
        return f"{name}: {_exit(desk, who, place, percent)}"
    except (UserError, BrokerError) as error:
        return f"✖ {name}: {safe(str(error), 200)}"
    except StoreError:
        return f"⚠ {name}: I cannot read the record now. /orders shows whether it was sent."


def _exit(desk: Desk, who: Holder, place: Place, percent: Decimal) -> str:
    account_id, key, product = place
    words = ExitWords(key, account=desk.brokers.account(account_id), product=Product(product))
    now = [one for one in open_positions(desk, words) if one.instrument.key == key]
    if not now:
        return "closed already."
    bracket = bracket_over(desk, now[0])
    if bracket is not None and percent == WHOLE and has_working_exit(desk, bracket):
        close_now(desk, bracket.key, who.user_id)
        return "✔ its bracket closes it at the market."
    orders = exit_now(desk, who.user_id, exit_asked(desk, now[0], percent), "/exit all")
    return "✔ " + ", ".join(
        f"{order.intent.side} {units(order.quantity, order.intent.instrument)} "
        f"<code>{short(order.key)}</code>"
        for order in orders
    )
