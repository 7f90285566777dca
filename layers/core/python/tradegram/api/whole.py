"""The API with every way in that a desk has: keys, also inside signals, signatures, visits."""

from __future__ import annotations

from tradegram.api.keys import by_key
from tradegram.api.serve import Api
from tradegram.api.signals import by_posted_key, by_signature
from tradegram.dashboard.visits import by_cookie
from tradegram.ports import Desk
from tradegram.signals.signing import Signing
from tradegram.vault.credentials import Vault


def whole_api(desk: Desk, vault: Vault) -> Api:
    """The same in both homes."""
    ways = (by_key, by_posted_key, by_signature(Signing(vault)), by_cookie)
    return Api(desk, ways=ways, linker=vault)
