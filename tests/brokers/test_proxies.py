from __future__ import annotations

import pytest

from tradegram.brokers.proxies import connection
from tradegram.codes import Code, code_of
from tradegram.errors import SessionExpired


@pytest.mark.parametrize(
    "given",
    [
        "canary",
        "canary:8080",
        "ftp://canary:1",
        "https://canary",
        "http://",
        "http://u:canary@h:99999",
        "h p",
    ],
)
def test_a_proxy_that_is_no_address_is_refused_and_not_repeated(given: str) -> None:
    with pytest.raises(SessionExpired, match="link it again") as caught:
        connection(given)

    assert code_of(caught.value) is Code.INVALID_CREDENTIALS
    assert "canary" not in f"{caught.value!r}{vars(caught.value)}"


@pytest.mark.parametrize("given", ["", "http://user:word@127.0.0.1:8080", "http://proxy.invalid"])
def test_a_proxy_that_is_one_is_taken(given: str) -> None:
    connection(given).close()
