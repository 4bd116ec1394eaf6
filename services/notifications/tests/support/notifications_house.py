"""A notifications service on a database of its own, and the signals that membership and events would send it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar
from uuid import NAMESPACE_URL, UUID, uuid5

import httpx
from fastapi import FastAPI
from notifications_mail_server import MailServer

from access.testing import Directory
from events_contracts import (
    EventCancelled,
    EventChanged,
    EventPublished,
    RegistrationCancelled,
    RegistrationConfirmed,
    RegistrationPromoted,
    RegistrationWaitlisted,
    Rule,
)
from events_contracts.gatherings import EventState
from events_contracts.registrations import RegistrationState
from membership_contracts import AgreementEnded, AgreementMade, Profile
from membership_contracts.agreements import AgreementState
from notifications_service.announcements.loop import Announcer
from notifications_service.consumers import CONSUMERS
from notifications_service.keys import hashes, links
from notifications_service.mail.carrier import Carrier
from notifications_service.mail.letters import Letters
from notifications_service.mail.loop import Watch
from notifications_service.mail.postman import Postman
from notifications_service.settings import NotificationsSettings
from servicekit import clock
from servicekit.cells import NATIONAL
from servicekit.consumers.delivery import Record
from servicekit.consumers.marks import Marks
from servicekit.consumers.subscription import Serves, serves_all
from servicekit.contract import Signal
from servicekit.database import Database
from servicekit.envelope import Origin
from servicekit.ids import new_id
from servicekit.process import Work
from servicekit.testing.databases import TestDatabase
from servicekit.testing.deliveries import as_record, deliver, tombstone

SUMMIT = {
    "kind": "summit",
    "title": "Summit of operational managers",
    "summary": "A day of theatres, flow and discharge.",
    "venue": "Leeds Civic Hall, Room 1",
    "starts": datetime.fromisoformat("2027-01-14T10:00"),
    "ends": datetime.fromisoformat("2027-01-14T16:00"),
    "zone": "Europe/London",
    "starts_at": datetime(2027, 1, 14, 10, 0, tzinfo=UTC),
    "ends_at": datetime(2027, 1, 14, 16, 0, tzinfo=UTC),
    "capacity": 400,
}

STATUS: Mapping[type[RegistrationState], str] = {
    RegistrationConfirmed: "confirmed",
    RegistrationWaitlisted: "waiting",
    RegistrationPromoted: "confirmed",
    RegistrationCancelled: "cancelled",
}

BEFORE_ALL = datetime.fromtimestamp(0, UTC)

Event = TypeVar("Event", bound=EventState)
Registration = TypeVar("Registration", bound=RegistrationState)


def network_id(path: str) -> UUID:
    return uuid5(NAMESPACE_URL, path)


@dataclass
class House:
    app: FastAPI
    http: httpx.AsyncClient
    directory: Directory
    worker: Database
    api: Database
    database: TestDatabase
    settings: NotificationsSettings
    mail: MailServer
    tell_from: datetime = BEFORE_ALL
    serves: Serves = serves_all
    log: list[Record] = field(default_factory=list)
    """Every record that has arrived, in order."""

    async def hear(self, signal: Signal, at: str = NATIONAL, *, time: datetime | None = None) -> UUID:
        """Let a signal of the network at this path arrive; returns its id."""
        signal_id = new_id()
        origin = Origin(self.directory.cells.containing(at), at)
        await self.arrive(as_record(signal, at=origin, id=signal_id, time=time))
        return signal_id

    async def arrive(self, *records: Record) -> None:
        self.log.extend(records)
        await deliver(self.worker, CONSUMERS, *records, tell_from=self.tell_from, serves=self.serves)

    async def person(self, *paths: str, address: str | None = None, **given: Any) -> UUID:
        """A member of these networks whose profile has arrived; address="" for one whose profile has not."""
        somebody = await self.directory.person(*(paths or (NATIONAL,)), **given)
        if address != "":
            await self.profile(somebody.person_id, address or address_of(somebody.person_id))
        return somebody.person_id

    async def profile(
        self, person_id: UUID, address: str, *, at: str = NATIONAL, version: int = 1, **given: Any
    ) -> None:
        names = {"given_name": "Asha", "family_name": "Patel"} | given
        await self.hear(Profile(version=version, person_id=person_id, email=address, **names), at)

    async def profile_gone(self, person_id: UUID, *, at: str = NATIONAL, version: int = 2) -> None:
        cell = self.directory.cells.containing(at)
        await self.arrive(tombstone(Profile, str(person_id), cell=cell, version=version))

    async def rows(self, **wanted: Any) -> list[dict[str, Any]]:
        """The ledger's rows with these values, oldest first."""
        async with self.worker.reading() as conn:
            found = await conn.fetch("SELECT * FROM notifications ORDER BY created_at, priority, person_id, channel")
        return [dict(row) for row in found if all(row[name] == value for name, value in wanted.items())]

    async def waiting_for_a_turn(self) -> int:
        """How many transactions of this database stand in line for an advisory lock."""
        async with self.worker.reading() as conn:
            count: int = await conn.fetchval(
                """
                SELECT count(*)
                  FROM pg_locks l
                  JOIN pg_database d ON d.oid = l.database
                 WHERE d.datname = current_database() AND l.locktype = 'advisory' AND NOT l.granted
                """
            )
        return count

    def work(self, *, served: frozenset[str] | None = None) -> Work[NotificationsSettings]:
        """What a background loop is given; served: cells, where not all."""
        cells = self.directory.cells if served is None else replace(self.directory.cells, served=served)
        return Work(settings=self.settings, cells=cells, db=self.worker, stopping=asyncio.Event())

    def postman(self, *, sender: int = 1, **given: Any) -> Postman:
        given = {"chance": lambda: 0.5} | given
        return Postman(
            db=self.worker,
            carrier=Carrier(
                host="127.0.0.1", port=self.mail.port, sender="guildhall@guildhall.example", domain="guildhall.example"
            ),
            letters=Letters(
                sender="guildhall@guildhall.example",
                public_url="https://guildhall.example",
                links=links(self.settings.secrets_dir),
            ),
            hashes=hashes(self.settings.secrets_dir),
            domain="guildhall.example",
            sender=sender,
            **given,
        )

    async def send_all(self, *, sender: int = 1) -> None:
        """Let one postman carry all that is due."""
        postman = self.postman(sender=sender)
        while (await postman.round()).claimed:
            pass
        await postman.carrier.close()

    async def look(self) -> None:
        """What the watch does every second."""
        watch = Watch(dsn=self.database.worker, senders=[], stopping=asyncio.Event())
        async with self.worker.pool.acquire() as conn:
            await watch.look(conn)

    def announcer(self, *, chunk: int = 500) -> Announcer:
        """One for whom all facts are here already."""
        return Announcer(db=self.worker, mark=_nothing, reached=_at_once, chunk=chunk)

    async def announce_all(self, *, chunk: int = 500) -> None:
        """Go through every audience, the second time too."""
        announcer = self.announcer(chunk=chunk)
        for later in (timedelta(0), timedelta(minutes=1), timedelta(minutes=2)):
            while await announcer.round(now=clock.now() + later):
                pass


async def _nothing() -> Marks:
    return {}


async def _at_once(_mark: Marks) -> bool:
    return True


def address_of(person_id: UUID) -> str:
    return f"p{person_id.hex}@example.org"


def an_event(
    kind: type[Event], *, at: str = NATIONAL, event_id: UUID | None = None, version: int = 1, **given: Any
) -> Event:
    """A summit of the network at this path, open to all who belong there, unless said otherwise."""
    state: Mapping[str, Any] = SUMMIT | {
        "event_id": event_id or new_id(),
        "network_id": network_id(at),
        "version": version,
        "rule": Rule(networks=[network_id(at)]),
        "published_at": clock.now(),
        "revision": 1,
    }
    return kind.model_validate(dict(state) | given)


def published(**given: Any) -> EventPublished:
    return an_event(EventPublished, **given)


def changed(before: EventState, names: Sequence[str], *, revision: int | None = None, **given: Any) -> EventChanged:
    state = before.model_dump() | given
    state |= {"version": before.version + 1, "revision": before.revision + 1 if revision is None else revision}
    return EventChanged.model_validate(state | {"changed": list(names)})


def cancelled(before: EventState) -> EventCancelled:
    state = before.model_dump() | {"version": before.version + 1, "revision": before.revision + 1}
    return EventCancelled.model_validate(state)


def a_registration(
    kind: type[Registration], event: EventState, person_id: UUID, *, registration_id: UUID | None = None, **given: Any
) -> Registration:
    state: dict[str, Any] = {
        "version": 1,
        "registration_id": registration_id or new_id(),
        "event_id": event.event_id,
        "person_id": person_id,
        "status": STATUS[kind],
        "code": "7KXQ4TPM",
        "registered_at": clock.now(),
        "waited": False,
    }
    return kind.model_validate(state | given)


def an_agreement(
    fields: Mapping[str, Sequence[str]], *, at: str = NATIONAL, networks: Sequence[str] | None = None, **given: Any
) -> AgreementMade:
    """With the client `partner`, of all networks below `at`, live the whole year."""
    state: dict[str, Any] = {
        "version": 1,
        "agreement_id": new_id(),
        "network_id": network_id(at),
        "body": "NHS Providers",
        "client_id": "partner",
        "issuer": "",
        "purpose": "To tell trusts what goes on.",
        "networks": [network_id(path) for path in networks or [at]],
        "fields": fields,
        "starts_on": date(2026, 1, 1),
        "ends_on": date(2030, 12, 31),
    }
    return AgreementMade.model_validate(state | given)


def ended(agreement: AgreementState, *, on: date) -> AgreementEnded:
    state = agreement.model_dump() | {"version": agreement.version + 1, "ends_on": on}
    return AgreementEnded.model_validate(state)
