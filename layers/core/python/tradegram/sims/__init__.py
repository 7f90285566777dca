"""Loopback brokers: each speaks its broker's dialect over one small exchange that keeps a ledger."""
