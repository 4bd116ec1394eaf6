"""Everything that the database of analytics holds."""

from pathlib import Path

from access import schema

HERE = Path(__file__).parent

SCHEMA = schema(own=HERE / "migrations", projection=HERE / "projections")
