"""Logins at brokers: who is in, until when, and how to get in again."""
