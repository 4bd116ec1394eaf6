"""Words of people on what they want to be told: merged from all deployments, the highest version counts."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from notifications_service.preferences.model import Kept, Wish, Word
from servicekit.database import Conn


@dataclass(frozen=True, slots=True)
class Held:
    """Everything that one person has said, and the version of the whole."""

    words: Sequence[Kept]

    @property
    def version(self) -> int:
        """Rises by one with every word, whatever was said where."""
        return sum(kept.version for kept in self.words)

    @property
    def standing(self) -> list[Word]:
        return [kept.word for kept in self.words if kept.word.wanted is not None]


Wishes = Callable[[Conn, Sequence[UUID]], Awaitable[Mapping[UUID, Sequence[Wish]]]]
"""Asks what people have said."""


async def lock(conn: Conn, person_id: UUID) -> None:
    """Stands for the lock of the person's row, under whose key these are published."""
    await conn.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('preferences of ' || $1::text, 0))", str(person_id)
    )


async def held(conn: Conn, person_id: UUID) -> Held:
    rows = await conn.fetch(
        """
        SELECT kind, channel, network_id, version, wanted, changed_at
          FROM preferences
         WHERE person_id = $1
         ORDER BY network_id NULLS FIRST, kind, channel
        """,
        person_id,
    )
    return Held(
        [
            Kept(
                person_id=person_id,
                word=Word(kind=row["kind"], channel=row["channel"], network_id=row["network_id"], wanted=row["wanted"]),
                version=row["version"],
                changed_at=row["changed_at"],
            )
            for row in rows
        ]
    )


async def merge(conn: Conn, words: Sequence[Kept]) -> None:
    """Keep the highest version of each; of equal ones the later, then the one that wants less. Whatever the order of
    arrival, every deployment comes to the same."""
    rows = list({(kept.person_id, kept.word.about): kept for kept in sorted(words, key=_rank)}.values())
    await conn.execute(
        """
        INSERT INTO preferences AS kept (person_id, kind, channel, network_id, version, wanted, changed_at)
        SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::int[], $6::bool[], $7::timestamptz[])
            ON CONFLICT ON CONSTRAINT one_word_each DO UPDATE
           SET version = excluded.version, wanted = excluded.wanted, changed_at = excluded.changed_at
         WHERE (kept.version, kept.changed_at, kept.wanted IS NOT true)
             < (excluded.version, excluded.changed_at, excluded.wanted IS NOT true)
        """,
        [row.person_id for row in rows],
        [row.word.kind for row in rows],
        [row.word.channel for row in rows],
        [row.word.network_id for row in rows],
        [row.version for row in rows],
        [row.word.wanted for row in rows],
        [row.changed_at for row in rows],
    )


async def wishes(conn: Conn, people: Sequence[UUID]) -> Mapping[UUID, Sequence[Wish]]:
    """What each of these people has said, in one query; absent who has said nothing."""
    rows = await conn.fetch(
        """
        SELECT p.person_id, p.kind, p.channel, n.path::text AS path, p.wanted
          FROM preferences p
          LEFT JOIN access_networks n ON n.network_id = p.network_id
         WHERE p.person_id = ANY ($1::uuid[]) AND p.wanted IS NOT NULL
           AND (p.network_id IS NULL OR n.path IS NOT NULL)
        """,
        list(people),
    )
    found: dict[UUID, list[Wish]] = defaultdict(list)
    for row in rows:
        found[row["person_id"]].append(Wish(row["kind"], row["channel"], row["path"], row["wanted"]))
    return found


def _rank(kept: Kept) -> tuple[object, ...]:
    return (kept.version, kept.changed_at, kept.word.wanted is not True)
