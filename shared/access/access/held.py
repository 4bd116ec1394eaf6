"""What every service holds of persons beside its own tables, and the two routes that show all of it."""

from collections.abc import Sequence
from uuid import UUID

from fastapi import APIRouter
from fastapi.params import Depends

from access import directory
from access.guard import Caller, Db, Place, may
from access.policy import above_all
from servicekit.cells import NATIONAL
from servicekit.subjects import RUNTIME, HeldRow, Holding, Subject, blanks, deletes, held, keeps
from servicekit.web.paging import Page, Paged, Paging

PSEUDONYMOUS = "a fact under a pseudonym, without which reports of the past would change"

HELD: list[Holding] = [
    Holding(
        "servicekit.idempotency_keys",  # before the identities, by which one's own are found
        deletes(),
        about="""
        caller IN (SELECT i.subject_hash FROM access_identities i WHERE i.person_id = $1::uuid)
        OR position(convert_to($1::uuid::text, 'UTF8') IN body) > 0 AND route NOT LIKE '%/erasure'
        """,
        hidden="Answers that were given already, for two days, in case they are asked for again.",
    ),
    Holding("access_identities", deletes()),
    Holding("access_memberships", keeps(PSEUDONYMOUS)),
    Holding(
        "access_descriptions",
        keeps(PSEUDONYMOUS),
        about="membership_id IN (SELECT m.membership_id FROM access_memberships m WHERE m.person_id = $1::uuid)",
    ),
    Holding("access_grants", deletes()),
    Holding("access_grants_seen", keeps("the version of what was held, so that nothing older is believed")),
    *RUNTIME,
]
"""What the runtime and access hold in every service's database; a service adds its own tables."""


async def _oneself(caller: Caller) -> Place:
    return Place(NATIONAL, owner=caller.person_id)


async def _above_all_of_theirs(person_id: UUID, db: Db) -> Place:
    """The network above all that they belong or belonged to, since what is shown tells of all of them."""
    async with db.reading(Subject(person_id)) as conn:
        known = (await directory.memberships_of(conn, [person_id])).get(person_id, [])
    return Place(above_all([membership.path for membership in known]), owner=person_id)


def routes(
    holdings: Sequence[Holding], *, own: str, of_person: str, tag: str, dependencies: Sequence[Depends] = ()
) -> APIRouter:
    """`GET own` for oneself and `GET of_person` (with `{person_id}` in it) for privacy officers.

    dependencies: what the service's other routes need beside the rule, such as that it serves the cell.
    """
    router = APIRouter(tags=[tag], dependencies=list(dependencies))

    async def page(db: Db, person_id: UUID, paging: Paging) -> Page[HeldRow]:
        async with db.reading(Subject(person_id)) as conn:
            rows = await held(conn, holdings, person_id, after=paging.after, limit=paging.limit + 1)
        positions = {id(row): position for position, row in rows}
        return paging.page([row for _, row in rows], lambda row: positions[id(row)])

    @router.get(own, dependencies=[may("read-held", at=_oneself)])
    async def read_own(db: Db, caller: Caller, paging: Paged) -> Page[HeldRow]:
        """Everything that is held here about oneself, table by table, with how sensitive it is."""
        assert caller.person_id is not None, "the rule lets only linked persons pass"
        return await page(db, caller.person_id, paging)

    @router.get(of_person, dependencies=[may("read-held", at=_above_all_of_theirs)])
    async def read_of_person(person_id: UUID, db: Db, paging: Paged) -> Page[HeldRow]:
        """The same about somebody, for privacy officers. Errors: 404 out of scope."""
        return await page(db, person_id, paging)

    return router


__all__ = ["HELD", "PSEUDONYMOUS", "blanks", "deletes", "keeps", "routes"]
