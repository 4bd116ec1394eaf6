"""What brings a process to a point that the workload alone would not bring it to, or not soon."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import asyncpg
from rig import console
from rig.misbehaving import Ways
from rig.proxy import Fault
from rig.scene import LEAD, Scene

from guildhall_local.checker import databases
from guildhall_local.story.inputs import people, people_csv
from servicekit.clock import today

Provoke = Callable[[Scene, str], Awaitable[None]]
"""Does it for one process, again and again where once may not be enough; it is ended once the point was reached."""

AGAIN_AFTER = 2.0
ROWS = 450
"""More than two chunks of an import."""
A_DAY, DUE_IN = timedelta(hours=24), (5, 12, 25, 45)
"""An event that begins so many seconds beyond a day has its reminder due in a moment."""
TIMER_AGAIN_AFTER = 12.0
LONG = 9_000
CHANGES = 40
"""So many long changes of one event, held back, are more than one batch of its partition."""
AWAY_FOR = 26.0
"""Seconds: longer than a send is waited for."""


async def an_import(scene: Scene, _process: str) -> None:
    """A file of which nothing is kept."""
    body = people_csv(people(ROWS, seed=scene.seed), bad_rows=False)
    while True:
        await scene.send_file("/api/v1/imports?kind=people&dry_run=true", body)
        await asyncio.sleep(AGAIN_AFTER)


async def an_export(scene: Scene, _process: str) -> None:
    wanted = {"report": "members", "parameters": {"network": scene.ground.networks["national"]}, "format": "csv"}
    while True:
        await scene.client.post("nadia", "/api/v1/cells/national/reports/exports", wanted, deed="ask-for-export")
        await asyncio.sleep(AGAIN_AFTER)


async def a_change_of_a_network(scene: Scene, _process: str) -> None:
    for trust in scene.rng.sample(list(scene.ground.trusts), len(scene.ground.trusts)):
        wanted = {
            "network_id": scene.ground.networks[trust],
            "what": "rename",
            "day": today().isoformat(),
            "name": f"Trust {scene.client.key()[:8]}",
        }
        await scene.client.post("nadia", "/api/v1/networks/changes", wanted, deed="plan-change")
        await asyncio.sleep(AGAIN_AFTER * 2)


async def an_erasure(scene: Scene, _process: str) -> None:
    """Of guests whom nobody else knows, by a lead who is a privacy officer too."""
    me = await scene.client.get(LEAD, "/api/v1/me", deed="read-self")
    assert me is not None
    officer = {
        "person_id": me.body["person"]["id"],
        "network_id": scene.ground.networks["national"],
        "role": "privacy-officer",
    }
    await scene.client.post(LEAD, "/api/v1/grants", officer, deed="give-grant")  # refused where it is held already
    while True:
        names = {"given_name": "Some", "family_name": "Body", "email": f"{scene.client.key()}@rwp.example"}
        person = await scene.client.post(LEAD, "/api/v1/people", names, deed="register-person")
        if person is not None and person.yes:
            await scene.client.post(LEAD, f"/api/v1/people/{person.body['id']}/erasure", None, deed="erase-person")
        await asyncio.sleep(AGAIN_AFTER)


async def a_reminder(scene: Scene, _process: str) -> None:
    for seconds in DUE_IN:  # it is known to the service by then, sooner or later
        await scene.publish(await scene.draft(starts_in=A_DAY + timedelta(seconds=seconds)))
    await asyncio.Event().wait()


async def an_end(scene: Scene, process: str) -> None:
    """It is told to end, as at a new release."""
    scene.rig.send(process, signal.SIGTERM)
    await asyncio.Event().wait()


async def a_death(scene: Scene, process: str) -> None:
    """It dies anywhere: the point is on its successor's way up."""
    scene.rig.send(process, signal.SIGKILL)
    await asyncio.Event().wait()


async def a_second_worker(scene: Scene, process: str) -> None:
    async with console.a_second_worker(scene.rig, process.partition("-")[0]):
        await asyncio.Event().wait()


async def a_rebuild(scene: Scene, process: str) -> None:
    """Beside the running service, which is switched."""
    while True:
        await console.carried_out(scene.rig, process.partition("-")[0], "rebuild", "projection")
        await asyncio.sleep(AGAIN_AFTER)


async def much_at_once(scene: Scene, _process: str) -> None:
    """The relay is held back until there is more than fits into one batch of a partition."""
    event = await scene.draft()
    await scene.publish(event)
    while True:
        async with held_back(scene, "events"):
            for _ in range(CHANGES):
                await scene.change(event, summary=f"{scene.client.key()} " * (LONG // 33))
        await asyncio.sleep(TIMER_AGAIN_AFTER)


def changes_of(event: str) -> Provoke:
    """Again and again: one that is read together with what it waits behind is set aside at another place."""

    async def change(scene: Scene, _process: str) -> None:
        while True:
            await scene.change(event, venue=f"Room {scene.client.key()[:8]}")
            await asyncio.sleep(AGAIN_AFTER)

    return change


async def a_broker_that_is_silent(scene: Scene, _process: str) -> None:
    """For longer than a send is waited for; the connections stay."""
    ways = Ways.of(scene.rig.instance)
    with ways.broken("kafka", Fault(hold_to_target=True, hold_to_client=True)):
        await asyncio.sleep(AWAY_FOR)
    await asyncio.Event().wait()


@asynccontextmanager
async def held_back(scene: Scene, service: str) -> AsyncIterator[None]:
    connection = await databases.connect(scene.rig.instance, service)
    statement = "UPDATE servicekit.switches SET is_on = $1 WHERE name = 'relay-held'"
    try:
        await connection.execute(statement, True)
        try:
            yield
        finally:
            await connection.execute(statement, False)
    finally:
        await connection.close()


@asynccontextmanager
async def refusing_events(scene: Scene, events: list[str]) -> AsyncIterator[None]:
    """For as long as the block analytics' database takes no row of these events: what tells of them is parked."""
    connection: asyncpg.Connection[asyncpg.Record] = await databases.connect(scene.rig.instance, "analytics")
    ids = json.dumps([event.rpartition("/")[2] for event in events])
    try:
        sides = await connection.fetch("SELECT schemaname FROM pg_tables WHERE tablename = 'events'")
        await connection.execute(
            """
            CREATE FUNCTION public.refuse_it() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'this one is not to be had'; END $$
            """
        )
        for side in sides:
            await connection.execute(
                f"""
                CREATE TRIGGER refuse_it BEFORE INSERT OR UPDATE ON {side["schemaname"]}.events FOR EACH ROW
                   WHEN ('{ids}'::jsonb ? NEW.event_id::text) EXECUTE FUNCTION public.refuse_it()
                """
            )
        try:
            yield
        finally:
            await connection.execute("DROP FUNCTION public.refuse_it CASCADE")
    finally:
        await connection.close()
