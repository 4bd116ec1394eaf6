"""PostgreSQL: pools, scoped transactions, locks, migrations."""

from servicekit.database.pool import WORKER, Conn, Database, Scope, admit

__all__ = ["WORKER", "Conn", "Database", "Scope", "admit"]
