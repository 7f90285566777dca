"""Secrets of accounts, sealed: broker credentials and the tokens of a day."""
