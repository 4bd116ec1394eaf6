"""The copies of events and registrations: every published version of an event, the newest of a registration."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson

from notifications_service.gatherings.model import Gathering, Session
from servicekit.database import Conn


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptGathering:
    """A version of an event as it is written down."""

    gathering: Gathering
    network_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRegistration:
    registration_id: UUID
    version: int
    event_id: UUID
    person_id: UUID
    status: str
    code: str


@dataclass(frozen=True, slots=True)
class Registrant:
    registration_id: UUID
    person_id: UUID


@dataclass(frozen=True, slots=True)
class Known:
    """A version of an event, and the one before it, where there was one."""

    now: Gathering
    before: Gathering | None


async def keep_gatherings(conn: Conn, kept: Sequence[KeptGathering]) -> None:
    states = [item.gathering for item in kept]
    await conn.execute(
        """
        INSERT INTO gatherings
               (event_id, version, network_id, cell, title, venue, starts, ends, zone, revision, mode, sessions)
        SELECT * FROM unnest($1::uuid[], $2::int[], $3::uuid[], $4::text[], $5::text[], $6::text[],
                             $7::timestamp[], $8::timestamp[], $9::text[], $10::int[], $11::text[], $12::text[])
            ON CONFLICT (event_id, version) DO NOTHING
        """,
        [state.event_id for state in states],
        [state.version for state in states],
        [item.network_id for item in kept],
        [state.cell for state in states],
        [state.title for state in states],
        [state.venue for state in states],
        [state.starts for state in states],
        [state.ends for state in states],
        [state.zone for state in states],
        [state.revision for state in states],
        [state.mode for state in states],
        [None if state.sessions is None else orjson.dumps(state.sessions).decode() for state in states],
    )


async def keep_registrations(conn: Conn, kept: Sequence[KeptRegistration]) -> None:
    """Keep the highest version of each; one statement may touch a row only once."""
    newest: dict[UUID, KeptRegistration] = {}
    for item in kept:
        if item.registration_id not in newest or newest[item.registration_id].version < item.version:
            newest[item.registration_id] = item
    rows = list(newest.values())
    await conn.execute(
        """
        INSERT INTO registrations AS kept (registration_id, version, event_id, person_id, status, code)
        SELECT * FROM unnest($1::uuid[], $2::int[], $3::uuid[], $4::uuid[], $5::text[], $6::text[])
            ON CONFLICT (registration_id) DO UPDATE
           SET version = excluded.version, status = excluded.status, code = excluded.code
         WHERE kept.version < excluded.version
        """,
        [row.registration_id for row in rows],
        [row.version for row in rows],
        [row.event_id for row in rows],
        [row.person_id for row in rows],
        [row.status for row in rows],
        [row.code for row in rows],
    )


async def registrants(conn: Conn, event_id: UUID) -> list[Registrant]:
    """Everybody who has a place or waits for one, each once."""
    rows = await conn.fetch(
        """
        SELECT DISTINCT ON (person_id) registration_id, person_id
          FROM registrations
         WHERE event_id = $1 AND status IN ('confirmed', 'waiting')
         ORDER BY person_id
        """,
        event_id,
    )
    return [Registrant(row["registration_id"], row["person_id"]) for row in rows]


async def revision_before(conn: Conn, event_id: UUID, version: int) -> int | None:
    """The revision of the newest version before this one; None where none has arrived."""
    revision: int | None = await conn.fetchval(
        """
        SELECT revision FROM gatherings
         WHERE event_id = $1 AND version < $2
         ORDER BY version DESC
         LIMIT 1
        """,
        event_id,
        version,
    )
    return revision


async def known(conn: Conn, wanted: Sequence[tuple[UUID, int | None]]) -> dict[tuple[UUID, int | None], Known]:
    """Each event as of a version (None: the newest), by what was asked for; absent where nothing has arrived."""
    rows = await conn.fetch(
        """
        SELECT wanted.event_id AS asked_event, wanted.version AS asked_version,
               g.event_id, g.version, g.cell, g.title, g.venue, g.starts, g.ends, g.zone, g.revision,
               g.mode, g.sessions, n.name AS held_by
          FROM unnest($1::uuid[], $2::int[]) AS wanted (event_id, version)
         CROSS JOIN LATERAL (SELECT event_id, version, network_id, cell, title, venue, starts, ends, zone, revision,
                                    mode, sessions
                               FROM gatherings
                              WHERE event_id = wanted.event_id
                                AND (wanted.version IS NULL OR version <= wanted.version)
                              ORDER BY version DESC
                              LIMIT 2) g
          LEFT JOIN access_networks n ON n.network_id = g.network_id
         ORDER BY g.version
        """,
        [event_id for event_id, _ in wanted],
        [version for _, version in wanted],
    )
    found: dict[tuple[UUID, int | None], Known] = {}
    for row in rows:
        asked = (row["asked_event"], row["asked_version"])
        fields = dict(row)
        del fields["asked_event"], fields["asked_version"]
        fields["sessions"] = _sessions(row["sessions"])
        before = found.get(asked)
        found[asked] = Known(Gathering(**fields), before.now if before else None)
    return found


def _sessions(kept: str | None) -> tuple[Session, ...] | None:
    if kept is None:
        return None
    times = datetime.fromisoformat
    return tuple(Session(one["title"], times(one["starts"]), times(one["ends"])) for one in orjson.loads(kept))
