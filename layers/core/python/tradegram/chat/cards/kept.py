"""Orders that a broker keeps until a price, in words: where they stand, and the button back."""

from __future__ import annotations

from tradegram.chat.buttons import pending_button, short
from tradegram.chat.cards.bracket import levels_after_fill
from tradegram.chat.cards.ticket import account_label, headline
from tradegram.chat.money import price, units
from tradegram.chat.reply import Button, Reply
from tradegram.chat.writing import safe
from tradegram.model import Account
from tradegram.triggers.kept import Kept, Phase


def kept_card(kept: Kept, account: Account, title: str) -> Reply:
    """title: the broker's own name."""
    return Reply(f"{kept_text(kept, account)}\n{standing(kept, title)}", _rows(kept))


def _rows(kept: Kept) -> tuple[tuple[Button, ...], ...]:
    if not kept.is_live or (kept.cancel and kept.phase is not Phase.UNKNOWN):
        return ()
    words = "I looked: end it" if kept.cancel else "Take it back"
    return ((pending_button("g", kept.kept_id, "t", words),),)


def kept_text(kept: Kept, account: Account) -> str:
    draft, one = kept.draft, kept.draft.instrument
    verb = "closes" if draft.closes else draft.side
    lines = [
        headline(draft, account),
        f"<b>{verb} {units(draft.quantity, one)} × LIMIT</b>",
        *(
            f"⏲ at last {'≥' if at > kept.last else '≤'} <b>{price(at, one)}</b>, limit "
            f"{price(limit, one)}"
            for at, limit in kept.legs
        ),
    ]
    if len(kept.legs) > 1:
        lines.append("The first that is reached ends the other.")
    lines += levels_after_fill(draft)
    lines.append(f"<code>{short(kept.kept_id)}</code> · a/c {account_label(account)}")
    return "\n".join(lines)


def promise(title: str) -> str:
    return f"📌 Kept by {safe(title)}: it works while this desk is off."


def standing(kept: Kept, title: str) -> str:
    """Where it is, and no more than is proven."""
    if kept.phase is Phase.ENDED:
        return f"✖ Waits no more: {safe(kept.ended, 200)}."
    if kept.cancel and kept.phase is Phase.UNKNOWN:
        return (
            f"❓ Not confirmed by {safe(title)}, and to be taken back once it is found. Look at "
            "its own page: end it there, or here when there is none."
        )
    if kept.cancel:
        return "✖ Take-back asked for; not confirmed by the broker yet. It can still trigger."
    match kept.phase:
        case Phase.ACTIVE:
            return f"{promise(title)} No. <code>{safe(kept.trigger_id.partition(':')[0])}</code>"
        case Phase.UNKNOWN:
            return f"❓ Not confirmed by {safe(title)}: looked for in its list, and not sent again."
        case _:
            return f"⏳ Being handed to {safe(title)}."
