"""Who may register: members whom the event's rule admits on its day; everybody else is told why not."""

from typing import Any

import pytest
from events_house import NATIONAL, RRK, RWP, House, network_id, problem, thing

RULE = {"networks": [str(network_id(RWP))], "sectors": ["acute"], "job_roles": ["service-manager"]}


@pytest.mark.parametrize(
    ("path", "described", "reason", "because"),
    [
        (None, {}, "no-member", "you are not a member on that day"),
        (RRK, {}, "other-network", "it is open to members of other networks"),
        (RWP, {"sector": "ambulance"}, "other-sector", "it is open to other sectors"),
        (RWP, {"job_role": "director"}, "other-job-role", "it is open to other job roles"),
    ],
)
async def test_who_may_not_come_is_told_why(
    house: House, path: str | None, described: dict[str, Any], reason: str, because: str
) -> None:
    event = await house.published(await house.organiser(), rule=RULE)
    person = await house.directory.person(*([path] if path else []), **described)
    before = await house.state()

    answer = await house.register(event, person)

    assert problem(answer) == (403, "not-eligible", f'You cannot register for "Winter masterclass": {because}.')
    assert (thing(answer)["reason"], thing(answer)["because"]) == (reason, because)
    assert await house.state() == before


async def test_a_membership_above_does_not_admit_below_and_one_below_admits_above(house: House) -> None:
    organiser = await house.organiser(NATIONAL)
    of_rwp, of_all = (
        await house.published(organiser, rule={"networks": [str(network_id(RWP))]}),
        await house.published(organiser),
    )
    at_region, at_trust = await house.member("national.midlands"), await house.member(RWP)

    assert (await house.register(of_rwp, at_region)).status_code == 403
    assert (await house.register(of_all, at_trust)).status_code == 201


async def test_a_membership_that_ended_admits_nobody(house: House) -> None:
    event = await house.published(await house.organiser())
    person = await house.directory.person()
    membership = await house.directory.membership(person.person_id, RWP)
    await house.end_membership(membership, person.person_id)

    assert thing(await house.register(event, person))["reason"] == "no-member"


async def test_somebody_who_has_not_joined_is_told_to(house: House) -> None:
    event = await house.published(await house.organiser())
    before = await house.state()

    answer = await house.http.post(f"{event['url']}/registrations", headers=house.directory.issuer.bearer("nobody-yet"))

    assert problem(answer)[:2] == (403, "not-linked")
    assert await house.state() == before
