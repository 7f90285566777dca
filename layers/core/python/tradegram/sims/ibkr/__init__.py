"""A Trader Workstation on loopback, over its real socket protocol."""
