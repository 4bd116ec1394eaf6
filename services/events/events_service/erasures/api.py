"""What this service holds of somebody, for themselves and for privacy officers."""

from fastapi import Depends

from access.held import routes
from events_service.edge import served_cell
from events_service.held import HELD

router = routes(
    HELD,
    own="/api/v1/cells/{cell}/registrations/held",
    of_person="/api/v1/cells/{cell}/registrations/held/{person_id}",
    tag="held by events",
    dependencies=[Depends(served_cell)],
)
