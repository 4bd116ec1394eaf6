"""What the tests of membership share: the service on the real tree, and people introduced by its own verbs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from access.store import keep_heartbeats
from access.testing import Issuer, Somebody
from membership_contracts import subject_hash
from membership_service import reference
from membership_service.consumers import CONSUMERS
from membership_service.grants import actions as grants
from membership_service.grants.model import Grant
from membership_service.identities import actions as identities
from membership_service.imports import ods_file
from membership_service.imports.handlers import KINDS, handlers
from membership_service.memberships import actions as memberships
from membership_service.memberships.model import Membership
from membership_service.networks import actions as networks
from membership_service.networks import founding
from membership_service.networks import store as network_store
from membership_service.networks.model import network_id
from membership_service.organisations import actions as organisations
from membership_service.people import actions as people
from membership_service.people.model import Person
from membership_service.settings import MembershipSettings
from servicekit import clock, jobs
from servicekit.cells import Cells
from servicekit.consumers import registry
from servicekit.consumers.apply import Applier
from servicekit.consumers.delivery import Record
from servicekit.database import Conn, Database
from servicekit.envelope import decode
from servicekit.ids import new_id
from servicekit.jobs import JobRunner
from servicekit.testing.databases import TestDatabase

LONG_AGO = date(2020, 1, 1)


@dataclass(frozen=True)
class Scope:
    """For whom a transaction runs, as tests of row-level security say it."""

    person_id: UUID | None = None
    scopes: Sequence[str] = ()
    email: str | None = None
    identity: str = "a test"


@dataclass
class House:
    http: httpx.AsyncClient
    worker: Database
    api: Database
    database: TestDatabase
    settings: MembershipSettings
    issuer: Issuer
    cells: Cells
    _seen: int = 0
    _names: int = 0

    async def settle(self) -> None:
        """Let all that was published arrive at the service's own projection, as relay and broker would."""
        async with self.worker.reading() as conn:
            rows = await conn.fetch(
                """
                SELECT position, topic, key, body FROM servicekit.outbox
                 WHERE position > $1 AND body IS NOT NULL
                 ORDER BY position
                """,
                self._seen,
            )
        await _deliver(self.worker, [_record(row) for row in rows])
        self._seen = max([self._seen, *(row["position"] for row in rows)])
        async with self.worker.transaction() as conn:
            await keep_heartbeats(conn, dict.fromkeys(self.cells.all, clock.now()), now=clock.now())

    async def guest(self, **given: Any) -> Person:
        """Somebody with an account and no membership."""
        self._names += 1
        named = {"given_name": "Ada", "family_name": "Obi", "email": f"ada.obi{self._names}@rwp.example"} | given
        async with self.worker.transaction() as conn:
            return await people.register(conn, new_id(), at=clock.now(), today=clock.today(), **named)

    async def begin(self, person: Person, code: str, **given: Any) -> Membership:
        """A membership at the network with this ODS code, since 2020."""
        facts: dict[str, Any] = {"since": LONG_AGO, "job_role": "service-manager"} | given
        async with self.worker.transaction() as conn:
            return await memberships.begin(
                conn, new_id(), person_id=person.id, network_id=network_id(code), now=clock.now(), **facts
            )

    async def member(self, code: str, **given: Any) -> tuple[Person, Membership]:
        person = await self.guest(**given)
        return person, await self.begin(person, code)

    async def sign_in(self, person: Person) -> Somebody:
        """Link the person to a sign-in of their own."""
        subject = f"sub-{person.id}"
        async with self.worker.transaction() as conn:
            await identities.link(
                conn,
                issuer=self.issuer.url,
                subject_hash=subject_hash(self.issuer.url, subject),
                address=person.email,
                at=clock.now(),
            )
        await self.settle()
        return Somebody(person.id, subject, self.issuer.bearer(subject, email=person.email))

    async def give(self, person_id: UUID, role: str, code: str, **given: Any) -> Grant:
        """As the first lead is made: nobody's right is asked for."""
        now = clock.now()
        facts: dict[str, Any] = {"starts_at": now - timedelta(days=1), "ends_at": None} | given
        async with self.worker.transaction() as conn:
            grant = await grants.give(
                conn,
                new_id(),
                giver=None,
                person_id=person_id,
                network_id=network_id(code),
                role=role,
                now=now,
                **facts,
            )
        await self.settle()
        return grant

    async def lead(self, code: str, *, role: str = "lead") -> Somebody:
        """Somebody who holds a role at the network with this ODS code."""
        somebody = await self.sign_in(await self.guest())
        await self.give(somebody.person_id, role, code)
        return somebody

    async def import_file(self, kind: str, body: bytes, *, dry_run: bool = False) -> dict[str, Any]:
        """Queue an import and run it, as `work` does; the finished job."""
        return await self.run_import(await self.queue_import(kind, body, dry_run=dry_run))

    async def queue_import(self, kind: str, body: bytes, *, dry_run: bool = False) -> UUID:
        async with self.worker.transaction() as conn:
            job = await jobs.request(
                conn,
                kind=KINDS[kind],
                title="an import",
                parameters={"dry_run": dry_run},
                requested_by=new_id(),
                input=body,
            )
        return job.id

    async def run_import(self, job_id: UUID) -> dict[str, Any]:
        while await JobRunner(self.worker, handlers(lambda: self.settings), retry_seconds=0.0).run_one():
            pass
        async with self.worker.reading() as conn:
            return (await jobs.view(conn, job_id)).model_dump()

    async def published(self, kind: str = "%") -> list[dict[str, Any]]:
        """Type, topic, key, version and data of what stands in the outbox, in order; data is None for a profile."""
        async with self.worker.reading() as conn:
            rows = await conn.fetch(
                "SELECT type, topic, key, version, body FROM servicekit.outbox WHERE type LIKE $1 ORDER BY position",
                f"guildhall.membership.{kind}.v1",
            )
        return [
            {
                "type": row["type"].split(".")[2],
                "topic": row["topic"],
                "key": row["key"],
                "version": row["version"],
                "data": decode(row["body"]).data if row["body"] else None,
            }
            for row in rows
        ]

    async def count_published(self) -> int:
        return len(await self.published())


async def found(conn: Conn, reference_dir: Path) -> founding.Plan:
    """The real tree, from the project's own reference data and the ODS file among them."""
    published, _ = ods_file.read((reference_dir / "etr.csv").read_bytes())
    known = reference.read(reference_dir)
    await network_store.hold_founding(conn)
    plan = founding.plan(published, known, await network_store.everything(conn), today=clock.today())
    await networks.carry_out(conn, plan, today=clock.today())
    await organisations.follow(conn, known, await network_store.everything(conn))
    return plan


async def _deliver(db: Database, records: Sequence[Record]) -> None:
    """Topic by topic, as the broker would hand them over: order is promised only within one."""
    for topic in dict.fromkeys(record.topic for record in records):
        service, stream = [*topic.split(".", 2), ""][1:3]
        for consumer in CONSUMERS:
            if (service, stream) in consumer.streams:
                async with db.pool.acquire() as conn:
                    epoch = (await registry.active(conn, consumer.projection)).epoch
                applier = Applier(consumer=consumer, db=db, epoch=epoch)
                await applier.apply([record for record in records if record.topic == topic])


def _record(row: Any) -> Record:
    return Record(
        topic=row["topic"],
        partition=0,
        offset=row["position"],
        key=row["key"],
        value=row["body"],
        headers={},
        timestamp=0,
    )
