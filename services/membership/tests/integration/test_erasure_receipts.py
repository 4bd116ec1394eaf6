"""An erasure is over when every service has answered for every cell, and who has not is seen by who must know."""

from datetime import timedelta
from uuid import UUID

import pytest
from erased_people import answer, asked_for, carry_out_all
from membership_house import House

from membership_service.erasures import actions
from membership_service.networks.model import network_id
from servicekit import clock

OWN = "/api/v1/me/erasure"
ERASURES = "/api/v1/erasures"


async def erased(house: House, code: str = "RWP") -> UUID:
    ada = await house.sign_in((await house.member(code))[0])
    erasure_id = asked_for(await house.http.post(OWN, headers=ada.bearer))
    await carry_out_all(house)
    return erasure_id


async def test_an_officer_sees_who_has_answered_and_since_when_the_others_are_awaited(house: House) -> None:
    officer = await house.lead("national", role="privacy-officer")
    erasure_id = await erased(house)
    silent = ("analytics", "midlands")

    await answer(house, erasure_id, but=[silent])
    seen = (await house.http.get(f"{ERASURES}/{erasure_id}", headers=officer.bearer)).json()
    await answer(house, erasure_id)
    after = (await house.http.get(f"{ERASURES}/{erasure_id}", headers=officer.bearer)).json()

    assert [(one["service"], one["cell"]) for one in seen["missing"]] == [silent]
    assert seen["missing"][0]["since"] == seen["carried_out_at"]
    assert len(seen["receipts"]) == 3 * len(house.cells.all) - 1
    assert after["missing"] == []


async def test_an_answer_to_an_earlier_telling_answers_nothing(house: House) -> None:
    officer = await house.lead("national", role="privacy-officer")
    erasure_id = await erased(house)
    await answer(house, erasure_id)

    async with house.worker.transaction() as conn:
        await actions.carry_out_again(conn, erasure_id, house.cells.all, told={}, now=clock.now())
    told_again = (await house.http.get(f"{ERASURES}/{erasure_id}", headers=officer.bearer)).json()
    await answer(house, erasure_id, version=2)
    answered_again = (await house.http.get(f"{ERASURES}/{erasure_id}", headers=officer.bearer)).json()

    assert told_again["receipts"] == []
    assert len(told_again["missing"]) == 3 * len(house.cells.all)
    assert answered_again["missing"] == []


async def test_the_list_is_paged_and_ends_where_the_officers_networks_end(house: House) -> None:
    officer = await house.lead("Y60", role="privacy-officer")
    near = [await erased(house), await erased(house)]
    await erased(house, "RGT")
    address = f"{ERASURES}?network={network_id('Y60')}&limit=1"

    first = (await house.http.get(address, headers=officer.bearer)).json()
    second = (await house.http.get(f"{address}&cursor={first['next']}", headers=officer.bearer)).json()

    assert [one["id"] for one in [*first["items"], *second["items"]]] == [str(one) for one in reversed(near)]
    assert second["next"] is None


@pytest.mark.parametrize("role", ["lead", "analyst"])
async def test_no_other_role_reads_the_ledger(house: House, role: str) -> None:
    holder = await house.lead("national", role=role)
    erasure_id = await erased(house)

    one = await house.http.get(f"{ERASURES}/{erasure_id}", headers=holder.bearer)
    several = await house.http.get(f"{ERASURES}?network={network_id('national')}", headers=holder.bearer)

    assert (one.status_code, several.status_code) == (403, 403)


async def test_an_erasure_elsewhere_and_one_that_there_is_not_look_alike(house: House) -> None:
    officer = await house.lead("Y60", role="privacy-officer")
    far = await erased(house, "RGT")

    answers = [
        await house.http.get(f"{ERASURES}/{one}", headers=officer.bearer) for one in (far, network_id("nothing"))
    ]

    assert [(one.status_code, one.json()["code"]) for one in answers] == [(404, "not-found")] * 2


async def test_what_is_late_is_counted_with_who_is_awaited(house: House) -> None:
    erasure_id = await erased(house)
    await answer(house, erasure_id, but=[("events", "london")])
    soon, later = clock.now() + timedelta(minutes=14), clock.now() + timedelta(minutes=16)

    async with house.worker.reading() as conn:
        at_first = await actions.overdue(conn, house.cells.all, now=soon)
        then = await actions.overdue(conn, house.cells.all, now=later)
    await answer(house, erasure_id)
    async with house.worker.reading() as conn:
        over = await actions.overdue(conn, house.cells.all, now=later)

    assert at_first == []
    assert [(one.erasure.id, one.awaited) for one in then] == [(erasure_id, ["events in london"])]
    assert over == []


async def test_what_nobody_carried_out_is_late_as_well(house: House) -> None:
    ada = await house.sign_in((await house.member("RWP"))[0])
    erasure_id = asked_for(await house.http.post(OWN, headers=ada.bearer))

    async with house.worker.reading() as conn:
        late = await actions.overdue(conn, house.cells.all, now=clock.now() + timedelta(minutes=16))

    assert [(one.erasure.id, one.erasure.state) for one in late] == [(erasure_id, "asked")]
