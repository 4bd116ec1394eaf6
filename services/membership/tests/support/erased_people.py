"""Somebody with a canary in every personal field of membership, and a look into every table for it."""

from collections.abc import Container
from typing import Any
from uuid import UUID

from joiners import address_of, ask, invite, set_policy
from membership_house import House
from people_files import file, row

import analytics_contracts as analytics
import events_contracts as events
import notifications_contracts as notifications
from access.testing import Somebody
from membership_service.consumers import CONSUMERS
from membership_service.erasures import actions
from membership_service.erasures.model import Erasure
from membership_service.people import store as people
from servicekit import clock
from servicekit.consumers.apply import Applier
from servicekit.consumers.delivery import Record
from servicekit.envelope import Origin, encode
from servicekit.ids import new_id
from servicekit.testing.canaries import found_in_tables

CANARY = "Zyxwvcanary"
ADDRESS = "zyxwvcanary@rwp.example"


async def found_in(house: House, *canaries: str) -> set[str]:
    """Tables of the database in which a canary stands, whatever row-level security would say."""
    return set(await found_in_tables(house.database.admin, *(canaries or (CANARY, ADDRESS))))


async def answer(house: House, erasure_id: UUID, *, version: int = 1, but: Container[tuple[str, str]] = ()) -> None:
    """What the other services say once they have erased; but: (service, cell) of those who say nothing."""
    consumer = next(one for one in CONSUMERS if one.name == "receipts")
    said = [
        (kind.service(), cell, kind(version=version, erasure_id=erasure_id, at=clock.now()))
        for kind in (events.ErasureCarriedOut, notifications.ErasureCarriedOut, analytics.ErasureCarriedOut)
        for cell in house.cells.all.values()
        if (kind.service(), cell.name) not in but
    ]
    for number, (service, cell, receipt) in enumerate(said):
        value = encode(receipt, id=new_id(), time=clock.now(), origin=Origin(cell.name, cell.root))
        record = Record(
            topic=f"{cell.name}.{service}",
            partition=0,
            offset=version * 1000 + number,
            key=receipt.key,
            value=value,
            headers={},
            timestamp=0,
        )
        await Applier(consumer=consumer, db=house.worker, epoch=1).apply([record])


async def carry_out_all(house: House) -> list[Erasure]:
    """As `work` does."""
    done = []
    while True:
        async with house.worker.transaction() as conn:
            erasure = await actions.carry_out_next(conn, house.cells.all, now=clock.now())
        if erasure is None:
            await house.settle()
            return done
        done.append(erasure)


async def somebody_everywhere(house: House, lead: Somebody) -> Somebody:
    """A member by ordinary use, with a canary wherever somebody may say something about themselves or about them."""
    person = await house.http.post(
        "/api/v1/people",
        headers=lead.bearer | {"Idempotency-Key": "registered-by-the-lead"},
        json={"given_name": CANARY, "family_name": f"{CANARY}son", "email": ADDRESS},
    )
    assert person.status_code == 201, person.text
    async with house.worker.reading() as conn:
        known = await people.get(conn, UUID(person.json()["id"]))
    await house.begin(known, "RWP")
    found = await house.sign_in(known)
    await house.give(found.person_id, "organiser", "RWP")
    await _choose_and_ask(house, lead, found)
    await _be_named_in_imports(house)
    await house.settle()
    return found


async def _choose_and_ask(house: House, lead: Somebody, who: Somebody) -> None:
    await set_policy(house, lead, "Y61", "by-approval")
    asked = await ask(
        house,
        who.bearer | {"Idempotency-Key": "asked-to-join"},
        "Y61",
        reason=f"because of {CANARY}",
        organisation=f"{CANARY} Ltd",
    )
    assert asked.status_code in (200, 201, 202), asked.text
    decided = await house.http.post(
        f"{address_of('Y61')}/join-requests/{asked.json()['id']}/refuse",
        headers=lead.bearer,
        json={"reason": f"nobody named {CANARY} here"},
    )
    assert decided.status_code == 200, decided.text
    await invite(house, lead, "RWP", email=ADDRESS)
    chosen = await house.http.put(
        "/api/v1/me/directory", headers=who.bearer | {"If-Match": '"0"'}, json={"shown": "name-only"}
    )
    assert chosen.status_code == 200, chosen.text


async def _be_named_in_imports(house: House) -> None:
    """A report that refuses a row of theirs, since another name stands beside their address."""
    job = await house.import_file("people", file(row(email=ADDRESS)))
    assert any(refusal["value"] == ADDRESS for refusal in job["report"]["refusals"]), job


def asked_for(answer: Any) -> UUID:
    assert answer.status_code == 202, answer.text
    return UUID(answer.json()["id"])
