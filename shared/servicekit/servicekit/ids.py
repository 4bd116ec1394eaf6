"""Identities are UUIDv7: they sort roughly by time, and nothing relies on that order."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    return uuid7()
