"""Orders that wait for a price: store one, list them, forget one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from tradegram.brackets.gtt import Gtt, drafted_gtt, end, gtt_called, gtts, store, waiting
from tradegram.chat.asked import Asked
from tradegram.chat.buttons import Press, pending_button, short
from tradegram.chat.cards.bracket import trail_words
from tradegram.chat.cards.ticket import account_label, headline, type_and_price
from tradegram.chat.commands.bracket import FIRST_LEVEL, protect
from tradegram.chat.commands.command import Holder, command
from tradegram.chat.grammar.read import is_order, read_order
from tradegram.chat.money import day, price, short_price, units
from tradegram.chat.ordering import offers_reply
from tradegram.chat.pending import CHOICE_TTL, keep, kept
from tradegram.chat.preferences import account_named, preferences
from tradegram.chat.reply import Answer, Reply
from tradegram.chat.writing import label
from tradegram.errors import UserError
from tradegram.ports import Desk
from tradegram.tickets.ticket import Draft

MOST_SHOWN = 10
WHEN = re.compile(r"\s+(?:when|if)\s+(?:@\s*)?₹?\s*([0-9][0-9,]*(?:\.[0-9]+)?)\s*$", re.IGNORECASE)
EXAMPLE = "Example: /gtt buy INFY 10 @ 1400 sl 1360 when 1405"


@command(
    "/gtt",
    usage="/gtt [ORDER when PRICE]",
    about="Stores an order that is sent when the price gets there.",
    example="/gtt buy INFY 10 @ 1400 sl 1360 when 1405",
)
def gtt(desk: Desk, who: Holder, words: str) -> Sequence[Reply]:
    if not words or words.startswith("#"):
        return _listed(desk, words)
    found = WHEN.search(words)
    if found is None and not is_order(words) and FIRST_LEVEL.search(words):
        return protect.run(desk, who, words)  # a stop and a target for what is open
    if found is None:
        raise UserError(f"At which price? Say when at the end. {EXAMPLE}")
    text, when = words[: found.start()], Decimal(found.group(1).replace(",", ""))
    readings = read_order(
        text,
        desk.instruments,
        desk.clock.now(),
        spot=lambda one: when,
        remembered=preferences(desk, who.user_id).remembered,
    )
    if len(readings.readings) > 1:
        offers = [
            (one.label or one.instrument.symbol, _again(one, when)) for one in readings.readings
        ]
        return [offers_reply(desk, who, readings.question or "What did you mean?", offers)]
    if not readings.readings:
        raise UserError(f"{readings.question} {EXAMPLE}")
    made = drafted_gtt(desk, who.user_id, readings.readings[0], when, f"/gtt {words}")
    return [_question(desk, who, made)]


def _again(asked: Asked, when: Decimal) -> str:
    """The same order with its contract's own name, which can be read in one way only."""
    one = asked.instrument
    size = f" {asked.quantity:f}" if asked.quantity is not None else ""
    limit = f" @ {asked.price:f}" if asked.price is not None else ""
    return f"/gtt {asked.side.lower()} {one.symbol} {one.exchange}{size}{limit} when {when:f}"


def _question(desk: Desk, who: Holder, made: Gtt) -> Reply:
    body = {"gtt": gtts().dump_python(made, mode="json")}
    key = keep(desk, who.user_id, "gtt", body, CHOICE_TTL)
    way = "rises" if made.rises else "falls"
    text = (
        f"{_text(desk, made)}\n<i>Stored here and sent when the last price {way} to it, while this "
        "desk runs and the market is open. Limits are checked again then.</i>"
    )
    rows = (
        (pending_button("g", key, "y", label(f"✅ Store {_brief(made)}")),),
        (pending_button("g", key, "x", "✖ Leave it"),),
    )
    return Reply(text, rows)


def _text(desk: Desk, made: Gtt) -> str:
    draft, account = made.draft, desk.brokers.account(made.account_id)
    terms = type_and_price(draft.order_type, draft.price, draft.trigger, draft)
    arrow = "≥" if made.rises else "≤"
    lines = [
        headline(draft, account),
        f"<b>{units(draft.quantity, draft.instrument)} × {terms}</b>",
        f"⏲ when the last price is {arrow} <b>{price(made.when, draft.instrument)}</b> · "
        f"until {day(made.good_until)}",
        *_levels(draft),
        f"<code>{short(made.gtt_id)}</code> · a/c {account_label(account)}",
    ]
    return "\n".join(lines)


def _levels(draft: Draft) -> list[str]:
    one, parts = draft.instrument, []
    if draft.stop_loss is not None:
        parts.append(f"SL {short_price(draft.stop_loss, one)}")
    if draft.target is not None:
        parts.append(f"TGT {short_price(draft.target, one)}")
    if draft.trail is not None:
        parts.append(f"trail {trail_words(draft.trail)}")
    return [f"🛡 {' · '.join(parts)}, after the fill"] if parts else []


def _brief(made: Gtt) -> str:
    one = made.draft.instrument
    size = units(made.draft.quantity, one)
    return f"{made.draft.side} {size} {one.symbol} at {short_price(made.when, one)}"


def _listed(desk: Desk, words: str) -> Sequence[Reply]:
    accounts = [account_named(desk, words)] if words else desk.brokers.accounts()
    found = [one for account in accounts for one in waiting(desk, account.account_id)]
    if not found:
        return [Reply(f"No stored orders wait. {EXAMPLE.replace('/gtt', '<code>/gtt', 1)}</code>")]
    return [
        Reply(_text(desk, one), ((pending_button("g", one.gtt_id, "c", "Forget it"),),))
        for one in found[:MOST_SHOWN]
    ]


def gtt_pressed(desk: Desk, who: Holder, press: Press) -> Answer:
    """Raises UserError."""
    if press.action == "c":
        return _forget(desk, who, press.key)
    document = kept(desk, who.user_id, press.key, "gtt")
    made = gtts().validate_python(document.body["gtt"])
    if press.action == "y":
        store(desk, made)
        desk.store.remove(document)
        return Answer(toast="Stored.", edit=Reply(f"{_text(desk, made)}\n✔ Stored. It waits."))
    desk.store.remove(document)
    return Answer(edit=Reply("✖ Nothing was stored."))


def _forget(desk: Desk, who: Holder, gtt_id: str) -> Answer:
    for account in desk.brokers.accounts():
        for one in waiting(desk, account.account_id):
            if one.gtt_id == gtt_id:
                after = end(desk, one, f"forgotten by user {who.user_id}")
                sent = gtt_called(desk, after.key).ended == "sent"
                words = "It was sent just before." if sent else "✖ Forgotten. It will not be sent."
                return Answer(edit=Reply(f"{_text(desk, one)}\n{words}"))
    raise UserError("That stored order waits no more. /gtt lists them.")
