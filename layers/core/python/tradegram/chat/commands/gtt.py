"""Orders that wait for a price: store one, list them, forget one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from tradegram.brackets.gtt import Gtt, drafted_gtt, gtts, store, waiting
from tradegram.chat.asked import Asked
from tradegram.chat.buttons import Press, pending_button, short
from tradegram.chat.cards.bracket import levels_after_fill
from tradegram.chat.cards.kept import kept_card, kept_text, promise
from tradegram.chat.cards.ticket import account_label, headline, type_and_price
from tradegram.chat.commands.bracket import FIRST_LEVEL, protect
from tradegram.chat.commands.command import Holder, command
from tradegram.chat.grammar.read import is_order, read_order
from tradegram.chat.money import day, price, short_price, units
from tradegram.chat.ordering import offers_reply
from tradegram.chat.pending import CHOICE_TTL, keep, kept
from tradegram.chat.preferences import account_named, preferences
from tradegram.chat.reply import Answer, Reply
from tradegram.chat.typed import kept_here
from tradegram.chat.writing import label, safe
from tradegram.errors import UserError
from tradegram.ports import Desk
from tradegram.triggers.asking import kept_of, store_kept
from tradegram.triggers.kept import Kept, Phase, kepts, live_kept
from tradegram.triggers.stored import GONE, Stored, ended_why, stored_called, take_back

MOST_SHOWN = 10
WHEN = re.compile(r"\s+(?:when|if)\s+(?:@\s*)?₹?\s*([0-9][0-9,]*(?:\.[0-9]+)?)\s*$", re.IGNORECASE)
EXAMPLE = "Example: /gtt buy INFY 10 @ 1400 sl 1360 when 1405"


@command(
    "/gtt",
    usage="/gtt [ORDER when PRICE [desk]]",
    about="Stores an order for a price, at the broker where it keeps such orders.",
    example="/gtt buy INFY 10 @ 1400 sl 1360 when 1405",
)
def gtt(desk: Desk, who: Holder, words: str) -> Sequence[Reply]:
    if not words or words.startswith("#"):
        return _listed(desk, words)
    said, here = kept_here(words)
    found = WHEN.search(said)
    if found is None and not is_order(words) and FIRST_LEVEL.search(words):
        return protect.run(desk, who, words)  # a stop and a target for what is open
    if found is None:
        raise UserError(f"At which price? Say when at the end. {EXAMPLE}")
    text, when = said[: found.start()], Decimal(found.group(1).replace(",", ""))
    readings = read_order(
        text,
        desk.instruments,
        desk.clock.now(),
        spot=lambda one: when,
        remembered=preferences(desk, who.user_id).remembered,
    )
    if len(readings.readings) > 1:
        offers = [
            (one.label or one.instrument.symbol, _again(one, when, here=here))
            for one in readings.readings
        ]
        return [offers_reply(desk, who, readings.question or "What did you mean?", offers)]
    if not readings.readings:
        raise UserError(f"{readings.question} {EXAMPLE}")
    made = drafted_gtt(desk, who.user_id, readings.readings[0], when, f"/gtt {words}")
    kept = "" if here else kept_of(desk, made)
    if isinstance(kept, Kept):
        return [_kept_question(desk, who, kept)]
    return [_question(desk, who, made, kept)]


def _again(asked: Asked, when: Decimal, *, here: bool) -> str:
    """The same order with its contract's own name, which can be read in one way only."""
    one = asked.instrument
    size = f" {asked.quantity:f}" if asked.quantity is not None else ""
    limit = f" @ {asked.price:f}" if asked.price is not None else ""
    home = " desk" if here else ""
    name = f"{one.symbol} {one.exchange}"
    return f"/gtt {asked.side.lower()} {name}{size}{limit} when {when:f}{home}"


def _question(desk: Desk, who: Holder, made: Gtt, why: str) -> Reply:
    """why: why the broker does not keep it, where it keeps some."""
    way = "rises" if made.rises else "falls"
    because = f" ({safe(why)})" if why else ""
    text = (
        f"{_text(desk, made)}\n<i>Kept by this desk{because}: it is sent when the last price {way} "
        "to it, only while this desk runs and the market is open. Limits are checked again "
        "then.</i>"
    )
    body = {"gtt": gtts().dump_python(made, mode="json")}
    return _asked(desk, who, body, text, _brief(made))


def _kept_question(desk: Desk, who: Holder, made: Kept) -> Reply:
    account = desk.brokers.account(made.account_id)
    checks = "".join(f"\n{safe(check, 200)}" for check in made.pricing.checks)
    text = (
        f"{kept_text(made, account)}{checks}\n{promise(_title(desk, made))}\n<i>Your limits are "
        "checked now and not again when it triggers. With <code>desk</code> at the end this desk "
        "keeps it.</i>"
    )
    body = {"kept": kepts().dump_python(made, mode="json")}
    one, draft = made.draft.instrument, made.draft
    brief = f"{draft.side} {units(draft.quantity, one)} {one.symbol} at " + " or ".join(
        short_price(at, one) for at, _ in made.legs
    )
    return _asked(desk, who, body, text, brief)


def _asked(desk: Desk, who: Holder, body: Mapping[str, object], text: str, brief: str) -> Reply:
    key = keep(desk, who.user_id, "gtt", body, CHOICE_TTL)
    rows = (
        (pending_button("g", key, "y", label(f"✅ Store {brief}")),),
        (pending_button("g", key, "x", "✖ Leave it"),),
    )
    return Reply(text, rows)


def _title(desk: Desk, made: Kept) -> str:
    return desk.brokers.profile(made.account_id).title


def shown_kept(desk: Desk, made: Kept) -> Reply:
    return kept_card(made, desk.brokers.account(made.account_id), _title(desk, made))


def _text(desk: Desk, made: Gtt) -> str:
    draft, account = made.draft, desk.brokers.account(made.account_id)
    terms = type_and_price(draft.order_type, draft.price, draft.trigger, draft)
    arrow = "≥" if made.rises else "≤"
    lines = [
        headline(draft, account),
        f"<b>{units(draft.quantity, draft.instrument)} × {terms}</b>",
        f"⏲ when the last price is {arrow} <b>{price(made.when, draft.instrument)}</b> · "
        f"until {day(made.good_until)}",
        *levels_after_fill(draft),
        f"<code>{short(made.gtt_id)}</code> · a/c {account_label(account)}",
    ]
    return "\n".join(lines)


def _brief(made: Gtt) -> str:
    one = made.draft.instrument
    size = units(made.draft.quantity, one)
    return f"{made.draft.side} {size} {one.symbol} at {short_price(made.when, one)}"


def _listed(desk: Desk, words: str) -> Sequence[Reply]:
    accounts = [account_named(desk, words)] if words else desk.brokers.accounts()
    found = [one for account in accounts for one in waiting(desk, account.account_id)]
    there = [one for account in accounts for one in live_kept(desk.store, account.account_id)]
    if not found and not there:
        return [Reply(f"No stored orders wait. {EXAMPLE.replace('/gtt', '<code>/gtt', 1)}</code>")]
    here = [
        Reply(
            f"{_text(desk, one)}\nKept by this desk: it works only while it runs.",
            ((pending_button("g", one.gtt_id, "c", "Forget it"),),),
        )
        for one in found[:MOST_SHOWN]
    ]
    return [*(shown_kept(desk, one) for one in there[:MOST_SHOWN]), *here]


def gtt_pressed(desk: Desk, who: Holder, press: Press) -> Answer:
    """Raises UserError."""
    if press.action == "c":
        return _forget(desk, who, press.key)
    if press.action == "t":
        return _take_back(desk, who, press.key)
    document = kept(desk, who.user_id, press.key, "gtt")
    if press.action == "y" and "kept" in document.body:
        stored = store_kept(desk, kepts().validate_python(document.body["kept"]))
        desk.store.remove(document)
        return Answer(toast="Stored.", edit=shown_kept(desk, stored))
    if press.action != "y":
        desk.store.remove(document)
        return Answer(edit=Reply("✖ Nothing was stored."))
    made = gtts().validate_python(document.body["gtt"])
    store(desk, made)
    desk.store.remove(document)
    return Answer(toast="Stored.", edit=Reply(f"{_text(desk, made)}\n✔ Stored. It waits."))


def _take_back(desk: Desk, who: Holder, kept_id: str) -> Answer:
    one = _waiting(desk, kept_id)
    looked = isinstance(one, Kept) and bool(one.cancel) and one.phase is Phase.UNKNOWN
    after = take_back(desk, one, user_id=who.user_id, by=f"user {who.user_id}", looked=looked)
    assert isinstance(after, Kept)  # noqa: S101 - narrows the union; it stays what it is
    return Answer(edit=shown_kept(desk, after))


def _forget(desk: Desk, who: Holder, gtt_id: str) -> Answer:
    one = _waiting(desk, gtt_id)
    assert isinstance(one, Gtt)  # noqa: S101 - as above
    try:
        take_back(desk, one, user_id=who.user_id, by=f"user {who.user_id}")
        words = "✖ Forgotten. It will not be sent."
    except UserError as error:
        words = safe(str(error))
    return Answer(edit=Reply(f"{_text(desk, one)}\n{words}"))


def _waiting(desk: Desk, name: str) -> Stored:
    """Raises UserError."""
    accounts = [account.account_id for account in desk.brokers.accounts()]
    found = stored_called(desk, accounts, name)
    if ended_why(found):
        raise UserError(GONE)
    return found
