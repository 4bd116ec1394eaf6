"""What this service holds of somebody, for themselves and for privacy officers."""

from fastapi import Depends

from access.held import routes
from analytics_service.held import HELD
from analytics_service.reports.edge import served_cell

router = routes(
    HELD,
    own="/api/v1/cells/{cell}/reports/held",
    of_person="/api/v1/cells/{cell}/reports/held/{person_id}",
    tag="held by analytics",
    dependencies=[Depends(served_cell)],
)
