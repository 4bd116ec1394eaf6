"""Access ships its own migrations; a service's schema is its own folders and these."""

from pathlib import Path

from servicekit.database.migrations import Schema

HERE = Path(__file__).parent


def schema(*, own: Path | None, projection: Path | None = None) -> Schema:
    """A service's whole schema. own: its tables of record; projection: its copies of others' facts, if any."""
    projections = {"access": HERE / "projection_facts", "grants": HERE / "projection_grants"}
    if projection is not None:
        projections["projection"] = projection
    return Schema(own=own, projections=projections, fixed={"access": HERE / "functions"})
