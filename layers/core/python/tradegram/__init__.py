"""An order desk in a Telegram chat: a ticket, Confirm, and the truth about what the broker did."""

__version__ = "0.1.0"
