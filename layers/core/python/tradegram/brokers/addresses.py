"""Addresses that a broker names while we talk to it, and whether they are its own."""

from __future__ import annotations

from urllib.parse import urlsplit

ENCRYPTED = ("https", "wss")


def is_within(address: str, domain: str) -> bool:
    """Whether an address is encrypted and its host within the domain."""
    parts = urlsplit(address)
    inside = f".{parts.hostname}".endswith(f".{domain}")
    return bool(domain) and parts.scheme in ENCRYPTED and inside
