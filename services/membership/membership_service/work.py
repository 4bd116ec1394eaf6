"""What runs behind the API: heartbeats of the grants, and profiles whose day has come."""

from collections.abc import Sequence
from typing import Any

from membership_contracts import GrantsHeld
from membership_service.people import profiles
from servicekit import clock
from servicekit.cells import Cells, topic
from servicekit.consumers.delivery import HEARTBEAT
from servicekit.outbox.relay import Heartbeats
from servicekit.process import Work
from servicekit.rounds import repeat

EVERY_SECONDS = 10.0
"""How long a profile may lag behind midnight."""


def heartbeats(cells: Cells) -> Heartbeats:
    """Says on every grants topic that no grant is held back."""
    beats = [(topic(cell, GrantsHeld.service(), GrantsHeld.stream), HEARTBEAT, b"{}") for cell in sorted(cells.served)]

    def beat() -> Sequence[tuple[str, str, bytes]]:
        return beats

    return beat


async def profiles_that_are_due(work: Work[Any]) -> None:
    """Announce where a membership's first day has come or its last has passed. Waits while the database is away."""

    async def once() -> bool:
        async with work.db.transaction() as conn:
            return await profiles.announce_due(conn, today=clock.today()) == profiles.BATCH

    await repeat(once, work.stopping, every=EVERY_SECONDS, waiting="profiles.postponed")
