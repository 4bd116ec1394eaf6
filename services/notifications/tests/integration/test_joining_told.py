"""Those who decide hear that somebody asks to join, and whoever asked hears what was decided; each once."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from notifications_house import House, address_of, network_id

from membership_contracts import JoinDecided, JoinRequested
from servicekit.ids import new_id

RWP = "national.midlands.rwp"


def a_request(person_id: UUID, at: str = RWP, **given: Any) -> JoinRequested:
    return JoinRequested(**state(person_id, at) | given)


def a_decision(person_id: UUID, outcome: str, at: str = RWP, **given: Any) -> JoinDecided:
    decided = {"version": 2, "state": outcome, "decided_at": datetime(2026, 11, 21, tzinfo=UTC)}
    return JoinDecided(**state(person_id, at) | decided | given)


def state(person_id: UUID, at: str) -> dict[str, Any]:
    return {
        "version": 1,
        "request_id": new_id(),
        "person_id": person_id,
        "network_id": network_id(at),
        "state": "pending",
        "by": "approval",
        "requested_at": datetime(2026, 11, 20, tzinfo=UTC),
    }


async def test_the_networks_leads_are_told_and_nobody_else(house: House) -> None:
    leads = [(await house.directory.lead(RWP)).person_id for _ in range(2)]
    await house.directory.lead("national.midlands")
    await house.directory.lead(RWP, role="organiser")
    await house.person(RWP)
    await house.profile(leads[0], address_of(leads[0]))

    await house.hear(a_request(new_id()), RWP)
    await house.send_all()

    rows = await house.rows(kind="join-requested", channel="in-app")
    assert sorted(row["person_id"] for row in rows) == sorted(leads)
    (mail,) = house.mail.accepted
    assert mail.subject == "Somebody asks to join Rwp"
    assert f"/api/v1/networks/{network_id(RWP)}/join-requests" in mail.part("plain")
    assert "List-Unsubscribe" not in mail.mail


async def test_where_the_network_has_no_lead_those_above_decide(house: House) -> None:
    above = await house.directory.lead("national.midlands")
    await house.directory.lead("national")

    await house.hear(a_request(new_id()), RWP)

    rows = await house.rows(kind="join-requested", channel="in-app")
    assert [row["person_id"] for row in rows] == [above.person_id]


async def test_a_request_that_is_delivered_again_tells_no_lead_who_came_later(house: House) -> None:
    await house.directory.lead(RWP)
    request = a_request(new_id())
    await house.hear(request, RWP)

    await house.directory.lead(RWP)
    again = house.log[-1]
    async with house.worker.transaction() as conn:
        await conn.execute("DELETE FROM servicekit.inbox")
    await house.arrive(again)

    assert len(await house.rows(kind="join-requested", channel="in-app")) == 1


@pytest.mark.parametrize(
    ("outcome", "subject"),
    [("approved", "You are now a member of Rwp"), ("refused", "Your request to join Rwp")],
)
async def test_the_applicant_is_told_of_the_decision(house: House, outcome: str, subject: str) -> None:
    applicant = await house.person("national.midlands")

    await house.hear(a_decision(applicant, outcome), RWP)
    await house.send_all()

    (mail,) = house.mail.to(address_of(applicant))
    assert mail.subject == subject
    assert {row["kind"] for row in await house.rows()} == {f"join-{outcome}"}


async def test_whoever_withdrew_knows(house: House) -> None:
    await house.hear(a_decision(await house.person("national.midlands"), "withdrawn"), RWP)

    assert await house.rows() == []


async def test_whoever_is_refused_and_has_no_address_here_reads_it_and_nothing_waits(house: House) -> None:
    applicant = await house.directory.person()

    await house.hear(a_decision(applicant.person_id, "refused"), RWP)

    assert {row["channel"]: (row["state"], row["failure"]) for row in await house.rows()} == {
        "in-app": ("shown", None),
        "email": ("suppressed", "no address"),
    }
    listed = await house.http.get("/api/v1/cells/midlands/notifications", headers=applicant.bearer)
    (item,) = listed.json()["items"]
    assert item["title"] == "Your request to join Rwp"


async def test_whoever_is_let_in_is_mailed_once_the_address_arrives(house: House) -> None:
    applicant = new_id()
    await house.hear(a_decision(applicant, "approved"), RWP)
    before = [row["state"] for row in await house.rows(channel="email")]

    await house.profile(applicant, address_of(applicant), at="national.midlands")
    await house.look()
    await house.send_all()

    assert before == ["waiting-for-address"]
    assert [mail.to for mail in house.mail.accepted] == [address_of(applicant)]
