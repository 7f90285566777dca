"""Measurements. `python -m bench` runs all of them in one go and prints a line per figure."""
