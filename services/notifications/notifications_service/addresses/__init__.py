"""Addresses that mail does not reach: suppressed in every network until they are confirmed again."""
