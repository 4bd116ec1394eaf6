"""PostgreSQL: pools, scoped transactions, locks, migrations."""

from servicekit.database.pool import Conn, Database, Scope, WORKER
from servicekit.database.pool import admit

__all__ = ["WORKER", "Conn", "Database", "Scope", "admit"]
