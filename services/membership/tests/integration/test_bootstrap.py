"""The first national lead: made once, with the national network where it is missing."""

import asyncio
import os
import sys

import pytest
from membership_house import House

from membership_service import bootstrap
from membership_service.grants.model import Grant
from membership_service.networks.model import network_id
from servicekit import clock


async def lead(house: House, subject: str = "nadia", email: str = "nadia.rahman@guildhall.example") -> Grant:
    async with house.worker.transaction() as conn:
        return await bootstrap.first_national_lead(
            conn,
            issuer=house.issuer.url,
            subject=subject,
            email=email,
            given_name="Nadia",
            family_name="Rahman",
            now=clock.now(),
        )


async def test_it_founds_registers_links_and_grants(empty_house: House) -> None:
    grant = await lead(empty_house)

    assert (grant.role, grant.network_id) == ("lead", network_id("national"))
    told = [(signal["type"], signal["topic"]) for signal in await empty_house.published()]
    assert told == [
        ("network-founded", "national.membership"),
        ("profile", "national.membership.profiles"),
        ("identity-linked", "national.membership"),
        ("grants-held", "national.membership.grants"),
    ]
    await empty_house.settle()
    me = await empty_house.http.get("/api/v1/me", headers=empty_house.issuer.bearer("nadia"))
    assert me.json()["grants"][0]["path"] == "national"


async def test_it_is_refused_once_there_is_one(empty_house: House) -> None:
    await lead(empty_house)
    said = await empty_house.count_published()

    with pytest.raises(bootstrap.AlreadyLed):
        await lead(empty_house, subject="mallory", email="mallory@guildhall.example")

    assert await empty_house.count_published() == said
    async with empty_house.worker.reading() as conn:
        assert await conn.fetchval("SELECT count(*) FROM people") == 1


async def test_two_at_once_make_one(empty_house: House) -> None:
    outcomes = await asyncio.gather(
        lead(empty_house),
        lead(empty_house, subject="mallory", email="mallory@guildhall.example"),
        return_exceptions=True,
    )

    assert sum(isinstance(outcome, bootstrap.AlreadyLed) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, Grant) for outcome in outcomes) == 1


async def test_somebody_registered_already_is_linked_and_made_lead(house: House) -> None:
    person = await house.guest(email="nadia.rahman@guildhall.example")

    assert (await lead(house)).person_id == person.id


async def test_at_the_console_it_says_who_leads_or_why_not(empty_house: House) -> None:
    environment = os.environ | {
        "SERVICE_PROFILE": "local",
        "WORKER_DATABASE_URL": empty_house.database.worker,
    }

    async def run() -> tuple[int | None, str]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "membership_service", "bootstrap", "--issuer", "http://127.0.0.1:7401"),
            *("--subject", "nadia", "--email", "nadia.rahman@guildhall.example"),
            *("--given-name", "Nadia", "--family-name", "Rahman"),
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        return process.returncode, output.decode()

    first, second = await run(), await run()

    assert first[0] == 0, first[1]
    assert "Nadia Rahman is the first national lead" in first[1]
    assert second == (
        1,
        "There is a national lead already. There is a national lead already: whoever that is gives all other grants.\n",
    )
