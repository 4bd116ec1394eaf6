"""Good rows become members, many at once; an import begins memberships, and never changes one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from membership_contracts import MembershipStarted
from membership_service.history import store as history
from membership_service.history.model import STARTED, Step
from membership_service.imports import store
from membership_service.imports.model import Refusal, RowRefused
from membership_service.imports.people_file import Candidate
from membership_service.memberships import store as memberships
from membership_service.memberships.actions import state
from membership_service.memberships.model import Description, Membership, is_main
from membership_service.organisations import store as organisations
from membership_service.people import profiles
from membership_service.people.model import Person
from servicekit import clock
from servicekit.database import Conn
from servicekit.envelope import Origin
from servicekit.outbox import Outgoing, publish_all


@dataclass(slots=True)
class Outcome:
    """What became of some good rows."""

    imported: int = 0
    unchanged: int = 0
    refused: list[Refusal] = field(default_factory=list)


async def import_people(
    conn: Conn, candidates: Sequence[Candidate], *, dry_run: bool, now: datetime, draw_id: Callable[[], UUID]
) -> Outcome:
    """Begin the memberships of these rows. dry_run: say what would happen, and write nothing."""
    people = await _people(conn, candidates, dry_run=dry_run, now=now, draw_id=draw_id)
    held = await memberships.of_people(conn, [person.id for person in people.values()])
    outcome, begun, joined = Outcome(), [], []
    for candidate in candidates:
        try:
            person = _still_there(people, candidate)
            membership = _judge(candidate, person, held.get(person.id, []), draw_id())
        except RowRefused as refusal:
            outcome.refused.append(refusal.at(candidate.row))
            continue
        if membership is None:
            outcome.unchanged += 1
        else:
            begun.append(membership)
            joined.append(candidate.organisation)
    outcome.imported = len(begun)
    if begun and not dry_run:
        await organisations.save_new(conn, [one for one in joined if one.ods_code is None])
        await memberships.add_many(conn, begun)
        await history.add_many(conn, [_started(m, now) for m in begun])
        await publish_all(conn, [Outgoing(state(MembershipStarted, m), Origin(m.cell, m.path)) for m in begun])
        await profiles.announce(conn, [m.person_id for m in begun], today=clock.london_day(now), changed=False)
    return outcome


async def _people(
    conn: Conn, candidates: Sequence[Candidate], *, dry_run: bool, now: datetime, draw_id: Callable[[], UUID]
) -> dict[str, Person]:
    """Whoever has these addresses, registered where nobody has; held, unless nothing will be written."""
    addresses = [candidate.email for candidate in candidates]
    if dry_run:
        known = await store.find_by_address(conn, addresses)
        return _new_people(candidates, known, draw_id) | known
    known = await store.lock_by_address(conn, addresses)
    unknown = [address for address in addresses if address.casefold() not in known]
    gone = await store.erased_meanwhile(conn, unknown)
    new = _new_people([one for one in candidates if one.email.casefold() not in gone], known, draw_id)
    added = await store.add_people(conn, list(new.values()), at=now)
    overtaken = [person.email for person in new.values() if person.id not in added]
    meanwhile = await store.lock_by_address(conn, overtaken) if overtaken else {}
    return known | new | meanwhile


def _still_there(people: dict[str, Person], candidate: Candidate) -> Person:
    """Raises RowRefused, without saying whom it is about."""
    person = people.get(candidate.email.casefold())
    if person is None:
        expected = "nobody who was erased while this import went on: ask them before they are imported again"
        raise RowRefused("email", "", expected, kind="erased-meanwhile")
    return person


def _new_people(
    candidates: Sequence[Candidate], known: dict[str, Person], draw_id: Callable[[], UUID]
) -> dict[str, Person]:
    return {
        candidate.email.casefold(): Person(
            id=draw_id(),
            given_name=candidate.given_name,
            family_name=candidate.family_name,
            email=candidate.email,
        )
        for candidate in candidates
        if candidate.email.casefold() not in known
    }


def _judge(candidate: Candidate, person: Person, held: Sequence[Membership], new_id: UUID) -> Membership | None:
    """The membership that begins; None where it is there already. Raises RowRefused."""
    if _name(person.given_name, person.family_name) != _name(candidate.given_name, candidate.family_name):
        expected = "an address of their own: it is registered for somebody of another name"
        raise RowRefused("email", candidate.email, expected, kind="email-in-use")
    for membership in held:
        if membership.network_id == candidate.network.id and membership.since == candidate.started:
            _check_same(candidate, membership)
            return None
    for membership in held:
        if membership.overlaps(candidate.started, None):
            where = "there" if membership.network_id == candidate.network.id else f"at {membership.path}"
            expected = f"nobody who is a member {where} since {membership.since}: end or move that membership instead"
            raise RowRefused("organisation", candidate.network.name, expected, kind="already-member")
    return Membership(
        id=new_id,
        person_id=person.id,
        network_id=candidate.network.id,
        path=candidate.network.path,
        cell=candidate.network.cell,
        organisation_id=candidate.organisation.id,
        organisation_code=candidate.organisation.ods_code,
        main=is_main(held, candidate.started, None),
        since=candidate.started,
        description=Description(job_role=candidate.job_role, sector=candidate.sector, described_from=candidate.started),
    )


def _started(membership: Membership, at: datetime) -> Step:
    return Step(
        person_id=membership.person_id,
        network_id=membership.network_id,
        membership_id=membership.id,
        what=STARTED,
        day=membership.since,
        at=at,
        acted_by=None,
    )


def _check_same(candidate: Candidate, membership: Membership) -> None:
    """The same person, network and first day: the rest must be the same too."""
    for column, wanted, there in (
        ("job_role", candidate.job_role, membership.description.job_role),
        ("sector", candidate.sector, membership.description.sector),
    ):
        if wanted != there:
            expected = f"{there or 'nothing'}, as it stands there: an import changes no membership"
            raise RowRefused(column, wanted or "", expected, kind="described-otherwise")


def _name(given: str, family: str) -> str:
    return f"{given} {family}".casefold()
