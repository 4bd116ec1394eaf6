"""A partner with the kit: a store of its own, and the service on a port of this machine."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import timedelta
from typing import Any

import uvicorn
from notifications_house import House
from notifications_partner import counted
from notifications_webhooks import path, request

from guildhall_kit import Healed, Store, Stream
from membership_contracts import AgreementMade
from notifications_service.manifests.loop import close_what_is_over
from notifications_service.manifests.signing import Signer
from servicekit import clock


@asynccontextmanager
async def served(house: House) -> AsyncIterator[str]:
    """The service's address, for clients that need a socket."""
    server = uvicorn.Server(uvicorn.Config(house.app, host="127.0.0.1", port=0, log_config=None, lifespan="off"))
    config = server.config
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await server.shutdown()


def stream(house: House, url: str, agreement: AgreementMade, store: Store, *, client: str = "partner") -> Stream:
    issuer = house.directory.issuer
    return Stream(
        f"{url}/api/v1/cells/national",
        str(agreement.agreement_id),
        token=lambda: issuer.token(client, client_id=client),
        store=store,
    )


async def close_days(house: House, *, days: int = 1, served: frozenset[str] | None = None) -> int:
    """So many days pass, and what is over is signed; returns how many manifests were made."""
    work, made, signer = house.work(served=served), 0, Signer.of(house.settings.secrets_dir)
    clock.move(timedelta(days=days))
    try:
        while more := await close_what_is_over(work, signer):
            made += more
    finally:
        clock.move(-timedelta(days=days))
    return made


async def manifests(house: House, agreement: AgreementMade, **query: Any) -> list[dict[str, Any]]:
    answer = await request(house, "GET", path(agreement.agreement_id, "/manifests"), params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def hear(house: House, count: int) -> None:
    for _ in range(count):
        await house.hear(counted("national"))


async def pulled(house: House, url: str, agreement: AgreementMade, kept: Store) -> int:
    with closing(stream(house, url, agreement, kept)) as reading:
        return await asyncio.to_thread(reading.pull)


async def healed(house: House, url: str, agreement: AgreementMade, kept: Store) -> Healed:
    with closing(stream(house, url, agreement, kept)) as reading:
        return await asyncio.to_thread(reading.heal)
