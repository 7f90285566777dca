"""What is secret stays so, through a whole day: searched for byte by byte wherever it could be."""

from __future__ import annotations

import base64
import json
import logging
import traceback
from contextlib import suppress
from pathlib import Path

import pytest
from by_chat.people import person
from conformance.case import HttpCase
from conformance.table import cases

from tradegram.bootstrap import keeper_of
from tradegram.brokers.proxies import connection
from tradegram.errors import UserError
from tradegram.sims.wire import Faults

CASES = {name: case for name, case in cases().items() if issubclass(case, HttpCase)}

# Among what a session holds, no secrets: who, and where.
PUBLIC = frozenset({"client", "api_url", "environment"})


def spelled(secret: str) -> list[bytes]:
    """As it is, and as it is commonly written down."""
    raw = secret.encode()
    return [
        raw,
        base64.b64encode(raw).rstrip(b"="),
        raw.hex().encode(),
        json.dumps(secret).encode(),
    ]


@pytest.mark.parametrize("name", sorted(CASES))
def test_no_secret_is_seen_anywhere(
    name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    connection().close()  # as a desk makes one
    case = CASES[name]()
    assert isinstance(case, HttpCase)
    seen: list[str] = []
    with person(case, tmp_path) as anu:
        desk, store = anu.desk, anu.desk.store
        seen.append(repr(anu.log_in()))
        vault, account_id = keeper_of(desk.desk).vault, anu.account.account_id
        session = vault.session(account_id, "a test", "to look")
        held = {**case.credentials, **(session.secrets if session else {})}
        secrets = [value for field, value in held.items() if field not in PUBLIC]
        anu.order(f"buy {anu.terms(f'{case.below:f}')}")
        anu.work()
        for words in ("/status", "/login", "/orders", "/pos", "/funds", "/audit live", "/accounts"):
            seen.append(repr(desk.say(words)))
        case.wire.faults = Faults(garble=3, reads=True)
        anu.look()
        case.quote_secrets()
        with suppress(AssertionError):
            anu.order(f"buy {anu.terms(f'{case.below - case.instrument.tick_size:f}')}")
        anu.work()
        case.expire()
        anu.look()
        try:
            anu.log_in()
        except UserError as error:
            seen.append("".join(traceback.format_exception(error)))
        seen += anu.said()
        seen += [link.body for link in store.chain(account_id)]
        seen.append(repr([desk.desk, store.documents("credential"), store.documents("session")]))
    seen.append(caplog.text)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.suffix == ".sqlite" for path in files)
    everything = b"\n".join([*(text.encode() for text in seen), *(p.read_bytes() for p in files)])

    hidden = {one for one in secrets if len(one) > 5}
    assert len(hidden) >= 2
    assert [one for one in sorted(hidden) if any(each in everything for each in spelled(one))] == []
