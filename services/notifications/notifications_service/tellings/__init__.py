"""The ledger: one row per cause, person and channel, which decides who has been told."""
