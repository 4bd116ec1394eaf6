"""Everything that this service's database holds."""

from pathlib import Path

import access

HERE = Path(__file__).parent
SCHEMA = access.schema(own=HERE / "migrations", projection=HERE / "projections")
