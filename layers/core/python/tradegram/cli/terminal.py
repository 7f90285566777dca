"""What the words of the command line are made of, and how they ask a person."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from getpass import getpass

from tradegram.errors import UserError
from tradegram.settings import Settings

# What a word does: answers with the exit code. And how one is added: by name, deed and help.
Command = Callable[[Settings, argparse.Namespace], int]
Add = Callable[[str, Command, str], argparse.ArgumentParser]


def typed(question: str) -> str:
    """From a pipe it is the next line. Raises UserError when the person breaks off."""
    return _answer(question, input)


def secret(question: str) -> str:
    """The same, not echoed."""
    return _answer(question, getpass)


def _answer(question: str, ask: Callable[[str], str]) -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().strip()
    try:
        return ask(question).strip()
    except (EOFError, KeyboardInterrupt):
        raise UserError("\nBroken off. Nothing was changed.") from None
