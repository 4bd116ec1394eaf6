"""Changes of networks beside one another: each once, whoever comes in between, and nothing half done."""

import asyncio
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from membership_house import House
from network_changes import carry_out_due, edited, etr, held, network

from membership_service.changes import carrying_out, store
from membership_service.changes.carrying_out import Hour, Overtaken
from membership_service.changes.loop import changes_that_are_due
from membership_service.changes.model import Change
from membership_service.networks import store as networks
from membership_service.networks.model import NetworkNotOpen
from membership_service.people.model import Person
from servicekit import clock
from servicekit.database import Conn
from servicekit.ids import new_id
from servicekit.process import Work
from servicekit.testing import eventually

TODAY = clock.today()
RWP = "RWP,Worcestershire Acute Hospitals NHS Trust,acute,Y60,QGH,2000-04-01,,,open"


async def changes_in(house: House, state: str) -> list[Change]:
    async with house.worker.reading() as conn:
        return await store.in_state(conn, [state])


async def test_two_workers_carry_a_change_out_once(house: House, tmp_path: Path) -> None:
    person, _ = await house.member("RWP")
    edited(house, tmp_path, (RWP, RWP.replace(",,,open", f",{TODAY},R1A,closed")))
    await house.import_file("networks", etr(house))

    first, second = await asyncio.gather(carry_out_due(house), carry_out_due(house))

    assert len(first) + len(second) == 1
    assert len(await held(house, person.id)) == 2
    assert len(await house.published("network-closed")) == 1


async def test_without_taking_turns_the_second_worker_calls_a_change_failed_that_was_carried_out(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the test above sees is the turns' doing."""
    await house.member("RWP")
    edited(house, tmp_path, (RWP, RWP.replace(",,,open", f",{TODAY},R1A,closed")))
    await house.import_file("networks", etr(house))
    [pending] = await changes_in(house, "pending")

    async def nobody_waits(conn: Conn) -> None:
        """Foundings and changes side by side."""

    async def not_held(conn: Conn, *, on: date) -> Change | None:
        return pending

    monkeypatch.setattr(networks, "hold_founding", nobody_waits)
    monkeypatch.setattr(store, "next_due", not_held)
    async with house.worker.transaction() as first, house.worker.transaction() as second:
        await carrying_out.next_due(first, Hour(now=clock.now(), draw_id=new_id))
        late = asyncio.create_task(carrying_out.next_due(second, Hour(now=clock.now(), draw_id=new_id)))
        await first.execute("COMMIT")
        await first.execute("BEGIN")
        done = await late

    assert done is not None
    assert (done.state, done.why) == (
        "failed",
        f"{(await network(house, 'RWP')).name} has its last day already: {TODAY}.",
    )


class Meanwhile:
    """Somebody who becomes a member just when those concerned have been counted."""

    def __init__(self, house: House, person: Person) -> None:
        self._house, self._person, self._lock_people = house, person, store.lock_people
        self._done = False

    async def lock_people(self, conn: Conn, network_id: UUID, *, beyond: date, now: datetime) -> set[UUID]:
        held_now = await self._lock_people(conn, network_id, beyond=beyond, now=now)
        if not self._done:
            self._done = True
            await self._house.begin(self._person, "RWP")
        return held_now


async def test_whoever_comes_while_a_closure_is_carried_out_goes_on_with_the_others(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.member("RWP")
    late = await house.guest()
    edited(house, tmp_path, (RWP, RWP.replace(",,,open", f",{TODAY},R1A,closed")))
    await house.import_file("networks", etr(house))
    monkeypatch.setattr(store, "lock_people", Meanwhile(house, late).lock_people)

    with pytest.raises(Overtaken):
        await carry_out_due(house)
    assert len(await held(house, late.id)) == 1
    await carry_out_due(house)

    assert [until for _, _, until, _, _ in await held(house, late.id)] == [TODAY, None]


async def test_without_looking_again_whoever_came_is_left_behind(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.member("RWP")
    late = await house.guest()
    edited(house, tmp_path, (RWP, RWP.replace(",,,open", f",{TODAY},R1A,closed")))
    await house.import_file("networks", etr(house))
    monkeypatch.setattr(store, "lock_people", Meanwhile(house, late).lock_people)

    async def nobody_else(conn: Conn, network_id: UUID, *, beyond: date, now: datetime) -> set[UUID]:
        return set()

    monkeypatch.setattr(store, "people_concerned", nobody_else)
    await carry_out_due(house)

    assert [until for _, _, until, _, _ in await held(house, late.id)] == [None]


async def test_whoever_gives_a_role_while_a_network_closes_waits_and_is_refused(house: House, tmp_path: Path) -> None:
    person = await house.guest()
    edited(house, tmp_path, (RWP, RWP.replace(",,,open", f",{TODAY - timedelta(days=1)},,closed")))
    await house.import_file("networks", etr(house))

    async def somebody_waits() -> bool:
        async with house.worker.reading() as conn:
            return bool(await conn.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"))

    async with house.worker.transaction() as conn:
        await carrying_out.next_due(conn, Hour(now=clock.now(), draw_id=new_id))
        giving = asyncio.create_task(house.give(person.id, "steward", "RWP", starts_at=clock.now()))
        await eventually(somebody_waits)

    with pytest.raises(NetworkNotOpen, match="nobody holds a role there after that day"):
        await giving
    async with house.worker.reading() as conn:
        assert await conn.fetchval("SELECT count(*) FROM grants WHERE person_id = $1", person.id) == 0


async def test_what_fails_in_the_middle_leaves_nothing_behind_and_is_carried_out_later(
    house: House, tmp_path: Path
) -> None:
    person, _ = await house.member("RWP")
    edited(house, tmp_path, (RWP, RWP.replace(",,,open", f",{TODAY},R1A,closed")))
    await house.import_file("networks", etr(house))
    said = await house.count_published()

    class Crash(Exception):
        pass

    try:
        async with house.worker.transaction() as conn:
            await carrying_out.next_due(conn, Hour(now=clock.now(), draw_id=new_id))
            raise Crash
    except Crash:
        pass
    assert await house.count_published() == said
    assert len(await held(house, person.id)) == 1

    assert [one.state for one in await carry_out_due(house)] == ["applied"]
    assert len(await held(house, person.id)) == 2


async def test_a_change_that_has_become_impossible_fails_in_words_and_holds_up_nothing(
    house: House, tmp_path: Path
) -> None:
    text = (house.settings.reference_dir / "organisations.csv").read_text(encoding="utf-8")
    [r1a] = [line for line in text.splitlines() if line.startswith("R1A,")]
    edited(
        house,
        tmp_path,
        (r1a, r1a.replace(",,,open", f",{TODAY - timedelta(days=1)},RXK,closed")),
        (RWP, RWP.replace(",,,open", f",{TODAY},R1A,closed")),
    )
    await house.import_file("networks", etr(house))

    done = await carry_out_due(house)

    assert [(one.state, one.why and one.why.partition(" does not exist")[1]) for one in done] == [
        ("applied", None),
        ("failed", " does not exist"),
    ]
    assert (await network(house, "RWP")).until is None


async def test_the_loop_carries_out_what_is_due(house: House, tmp_path: Path) -> None:
    edited(house, tmp_path, (RWP, RWP.replace(",,,open", f",{TODAY},R1A,closed")))
    await house.import_file("networks", etr(house))
    stopping = asyncio.Event()
    loop = asyncio.create_task(
        changes_that_are_due(Work(settings=house.settings, cells=house.cells, db=house.worker, stopping=stopping))
    )

    async def closed() -> bool:
        return (await network(house, "RWP")).until == TODAY

    try:
        await eventually(closed)
    finally:
        stopping.set()
        await loop
