"""The ledger of erasures and the receipts that came; nothing of the persons but their pseudonyms."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from membership_service.erasures.model import Erasure, Receipt
from servicekit.database import Conn
from servicekit.problem import NothingHere


async def get(conn: Conn, erasure_id: UUID) -> Erasure:
    """Raises NothingHere."""
    row = await conn.fetchrow(
        """
        SELECT e.id, e.person_id, e.network_id, n.path::text AS path, e.asked_at, e.asked_by, e.state,
               e.carried_out_at, e.told_at, e.version
          FROM erasures e
          JOIN networks n ON n.id = e.network_id
         WHERE e.id = $1
        """,
        erasure_id,
    )
    if row is None:
        raise NothingHere
    return Erasure(**row)


async def find_of_person(conn: Conn, person_id: UUID) -> Erasure | None:
    """The one that was asked for or carried out; one that was refused counts for nothing."""
    row = await conn.fetchrow(
        """
        SELECT e.id, e.person_id, e.network_id, n.path::text AS path, e.asked_at, e.asked_by, e.state,
               e.carried_out_at, e.told_at, e.version
          FROM erasures e
          JOIN networks n ON n.id = e.network_id
         WHERE e.person_id = $1 AND e.state <> 'refused'
        """,
        person_id,
    )
    return Erasure(**row) if row else None


async def take_waiting(conn: Conn) -> Erasure | None:
    """Hold the oldest one that was asked for and is not carried out; None where there is none, or others hold them."""
    erasure_id = await conn.fetchval(
        """
        SELECT id FROM erasures WHERE state = 'asked' ORDER BY asked_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
        """
    )
    return await get(conn, erasure_id) if erasure_id else None


async def add(conn: Conn, erasure: Erasure) -> None:
    await conn.execute(
        """
        INSERT INTO erasures (id, person_id, network_id, asked_at, asked_by, state, carried_out_at, told_at, version)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        erasure.id,
        erasure.person_id,
        erasure.network_id,
        erasure.asked_at,
        erasure.asked_by,
        erasure.state,
        erasure.carried_out_at,
        erasure.told_at,
        erasure.version,
    )


async def save(conn: Conn, erasure: Erasure) -> None:
    await conn.execute(
        """
        UPDATE erasures SET state = $2, carried_out_at = $3, told_at = $4, version = $5, swept_at = NULL
         WHERE id = $1
        """,
        erasure.id,
        erasure.state,
        erasure.carried_out_at,
        erasure.told_at,
        erasure.version,
    )


async def pending_requests(conn: Conn, person_id: UUID) -> list[UUID]:
    """Requests to join that nobody has answered."""
    rows = await conn.fetch("SELECT id FROM join_requests WHERE person_id = $1 AND state = 'pending'", person_id)
    return [row["id"] for row in rows]


async def consents_given(conn: Conn, person_id: UUID) -> list[UUID]:
    """Agreements that the person's consent stands for."""
    rows = await conn.fetch("SELECT agreement_id FROM consents WHERE person_id = $1 AND given", person_id)
    return [row["agreement_id"] for row in rows]


async def shut_out_imports(conn: Conn, erasure_id: UUID) -> None:
    """Remember a hash of the address, as long as an import goes on that may have it in its file."""
    await conn.execute(
        """
        UPDATE erasures
           SET address_hash = (SELECT sha256(convert_to(lower(p.email::text), 'UTF8'))
                                 FROM people p
                                WHERE p.id = erasures.person_id AND p.email <> '')
         WHERE id = $1
           AND EXISTS (SELECT FROM servicekit.jobs j
                        WHERE j.kind = 'import-people' AND j.state IN ('queued', 'running'))
        """,
        erasure_id,
    )


async def let_imports_in(conn: Conn) -> int:
    """Forget the hashes that no import needs any more; returns how many those were."""
    done = await conn.execute(
        """
        UPDATE erasures SET address_hash = NULL
         WHERE address_hash IS NOT NULL
           AND NOT EXISTS (SELECT FROM servicekit.jobs j
                            WHERE j.kind = 'import-people' AND j.state IN ('queued', 'running')
                              AND j.created_at <= erasures.told_at)
        """
    )
    return int(done.rpartition(" ")[2])


async def take_unswept(conn: Conn, *, told_before: datetime, at: datetime) -> list[UUID]:
    """The persons of erasures that were told before that instant and are swept now."""
    rows = await conn.fetch(
        """
        UPDATE erasures SET swept_at = $2
         WHERE state = 'carried-out' AND swept_at IS NULL AND told_at < $1
        RETURNING person_id
        """,
        told_before,
        at,
    )
    return sorted(row["person_id"] for row in rows)


async def mark_erased(conn: Conn, person_id: UUID, *, at: datetime) -> None:
    """From now on the person is nobody to every verb."""
    await conn.execute("UPDATE people SET erased_at = coalesce(erased_at, $2) WHERE id = $1", person_id, at)


async def page_below(conn: Conn, path: str, *, after: UUID | None, limit: int) -> list[Erasure]:
    """Those of people who belonged at this network or below, the latest first."""
    rows = await conn.fetch(
        """
        SELECT e.id, e.person_id, e.network_id, n.path::text AS path, e.asked_at, e.asked_by, e.state,
               e.carried_out_at, e.told_at, e.version
          FROM erasures e
          JOIN networks n ON n.id = e.network_id
         WHERE n.path <@ $1::text::ltree AND ($2::uuid IS NULL OR e.id < $2)
         ORDER BY e.id DESC
         LIMIT $3
        """,
        path,
        after,
        limit,
    )
    return [Erasure(**row) for row in rows]


async def carried_out(conn: Conn) -> list[UUID]:
    """Every erasure of the ledger that was carried out, the oldest first."""
    rows = await conn.fetch("SELECT id FROM erasures WHERE state = 'carried-out' ORDER BY asked_at, id")
    return [row["id"] for row in rows]


async def lock(conn: Conn, erasure_id: UUID) -> Erasure:
    """Hold it, then read. Raises NothingHere."""
    await conn.execute("SELECT FROM erasures WHERE id = $1 FOR UPDATE", erasure_id)
    return await get(conn, erasure_id)


async def receipts(conn: Conn, ids: Sequence[UUID]) -> Mapping[UUID, list[Receipt]]:
    rows = await conn.fetch(
        """
        SELECT erasure_id, service, cell, version, at
          FROM erasure_receipts
         WHERE erasure_id = ANY($1::uuid[])
         ORDER BY service, cell
        """,
        list(ids),
    )
    found: dict[UUID, list[Receipt]] = {erasure_id: [] for erasure_id in ids}
    for row in rows:
        found[row["erasure_id"]].append(
            Receipt(service=row["service"], cell=row["cell"], version=row["version"], at=row["at"])
        )
    return found


async def keep_receipts(conn: Conn, told: Sequence[tuple[UUID, str, str, int, datetime]]) -> None:
    """(erasure, service, cell, version, instant) of each; the newest answer of one is kept."""
    newest = {(erasure, service, cell): (version, at) for erasure, service, cell, version, at in sorted(told)}
    await conn.execute(
        """
        INSERT INTO erasure_receipts AS kept (erasure_id, service, cell, version, at)
        SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::timestamptz[])
            ON CONFLICT (erasure_id, service, cell) DO UPDATE SET version = excluded.version, at = excluded.at
         WHERE kept.version < excluded.version
        """,
        [erasure for erasure, _, _ in newest],
        [service for _, service, _ in newest],
        [cell for _, _, cell in newest],
        [version for version, _ in newest.values()],
        [at for _, at in newest.values()],
    )


async def unanswered(conn: Conn, *, asked_before: datetime, answers: int, most: int) -> list[Erasure]:
    """The oldest that were asked for before that instant and are not over: not carried out, or lacking answers."""
    rows = await conn.fetch(
        """
        SELECT e.id, e.person_id, e.network_id, n.path::text AS path, e.asked_at, e.asked_by, e.state,
               e.carried_out_at, e.told_at, e.version
          FROM erasures e
          JOIN networks n ON n.id = e.network_id
          LEFT JOIN erasure_receipts r ON r.erasure_id = e.id AND r.version >= e.version
         WHERE e.state <> 'refused' AND coalesce(e.told_at, e.asked_at) < $1
         GROUP BY e.id, n.path
        HAVING e.state = 'asked' OR count(r.erasure_id) < $2
         ORDER BY e.asked_at, e.id
         LIMIT $3
        """,
        asked_before,
        answers,
        most,
    )
    return [Erasure(**row) for row in rows]
