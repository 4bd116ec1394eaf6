"""A restored database holds whoever was erased after its backup: the ledger is replayed before it serves."""

from datetime import timedelta
from uuid import UUID

import pytest
from erased_people import asked_for, carry_out_all, found_in, somebody_everywhere
from membership_house import House

from access.testing import Somebody
from membership_contracts import PersonErased
from membership_service.erasures import command
from membership_service.erasures.command import BrokerAway, Replayed, replay_all
from servicekit import clock
from servicekit.ids import new_id

OWN = "/api/v1/me/erasure"


def told_of(who: Somebody, *, version: int = 1) -> dict[UUID, PersonErased]:
    """As the topics say it, which no restore takes back."""
    said = PersonErased(
        version=version, erasure_id=new_id(), person_id=who.person_id, at=clock.now() - timedelta(days=1)
    )
    return {who.person_id: said}


async def test_who_was_erased_after_the_backup_is_erased_again(house: House) -> None:
    ada = await somebody_everywhere(house, await house.lead("national"))
    told = told_of(ada, version=3)
    before = await found_in(house)

    done = await replay_all(house.worker, house.cells, told, now=clock.now())
    await house.settle()

    assert before
    assert done == Replayed(erased_again=1, learnt=1)
    assert await found_in(house) == set()
    again = await house.published("person-erased")
    assert {one["data"]["version"] for one in again} == {4}
    assert {one["data"]["erasure_id"] for one in again} == {str(told[ada.person_id].erasure_id)}
    assert (await house.http.get("/api/v1/me", headers=ada.bearer)).status_code == 403


async def test_without_a_replay_a_restored_backup_shows_whom_it_held(house: House) -> None:
    ada = await somebody_everywhere(house, await house.lead("national"))

    assert await found_in(house)
    assert (await house.http.get("/api/v1/me", headers=ada.bearer)).status_code == 200


async def test_replaying_twice_changes_nothing_but_the_telling(house: House) -> None:
    ada = await somebody_everywhere(house, await house.lead("national"))
    asked_for(await house.http.post(OWN, headers=ada.bearer))
    await carry_out_all(house)

    first = await replay_all(house.worker, house.cells, {}, now=clock.now())
    second = await replay_all(house.worker, house.cells, {}, now=clock.now())

    assert first == second == Replayed(erased_again=1, learnt=0)
    versions = [one["data"]["version"] for one in await house.published("person-erased")]
    assert sorted(set(versions)) == [1, 2, 3]
    assert await found_in(house) == set()


async def test_whoever_the_backup_never_knew_is_told_of_all_the_same(house: House) -> None:
    stranger = Somebody(new_id(), "a stranger", {})

    done = await replay_all(house.worker, house.cells, told_of(stranger), now=clock.now())

    assert done == Replayed(erased_again=1, learnt=1)
    assert len(await house.published("person-erased")) == len(house.cells.all)


async def test_without_the_broker_it_refuses_in_words(house: House) -> None:
    with pytest.raises(BrokerAway, match="only it knows who was erased since the backup"):
        await command.told("127.0.0.1:9", house.cells)
