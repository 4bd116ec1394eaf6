"""Asking for an erasure, and carrying it out: all of it in one transaction, under the lock of the person's row."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from membership_contracts import PersonErased, Profile
from membership_service.consents import actions as consents
from membership_service.erasures import store
from membership_service.erasures.model import (
    ASKED,
    CARRIED_OUT,
    OVERDUE,
    REFUSED,
    SERVICES,
    SWEPT_AFTER,
    Erasure,
    Overdue,
    missing,
)
from membership_service.grants import actions as grants
from membership_service.grants.model import LastNationalLead
from membership_service.held import HELD
from membership_service.joining import actions as joining
from membership_service.memberships import actions as memberships
from membership_service.memberships import store as membership_store
from membership_service.networks import store as networks
from membership_service.networks.model import NATIONAL_PATH
from membership_service.people import profile_store
from membership_service.people import store as people
from servicekit import clock
from servicekit.cells import Cell
from servicekit.database import Conn
from servicekit.envelope import Origin
from servicekit.outbox import Outgoing, ProfileDue, announce_profiles, publish_all
from servicekit.subjects import forget, write_down


async def ask(conn: Conn, erasure_id: UUID, *, person_id: UUID, asked_by: UUID, now: datetime) -> Erasure:
    """Somebody is to be erased; the same erasure where that was asked before.

    Raises PersonNotFound, also once they are erased, and LastNationalLead.
    """
    await people.lock(conn, person_id)
    known = await store.find_of_person(conn, person_id)
    if known is not None:
        return known
    await grants.check_may_be_without(conn, person_id, now=now)
    held = await membership_store.of_person(conn, person_id)
    today = clock.london_day(now)
    current = sorted((m for m in held if m.counts_on(today)), key=lambda m: (not m.main, m.since))
    home = await networks.at_path(conn, current[0].path if current else NATIONAL_PATH)
    erasure = Erasure(
        id=erasure_id,
        person_id=person_id,
        network_id=home.id,
        path=home.path,
        asked_at=now,
        asked_by=asked_by,
        state=ASKED,
        carried_out_at=None,
        told_at=None,
        version=0,
    )
    await store.add(conn, erasure)
    return erasure


async def carry_out_next(conn: Conn, cells: Mapping[str, Cell], *, now: datetime) -> Erasure | None:
    """Carry out whichever was asked for first; None where nothing waits.

    Where the nation would be without a lead by now, the erasure is refused, and may be asked for again.
    """
    erasure = await store.take_waiting(conn)
    if erasure is None:
        return None
    try:
        async with conn.transaction():
            return await carry_out(conn, erasure, cells, now=now)
    except LastNationalLead:
        refused = replace(erasure, state=REFUSED)
        await store.save(conn, refused)
        return refused


async def carry_out(
    conn: Conn, erasure: Erasure, cells: Mapping[str, Cell], *, now: datetime, version: int | None = None
) -> Erasure:
    """What is theirs ends, what is personal goes, and every cell is told. Again, it does what there is left to do.

    version: of this telling, where the next one is not high enough.
    """
    person_id = erasure.person_id
    await people.lock_many(conn, [person_id], admitted=person_id)
    await _end_what_goes_on(conn, person_id, now=now)
    await write_down(conn, person_id, at=now)
    await store.shut_out_imports(conn, erasure.id)
    await forget(conn, HELD, person_id)
    await store.mark_erased(conn, person_id, at=now)
    done = replace(
        erasure,
        state=CARRIED_OUT,
        carried_out_at=erasure.carried_out_at or now,
        told_at=now,
        version=version or erasure.version + 1,
    )
    await store.save(conn, done)
    await _tell(conn, done, cells.values())
    return done


async def learn(conn: Conn, told: Iterable[PersonErased]) -> int:
    """Enter what was told before a restore and the ledger does not know; returns how many those were."""
    home = await networks.at_path(conn, NATIONAL_PATH)
    learnt = 0
    for erased in told:
        if await store.find_of_person(conn, erased.person_id) is None:
            learnt += 1
            erasure = Erasure(
                id=erased.erasure_id,
                person_id=erased.person_id,
                network_id=home.id,
                path=home.path,
                asked_at=erased.at,
                asked_by=None,
                state=CARRIED_OUT,
                carried_out_at=erased.at,
                told_at=erased.at,
                version=erased.version,
            )
            await store.add(conn, erasure)
    return learnt


async def ledger(conn: Conn) -> list[UUID]:
    return await store.carried_out(conn)


async def carry_out_again(
    conn: Conn, erasure_id: UUID, cells: Mapping[str, Cell], *, told: Mapping[UUID, PersonErased], now: datetime
) -> Erasure:
    """After a restore: told anew, above every telling that anybody may have heard."""
    erasure = await store.lock(conn, erasure_id)
    heard = told.get(erasure.person_id)
    version = max(erasure.version, heard.version if heard else 0) + 1
    return await carry_out(conn, erasure, cells, now=now, version=version)


async def overdue(conn: Conn, cells: Mapping[str, Cell], *, now: datetime) -> list[Overdue]:
    """Erasures that should be over, the oldest first, at most a hundred."""
    late = await store.unanswered(conn, asked_before=now - OVERDUE, answers=len(SERVICES) * len(cells), most=100)
    receipts = await store.receipts(conn, [erasure.id for erasure in late])
    return [
        Overdue(
            erasure=erasure,
            awaited=[f"{service} in {cell}" for service, cell in missing(erasure, receipts[erasure.id], cells)[:5]],
        )
        for erasure in late
    ]


async def _end_what_goes_on(conn: Conn, person_id: UUID, *, now: datetime) -> None:
    """By the verbs that everybody uses, so that all who listen hear of it as ever."""
    for request_id in await store.pending_requests(conn, person_id):
        await joining.withdraw(conn, request_id, person_id=person_id, now=now)
    for agreement_id in await store.consents_given(conn, person_id):
        await consents.withdraw(conn, agreement_id, person_id=person_id, now=now)
    await grants.end_all(conn, person_id, now=now)
    await memberships.end_all(conn, person_id, now=now)


async def sweep(conn: Conn, cells: Mapping[str, Cell], *, now: datetime) -> int:
    """End the profiles of those who were erased a while ago once more; returns of how many."""
    people_ids = await store.take_unswept(conn, told_before=now - SWEPT_AFTER, at=now)
    await _end_profiles(conn, people_ids, cells.values())
    return len(people_ids)


async def _tell(conn: Conn, erasure: Erasure, cells: Iterable[Cell]) -> None:
    """Once on every cell."""
    everywhere = list(cells)
    await _end_profiles(conn, [erasure.person_id], everywhere)
    assert erasure.carried_out_at is not None
    said = PersonErased(
        version=erasure.version, erasure_id=erasure.id, person_id=erasure.person_id, at=erasure.carried_out_at
    )
    await publish_all(conn, [Outgoing(said, Origin(cell.name, cell.root)) for cell in everywhere])


async def _end_profiles(conn: Conn, ids: Sequence[UUID], cells: Iterable[Cell]) -> None:
    """A tombstone wherever a profile may ever have stood."""
    everywhere = [cell.name for cell in cells]
    versions = await profile_store.next_versions(conn, ids)
    await announce_profiles(conn, Profile, [ProfileDue(one, versions.get(one, 1), everywhere) for one in ids])
