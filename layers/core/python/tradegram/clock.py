"""The real clock and the real dice: the only place that reads them."""

from __future__ import annotations

import base64
import os
import time


class SystemClock:
    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()


class SystemIds:
    def nonce(self) -> str:
        return base64.b32encode(os.urandom(10)).decode()
