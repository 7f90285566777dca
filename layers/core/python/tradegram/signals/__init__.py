"""Signals of the holder's own strategies, into the holder's own accounts."""
