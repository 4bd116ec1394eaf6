"""Commands at a service's console that are ordered to die on the way: the test itself is their parent, and waits."""

import asyncio
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

import asyncpg
from rig.orders import FOLDER, PROCESS, Mark
from rig.places import orders_folder
from rig.standing import NotHit, Rig
from rig.supervising import ARMED

from guildhall_local import children, environment
from guildhall_local.instance import PROJECT
from guildhall_local.processes import database_server
from servicekit.crash_points import Point
from servicekit.database import roles

WITHIN = 120.0


async def killed_at(
    rig: Rig,
    service: str,
    *arguments: str,
    point: Point,
    told: Mapping[str, str] | None = None,
    settings: Mapping[str, int] | None = None,
) -> Mark:
    """Run it until it dies where it is to. Raises NotHit where it ends in another way."""
    name = f"{service}-console"
    order = rig.orders.give(name, point, settings=settings)
    code, said = await _run(rig, service, *arguments, told=told)
    rig.orders.take_back(name)
    mark = rig.orders.mark(order.id)
    if mark is None or code != -signal.SIGKILL:
        raise NotHit(f"{service} {' '.join(arguments)} ended with {code} before {point}: {said[-1000:]}")
    return mark


async def carried_out(rig: Rig, service: str, *arguments: str, told: Mapping[str, str] | None = None) -> str:
    """Run it to its end, which must be a good one; what it said."""
    code, said = await _run(rig, service, *arguments, told=told)
    assert code == 0, f"{service} {' '.join(arguments)} ended with {code}: {said[-1000:]}"
    return said


async def _run(rig: Rig, service: str, *arguments: str, told: Mapping[str, str] | None) -> tuple[int, str]:
    given = environment.of_service(rig.instance, service, environment.told_as(arguments[0]))
    orders = {FOLDER: str(orders_folder(rig.instance)), PROCESS: f"{service}-console"}
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, str(ARMED), f"{service}_service", *arguments),
        env={**given, **(told or {}), **orders},
        cwd=PROJECT,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(WITHIN):
            said, _ = await child.communicate()
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    return child.returncode or 0, said.decode(errors="replace")


@asynccontextmanager
async def an_empty_database(rig: Rig) -> AsyncIterator[Mapping[str, str]]:
    """On the stack's server: what `migrate` is told of it."""
    name, password = f"new_{secrets.token_hex(4)}", secrets.token_hex(8)
    server = database_server(rig.instance)
    admin = await asyncpg.connect(server.admin_dsn)
    try:
        await roles.found(admin, server.admin_dsn, name, dict.fromkeys(("owner", "api", "worker"), password))
        yield {"OWNER_DATABASE_URL": server.dsn(f"{name}_owner", password, name)}
    finally:
        await admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await admin.close()


@asynccontextmanager
async def a_second_worker(rig: Rig, service: str) -> AsyncIterator[None]:
    """Another `work` of the same service for as long as the block: partitions are shared out anew, twice."""
    [spec] = [one for one in rig.specs() if one.name == f"{service}-work"]
    told = {**spec.environment, "WORK_PORT": str(rig.instance.port_base + 44), PROCESS: f"{service}-second"}
    second = replace(spec, environment=told)
    child = children.start(
        second.command,
        environment=second.environment,
        folder=second.folder,
        log=rig.instance.log(f"{service}-second"),
    )
    try:
        yield
    finally:
        await asyncio.to_thread(children.stop, child)
