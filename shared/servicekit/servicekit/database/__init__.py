"""PostgreSQL: pools, scoped transactions, locks, migrations."""

from servicekit.database.pool import WORKER, Conn, Database, Held, Scope, admit, admit_all

__all__ = ["WORKER", "Conn", "Database", "Held", "Scope", "admit", "admit_all"]
