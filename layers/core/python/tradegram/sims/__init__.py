"""Loopback brokers: each speaks its broker's dialect over one exchange floor with a ledger."""
