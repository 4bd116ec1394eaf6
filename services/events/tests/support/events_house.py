"""Builders of the events service's tests: a house with people in it, and short words for what they do."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5
from zoneinfo import ZoneInfo

import asyncpg
import httpx

from access.testing import Directory, Somebody
from events_service.consumers import CONSUMERS
from events_service.settings import EventsSettings
from membership_contracts import MembershipEnded, Profile
from servicekit import clock
from servicekit.database import Database
from servicekit.envelope import Origin
from servicekit.testing import deliver, signals_published
from servicekit.testing.databases import TestDatabase
from servicekit.testing.deliveries import as_record

MIDLANDS, RWP, RRK = "national.midlands", "national.midlands.rwp", "national.midlands.rrk"
LONDON, NATIONAL = "national.london", "national"
PATHS = (NATIONAL, MIDLANDS, RWP, RRK, LONDON)

EVERYTHING = """
DO $$
BEGIN
    EXECUTE (SELECT 'TRUNCATE ' || string_agg(format('%I.%I', schemaname, tablename), ', ')
               FROM pg_tables
              WHERE schemaname ~ '^(public|access_[ab]|grants_[ab]|projection_[ab]|servicekit)$'
                AND tablename !~ 'migrations$'
                AND NOT (schemaname = 'servicekit'
                         AND tablename IN ('projections', 'consumers', 'deployment', 'switches')));
    UPDATE servicekit.projections SET active = 'a', epoch = 1;
END
$$
"""
"""What empties the database of all that a test brought into it."""

Thing = dict[str, Any]
"""Something as the API shows it."""


def network_id(path: str) -> UUID:
    return uuid5(NAMESPACE_URL, path)


def in_days(days: float, hour: int = 9) -> str:
    """A wall time in London, so many days from today."""
    day = clock.now().astimezone(ZoneInfo("Europe/London")) + timedelta(days=days)
    return day.replace(hour=hour, minute=0, second=0, microsecond=0, tzinfo=None).isoformat()


def in_hours(hours: float) -> str:
    """A wall time in London, so many hours from now."""
    at = (clock.now() + timedelta(hours=hours)).astimezone(ZoneInfo("Europe/London"))
    return at.replace(microsecond=0, tzinfo=None).isoformat()


def a_plan(path: str = MIDLANDS, **given: Any) -> Thing:
    """The body of a draft."""
    plan = {
        "network_id": str(network_id(path)),
        "kind": "masterclass",
        "title": "Winter masterclass",
        "summary": "Beds, flow and winter.",
        "venue": "Room 4, Birmingham",
        "starts": in_days(30),
        "ends": in_days(30, hour=16),
        "zone": "Europe/London",
        "capacity": 30,
    }
    return plan | given


@dataclass
class House:
    """The service as its callers meet it."""

    http: httpx.AsyncClient
    directory: Directory
    worker: Database
    api: Database
    database: TestDatabase
    settings: EventsSettings

    async def organiser(self, path: str = MIDLANDS, *, role: str = "organiser") -> Somebody:
        return await self.directory.lead(path, role=role)

    async def member(self, path: str = RWP, **given: Any) -> Somebody:
        return await self.directory.person(path, **given)

    async def named(self, given_name: str, family_name: str, path: str = RWP) -> Somebody:
        """A member whose name is known here."""
        somebody = await self.member(path)
        await self.profile(somebody.person_id, given_name, family_name)
        return somebody

    async def profile(
        self, person_id: UUID, given_name: str, family_name: str, *, cell: str = "midlands", version: int = 1
    ) -> None:
        profile = Profile(
            version=version,
            person_id=person_id,
            given_name=given_name,
            family_name=family_name,
            email=f"{person_id}@example.org",
        )
        await deliver(self.worker, CONSUMERS, as_record(profile, at=Origin(cell, f"national.{cell}")))

    async def end_membership(self, membership_id: UUID, person_id: UUID, path: str = RWP) -> None:
        """It ended yesterday."""
        day = clock.today()
        ended = MembershipEnded(
            version=2,
            membership_id=membership_id,
            person_id=person_id,
            network_id=network_id(path),
            main=True,
            since=day - timedelta(days=700),
            until=day - timedelta(days=1),
            described_from=day - timedelta(days=700),
        )
        await deliver(self.worker, CONSUMERS, as_record(ended, at=Origin("midlands", path)))

    async def draft(self, by: Somebody, *, path: str = MIDLANDS, **given: Any) -> Thing:
        cell = self.directory.cells.containing(path)
        answer = await self.post(f"/api/v1/cells/{cell}/events", by, a_plan(path, **given))
        assert answer.status_code == 201, answer.text
        return thing(answer)

    async def published(self, by: Somebody, *, path: str = MIDLANDS, **given: Any) -> Thing:
        answer = await self.post(f"{(await self.draft(by, path=path, **given))['url']}/publish", by)
        assert answer.status_code == 200, answer.text
        return thing(answer)

    async def registered(self, event: Thing, who: Somebody) -> Thing:
        answer = await self.register(event, who)
        assert answer.status_code == 201, answer.text
        return thing(answer)

    async def register(self, event: Thing, who: Somebody) -> httpx.Response:
        return await self.post(f"{event['url']}/registrations", who)

    async def cancel(self, what: Thing, who: Somebody) -> httpx.Response:
        """An event, or a registration."""
        return await self.post(f"{what['url']}/cancel", who)

    async def change(self, event: Thing, by: Somebody, **changes: Any) -> httpx.Response:
        tag = f'"{event["version"]}"'
        return await self.http.patch(event["url"], json=changes, headers=by.bearer | {"If-Match": tag})

    async def post(self, url: str, who: Somebody, body: Any = None, **headers: str) -> httpx.Response:
        return await self.http.post(url, json=body, headers=who.bearer | headers)

    async def get(self, url: str, who: Somebody) -> httpx.Response:
        return await self.http.get(url, headers=who.bearer)

    async def read(self, what: Thing, who: Somebody) -> Thing:
        answer = await self.get(what["url"], who)
        assert answer.status_code == 200, answer.text
        return thing(answer)

    async def signals(self, *types: str) -> list[Thing]:
        """What was published, in order: of these types, or of all; each with its type as `type`."""
        async with self.worker.reading() as conn:
            rows = await conn.fetch("SELECT type FROM servicekit.outbox WHERE body IS NOT NULL ORDER BY position")
            found = await signals_published(conn)
        short = [row["type"].removeprefix("guildhall.events.").removesuffix(".v1") for row in rows]
        return [{"type": name} | data for name, data in zip(short, found, strict=True) if not types or name in types]

    async def state(self) -> list[Thing]:
        """Every event and registration as they stand, to show that a refusal left nothing behind."""
        async with self.worker.reading() as conn:
            rows = await conn.fetch(
                """
                SELECT to_jsonb(e)::text AS row FROM events e
                UNION ALL SELECT to_jsonb(r)::text FROM registrations r
                UNION ALL SELECT to_jsonb(w)::text FROM waiting_places w
                UNION ALL SELECT to_jsonb(l)::text FROM joining_links l
                UNION ALL SELECT to_jsonb(c)::text FROM calendars c
                UNION ALL SELECT to_jsonb(o)::text FROM servicekit.outbox o
                ORDER BY 1
                """
            )
        return [dict(row) for row in rows]

    async def as_owner(self, statement: str) -> None:
        """What only a migration may do, for a test that takes a mechanism away."""
        owner = await asyncpg.connect(self.database.owner)
        await owner.execute(statement)
        await owner.close()

    async def let_it_pass(self, event: Thing) -> None:
        """The event began and ended some weeks ago."""
        async with self.worker.transaction() as conn:
            await conn.execute(
                """
                UPDATE events
                   SET starts_at = starts_at - interval '60 days', ends_at = ends_at - interval '60 days'
                 WHERE id = $1
                """,
                UUID(event["id"]),
            )


def thing(answer: httpx.Response) -> Thing:
    found: Thing = answer.json()
    return found


def problem(answer: httpx.Response) -> tuple[int, str, str]:
    """Status, code and the words of a refusal."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    document = answer.json()
    return answer.status_code, document["code"], document["detail"]
