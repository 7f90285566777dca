"""What people type for an instrument, brought to one form for comparing."""

from __future__ import annotations

import re

_PART = re.compile(r"[^\s\-_/.,:'’()]+")

# Said at the end of a company's name, and by nobody who wants to buy it.
_LEGAL_FORM = re.compile(r"[\s,]+(?:LIMITED|LTD|INC|CORP|PLC)\.?$")


def spoken(words: str) -> str:
    """
    Upper case, without separators: `tata motors` and `TATAMOTORS`, `btc/usdt` and `BTCUSDT`.

    A part that begins with a digit keeps the space before it. So `NIFTY 50` has a form of its
    own, and `MON 100` (a quantity, perhaps) is never taken for MON100. `&` is kept: M&M.
    """
    whole = ""
    for part in _PART.findall(words.upper()):
        whole += f" {part}" if whole and part[0].isdigit() else part
    return whole


def short_name(name: str) -> str:
    """A company's name without its legal form."""
    return _LEGAL_FORM.sub("", name.upper())
