"""One partner's slow name server stands in nobody else's way."""

import asyncio
import socket
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from notifications_service.webhooks.outward import Resolver, look_up

SLOW = "slow.partner.org"


@pytest.fixture
def slow_name_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """For one name the system's resolver does not answer before the test is over."""
    over, real = threading.Event(), socket.getaddrinfo

    def answer(host: str, *args: Any, **given: Any) -> Any:
        if host == SLOW:
            over.wait(30)
        return real("127.0.0.1" if host == SLOW else host, *args, **given)

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    yield
    over.set()


async def looked_up_beside_slow_ones(resolve: Resolver) -> bool:
    """Whether another name is looked up in time while fifty wait for the slow one."""
    slow = [asyncio.ensure_future(resolve(SLOW, 443)) for _ in range(50)]
    await asyncio.sleep(0)
    try:
        async with asyncio.timeout(2):
            return "127.0.0.1" in await resolve("localhost", 443)
    except TimeoutError:
        return False
    finally:
        for task in slow:
            task.cancel()


@pytest.mark.usefixtures("slow_name_server")
async def test_a_slow_name_server_of_one_partner_does_not_hold_up_the_others() -> None:
    assert await looked_up_beside_slow_ones(look_up)


@pytest.mark.usefixtures("slow_name_server")
async def test_with_the_few_threads_of_a_pool_it_would() -> None:
    pool = ThreadPoolExecutor(4)

    async def pooled(host: str, port: int) -> Sequence[str]:
        found = await asyncio.get_running_loop().run_in_executor(pool, socket.getaddrinfo, host, port)
        return [str(place[0]) for *_, place in found]

    assert not await looked_up_beside_slow_ones(pooled)
    pool.shutdown(wait=False)
