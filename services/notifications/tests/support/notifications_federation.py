"""Two deployments of notifications: one of the Midlands' own, and the national one, which serves all other cells."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from notifications_house import House, a_registration, address_of, network_id, published

from events_contracts import EventPublished, RegistrationConfirmed
from events_contracts.registrations import RegistrationState
from membership_contracts import MembershipEnded, MembershipStarted, Profile
from notifications_service.handing_on import actions
from servicekit import clock
from servicekit.cells import Cells, cell_of
from servicekit.consumers.delivery import Record
from servicekit.contract import Signal
from servicekit.envelope import Origin
from servicekit.ids import new_id
from servicekit.outbox import ledger
from servicekit.testing.deliveries import as_record, tombstone

REGION = "national.midlands"
MIDLANDS, LONDON = "national.midlands.rwp", "national.london"


@dataclass
class Federation:
    region: House
    nation: House
    reads: Cells
    """What the region reads."""
    cells: Cells
    _memberships: dict[UUID, tuple[UUID, str, int]] = field(default_factory=dict)
    _offsets: "count[int]" = field(default_factory=lambda: count(1_000_000))

    async def arrive(self, *records: Record) -> None:
        """At everybody who reads the topic."""
        for record in records:
            if cell_of(record.topic) in self.reads.read:
                await self.region.arrive(record)
            await self.nation.arrive(record)

    async def hear(self, signal: Signal, at: str) -> UUID:
        signal_id = new_id()
        await self.arrive(as_record(signal, at=Origin(self.cells.containing(at), at), id=signal_id))
        return signal_id

    async def member(self, path: str = MIDLANDS, *, profile: bool = True) -> UUID:
        """Somebody who belongs to this network."""
        person = new_id()
        await self._begin(person, path, version=1)
        if profile:
            await self.profile(person, path)
        return person

    async def profile(self, person: UUID, path: str, *, version: int = 1) -> None:
        names = {"given_name": "Asha", "family_name": "Patel"}
        await self.hear(Profile(version=version, person_id=person, email=address_of(person), **names), path)

    async def leaves(self, person: UUID) -> None:
        """Their membership ended yesterday."""
        membership, path, version = self._memberships[person]
        until = clock.today() - timedelta(days=1)
        state = self._state(person, path, membership, version + 1) | {"until": until}
        await self.hear(MembershipEnded(**state), path)

    async def is_forgotten(self, person: UUID, path: str) -> None:
        """Their profile stands no longer in that network's cell."""
        await self.arrive(tombstone(Profile, str(person), cell=self.cells.containing(path), version=2))

    async def moves(self, person: UUID, to: str = LONDON) -> None:
        """From the network where they are to another, yesterday."""
        _, path, _ = self._memberships[person]
        await self.leaves(person)
        await self.is_forgotten(person, path)
        await self._begin(person, to, version=1)
        await self.profile(person, to, version=2)

    async def carry(self) -> list[str]:
        """What a relay does for both: send what is unsent, to all who read it. Returns the types."""
        sent = []
        for house in (self.region, self.nation):
            async with house.worker.transaction() as conn:
                rows = await ledger.unsent(conn, ledger.UNSENT, limit=1000)
                await ledger.mark_sent(conn, [row.position for row in rows], at=clock.now())
            for row in rows:
                sent.append(row.type)
                await self.arrive(
                    Record(
                        topic=row.topic,
                        partition=0,
                        offset=next(self._offsets),
                        key=row.key,
                        value=row.body,
                        headers={},
                        timestamp=0,
                    )
                )
        return sent

    async def _begin(self, person: UUID, path: str, *, version: int) -> None:
        membership = new_id()
        self._memberships[person] = membership, path, version
        await self.hear(MembershipStarted(**self._state(person, path, membership, version)), path)

    def _state(self, person: UUID, path: str, membership: UUID, version: int) -> dict[str, Any]:
        return {
            "version": version,
            "membership_id": membership,
            "person_id": person,
            "network_id": network_id(path),
            "main": True,
            "since": date(2020, 1, 1),
            "sector": "acute",
            "job_role": "service-manager",
            "described_from": date(2020, 1, 1),
        }


async def mails(house: House) -> Sequence[dict[str, Any]]:
    """The ledger's mails, oldest first."""
    return await house.rows(channel="email")


async def hand_on(house: House, *, later: timedelta = timedelta(0), moved_on: actions.MovedOn | None = None) -> int:
    """What the region's loop does every second."""
    async with house.worker.transaction() as conn:
        if moved_on is None:
            return await actions.hand_on(conn, now=clock.now() + later)
        return await actions.hand_on(conn, now=clock.now() + later, moved_on=moved_on)


async def an_event(federation: Federation) -> EventPublished:
    event = published(at=REGION)
    await federation.hear(event, REGION)
    return event


async def registered(federation: Federation, person: UUID, event: EventPublished) -> RegistrationState:
    registration = a_registration(RegistrationConfirmed, event, person)
    await federation.hear(registration, REGION)
    return registration


async def settle(federation: Federation) -> None:
    """Everything that is due goes, and everything that was published arrives."""
    for house in (federation.region, federation.nation):
        await house.look()
        await house.send_all()
    await federation.carry()
