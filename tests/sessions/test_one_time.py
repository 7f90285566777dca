from __future__ import annotations

import pytest

from tradegram.errors import UserError
from tradegram.risk import totp
from tradegram.sessions.one_time import code

LONG, SHORT = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "JBSWY3DPEHPK3PXP"


def test_it_is_the_code_of_the_standard() -> None:
    assert code(LONG, 59.0) == "287082"  # RFC 6238, appendix B, its last six digits
    assert code(LONG, 1_111_111_109.0) == "081804"


@pytest.mark.parametrize("secret", [LONG, SHORT, "JBSWY3DPEH"])
def test_a_secret_of_sixteen_letters_is_as_good_as_a_longer_one(secret: str) -> None:
    assert code(secret, 1_795_149_000.0) == totp.code(secret, 1_795_149_000 // 30)


def test_blanks_small_letters_and_padding_do_not_matter() -> None:
    spoken = "jbsw y3dp ehpk 3pxp"

    assert code(spoken, 0.0) == code(SHORT, 0.0) == code(f"{SHORT}======", 0.0)


@pytest.mark.parametrize("secret", ["", "   ", "1", "not base32!", "ABC1DEF8"])
def test_what_is_no_secret_is_refused(secret: str) -> None:
    with pytest.raises(UserError, match="base32"):
        code(secret, 0.0)
