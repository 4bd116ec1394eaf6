"""The first national lead, without whom nobody could be given anything; refused once there is one."""

import asyncio
import sys
from datetime import datetime
from typing import Annotated

from typer import Option

from membership_contracts import subject_hash
from membership_service.grants import actions as grants
from membership_service.grants import store as grant_store
from membership_service.grants.model import LEAD, Grant
from membership_service.identities import actions as identities
from membership_service.networks import actions as networks
from membership_service.people import actions as people
from membership_service.people import store as person_store
from membership_service.people.model import checked_address
from membership_service.settings import MembershipSettings
from servicekit import clock
from servicekit.database import Conn, Database
from servicekit.ids import new_id
from servicekit.problem import Conflict, Problem


class AlreadyLed(Conflict):
    code = "already-led"
    title = "There is a national lead already"


async def first_national_lead(
    conn: Conn, *, issuer: str, subject: str, email: str, given_name: str, family_name: str, now: datetime
) -> Grant:
    """Found the national network where it is missing, and make somebody its lead. Raises AlreadyLed."""
    today = clock.london_day(now)
    root = await networks.found_national(conn, today=today)
    if await grant_store.a_lead_at(conn, root.id, at=now):
        raise AlreadyLed("There is a national lead already: whoever that is gives all other grants.")
    if await person_store.find_by_address(conn, checked_address(email)) is None:
        await people.register(
            conn, new_id(), given_name=given_name, family_name=family_name, email=email, at=now, today=today
        )
    person = await identities.link(
        conn, issuer=issuer, subject_hash=subject_hash(issuer, subject), address=checked_address(email), at=now
    )
    return await grants.give(
        conn,
        new_id(),
        giver=None,
        person_id=person.id,
        network_id=root.id,
        role=LEAD,
        starts_at=now,
        ends_at=None,
        now=now,
    )


def command(
    issuer: Annotated[str, Option(help="The sign-in service's address, as its tokens say it.")],
    subject: Annotated[str, Option(help="Who that is at the sign-in service (`sub`).")],
    email: Annotated[str, Option(help="An address of their own.")],
    given_name: Annotated[str, Option()],
    family_name: Annotated[str, Option()],
) -> None:
    """Make somebody the first national lead; refused once there is one."""

    async def run() -> Grant:
        db = await Database.open(MembershipSettings().worker_database_url, size=1, application_name="bootstrap")
        try:
            async with db.transaction() as conn:
                return await first_national_lead(
                    conn,
                    issuer=issuer,
                    subject=subject,
                    email=email,
                    given_name=given_name,
                    family_name=family_name,
                    now=clock.now(),
                )
        finally:
            await db.close()

    try:
        grant = asyncio.run(run())
    except Problem as refusal:
        sys.exit(f"{refusal.title}. {refusal.detail}")
    print(f"{given_name} {family_name} is the first national lead: person {grant.person_id}")
