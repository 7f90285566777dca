"""Does a message look like a secret? Then it is deleted, and never stored or passed on."""

from __future__ import annotations

import re

BOT_TOKEN = re.compile(r"\b\d{6,}:[A-Za-z0-9_-]{30,}")
PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
SIGNED_TOKEN = re.compile(r"\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}")

# A long run of letters and digits mixed: API secrets and access tokens begin at 32 characters;
# our own ids, exchange symbols and TOTP codes are shorter. Links are cut out first.
LINK = re.compile(r"https?://\S+")
LONG_RUN = re.compile(r"[A-Za-z0-9+/_=-]{32,}")


def looks_secret(text: str) -> bool:
    if BOT_TOKEN.search(text) or PRIVATE_KEY.search(text) or SIGNED_TOKEN.search(text):
        return True
    return any(_mixed(run) for run in LONG_RUN.findall(LINK.sub(" ", text)))


def _mixed(run: str) -> bool:
    return any(each.isdigit() for each in run) and any(each.isalpha() for each in run)
