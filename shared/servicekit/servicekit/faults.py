"""Which exceptions mean "not now": something is away, or somebody else held what was needed."""

import socket

import asyncpg
from asyncpg import exceptions as postgres

_AWAY = (
    ConnectionError,
    TimeoutError,
    socket.gaierror,
    postgres.PostgresConnectionError,
    postgres.CannotConnectNowError,
    postgres.AdminShutdownError,
    postgres.CrashShutdownError,
    # Connections, memory or the disk are used up, or the disk fails: the same work succeeds once that is mended.
    postgres.InsufficientResourcesError,
    postgres.PostgresSystemError,
    postgres.QueryCanceledError,
    postgres.ReadOnlySQLTransactionError,
    # What a pooled connection raises when the server ended it while it rested: its protocol is between two states.
    asyncpg.InternalClientError,
)
_CONTENTION = (
    postgres.SerializationError,
    postgres.DeadlockDetectedError,
    postgres.LockNotAvailableError,
)


def is_away(error: BaseException) -> bool:
    """The database, or something else that is connected to, does not answer."""
    return isinstance(error, _AWAY) or _is_closed(error)


def is_contention(error: BaseException) -> bool:
    """Others were changing the same rows: the same transaction may succeed in a moment."""
    return isinstance(error, _CONTENTION)


def _is_closed(error: BaseException) -> bool:
    """asyncpg has one class for closed connections and for wrong calls; only its words tell them apart."""
    return type(error) is asyncpg.InterfaceError and "clos" in str(error)
