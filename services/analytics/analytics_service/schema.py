"""What the database holds: published figures as tables of record, facts as projections."""

from pathlib import Path

from access import schema

HERE = Path(__file__).parent

SCHEMA = schema(own=None, projection=HERE / "projections")
