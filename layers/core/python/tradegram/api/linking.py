"""
A broker's credentials by API, as system E posts them: sealed before anything else is done.

Only over TLS or from this very machine, and only for an owner of the desk, whose key sends alone:
whoever can give an account other credentials can send its orders elsewhere.
"""

from __future__ import annotations

from tradegram.api.call import Call
from tradegram.api.faults import ApiCode, Fault
from tradegram.api.shapes_accounts import AddAccount
from tradegram.chat.people import is_owner
from tradegram.model import Account
from tradegram.vault.fields import needs_of
from tradegram.vault.sets import Given

BROKERS = {"angel": "angelone"}  # system E's words where they are not ours
PASSWORD = {"angelone": "pin"}  # what system E calls a password
NOT_HERE = "Credentials cannot be sealed by this part of the desk."
IN_CHAT = "Link it in the terminal with tradegram link, or in chat with /link."


def linked(call: Call, wanted: AddAccount) -> Account:
    """Raises Fault, UserError, StoreError; none of them repeats a value."""
    if call.linker is None:
        raise Fault(ApiCode.NOT_SUPPORTED, NOT_HERE, IN_CHAT)
    if not call.private:
        raise Fault(ApiCode.NOT_ALLOWED, "Credentials are taken over TLS only.", IN_CHAT)
    if not call.caller.alone or not is_owner(call.desk, call.caller.user_id):
        raise Fault(
            ApiCode.NOT_ALLOWED,
            "Credentials are taken from an owner of this desk, by a key that sends alone.",
            IN_CHAT,
        )
    broker = BROKERS.get(wanted.broker.casefold(), wanted.broker.casefold())
    needs = needs_of(broker)
    given = {
        "api_key": wanted.api_key,
        "api_secret": wanted.api_secret,
        "totp_secret": wanted.totp_secret,
        PASSWORD.get(broker, "password"): wanted.password,
    }
    values = {name: value for name, value in given.items() if value}
    name = (wanted.name or broker).casefold()
    client = wanted.client_id if needs.client else ""
    return call.linker.link(Given(broker, name, client, values), call.caller.by)
