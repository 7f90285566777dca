"""
What permits more than before, done by who is signed in at the page and shows a code or PIN.

A program shows none: whoever has its key would then only have to guess on, and a chat that asks
for a code whenever a program likes teaches its holder to tap without looking. It is told what to
say in the chat.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from tradegram.api.call import Call
from tradegram.api.faults import ApiCode, Fault
from tradegram.errors import UserError
from tradegram.risk.stepup import LENGTH, prove

ProofCode = Annotated[
    str, Field(min_length=LENGTH, max_length=LENGTH, pattern=f"^[0-9]{{{LENGTH}}}$")
]


def granted(call: Call, action: str, code: str | None, why: str, in_chat: str) -> str:
    """
    The key of a grant for this action, which doing it uses up.

    why: what is asked for, said when no code came. in_chat: the command that does the same. Raises
    Fault: also for a wrong code, which counts as a try.
    """
    if call.caller.key_id:
        raise Fault(ApiCode.NEEDS_PROOF, why, f"Say it in the chat: {in_chat}")
    if code is None:
        raise Fault(ApiCode.NEEDS_PROOF, why)
    if not call.private:
        raise Fault(ApiCode.NEEDS_PROOF, "A code or PIN is taken over TLS only.",
                    f"Say it in the chat: {in_chat}")  # fmt: skip
    try:
        return prove(call.desk, call.caller.user_id, action, code)
    except UserError as error:
        raise Fault(ApiCode.NEEDS_PROOF, str(error)) from error
