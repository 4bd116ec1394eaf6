"""A profile stands in each cell where its person is a member today; the relay renders it, or takes it away."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from uuid import UUID

from membership_contracts import Profile
from membership_service.people import profile_store as store
from membership_service.people.profile_store import Placed
from servicekit import clock
from servicekit.cells import cell_of
from servicekit.database import Conn, Database
from servicekit.envelope import Origin, encode
from servicekit.outbox import ProfileDue, announce_profiles
from servicekit.outbox.ledger import Unsent
from servicekit.outbox.relay import Renderer

BATCH = 500


async def announce(conn: Conn, ids: Sequence[UUID], *, today: date, changed: bool) -> None:
    """Say where these persons' profiles stand now, and where no longer. The caller holds their rows.

    changed: also where they stood before, since what they say is another.
    """
    wanted, known = await store.places(conn, ids, on=today), await store.announced(conn, ids)
    added, removed, told = [], [], {}
    for person_id in dict.fromkeys(ids):
        here = set(wanted[person_id].networks) if person_id in wanted else set()
        before = known.get(person_id, set())
        added += [(person_id, cell) for cell in here - before]
        removed += [(person_id, cell) for cell in before - here]
        if cells := (here | before) if changed else (here ^ before):
            told[person_id] = sorted(cells)
    versions = await store.next_versions(conn, list(told))
    await store.place(conn, added, removed)
    due = [ProfileDue(person_id, versions[person_id], cells) for person_id, cells in told.items()]
    await announce_profiles(conn, Profile, due)


async def announce_due(conn: Conn, *, today: date) -> int:
    """Announce those whose first day has come or whose last has passed; returns how many."""
    ids = await store.lock_misplaced(conn, on=today, limit=BATCH)
    if ids:
        await announce(conn, ids, today=today, changed=False)
    return len(ids)


def renderer(today: Callable[[], date] = clock.today) -> Callable[[Database], Renderer]:
    """What the relay asks for the bytes of profiles, when it sends them: one query for a batch."""

    def of(db: Database) -> Renderer:
        async def render(rows: Sequence[Unsent]) -> Mapping[int, bytes | None]:
            ids = list({UUID(row.key) for row in rows})
            async with db.reading() as conn:
                placed = await store.places(conn, ids, on=today())
            return {row.position: _rendered(row, placed.get(UUID(row.key))) for row in rows}

        return render

    return of


def _rendered(row: Unsent, placed: Placed | None) -> bytes | None:
    """The profile as it is by now, or None where its person is not, or no longer, a member in that cell."""
    cell = cell_of(row.topic)
    if placed is None or cell not in placed.networks:
        return None
    person = placed.person
    profile = Profile(
        version=row.version,
        person_id=person.id,
        given_name=person.given_name,
        family_name=person.family_name,
        email=person.email,
        language=person.language,
    )
    return encode(profile, id=row.id, time=clock.now(), origin=Origin(cell, placed.networks[cell]))
