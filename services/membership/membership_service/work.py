"""What runs behind the API: heartbeats of the grants, and profiles whose day has come."""

import asyncio
from collections.abc import Sequence
from typing import Any

import structlog

from membership_contracts import GrantsHeld
from membership_service.people import profiles
from servicekit import clock
from servicekit.cells import Cells, topic
from servicekit.consumers.delivery import HEARTBEAT
from servicekit.faults import is_away, is_contention
from servicekit.outbox.relay import Heartbeats
from servicekit.process import Work

EVERY_SECONDS = 10.0
"""How long a profile may lag behind midnight."""

log = structlog.get_logger(__name__)


def heartbeats(cells: Cells) -> Heartbeats:
    """Says on every grants topic that no grant is held back."""
    beats = [(topic(cell, GrantsHeld.service(), GrantsHeld.stream), HEARTBEAT, b"{}") for cell in sorted(cells.served)]

    def beat() -> Sequence[tuple[str, str, bytes]]:
        return beats

    return beat


async def profiles_that_are_due(work: Work[Any]) -> None:
    """Announce where a membership's first day has come or its last has passed. Waits while the database is away."""
    while not work.stopping.is_set():
        try:
            async with work.db.transaction() as conn:
                more = await profiles.announce_due(conn, today=clock.today()) == profiles.BATCH
        except Exception as error:
            if not (is_away(error) or is_contention(error)):
                raise
            log.warning("profiles.postponed", error=type(error).__name__)
            more = False
        if not more:
            await _rest(work.stopping)


async def _rest(stopping: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(EVERY_SECONDS):
            await stopping.wait()
    except TimeoutError:
        return
