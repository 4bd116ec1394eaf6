"""One endpoint that answers nothing delays nobody else."""

import asyncio
from time import monotonic

from notifications_house import House
from notifications_partner import counted, made
from notifications_webhooks import (
    arrived,
    running_receiver,
    sender,
    subscribed,
)

from notifications_service.webhooks.outward import Outward
from notifications_service.webhooks.sender import Sender
from servicekit.testing import end, eventually


async def test_a_dead_endpoint_delays_nobody(house: House) -> None:
    assert await slowest_of_the_others(house, sender(house, outward=Outward(within=5))) < 1.0


class OneQueueForAll(Sender):
    """The wrong variant: what is claimed is carried to its end before anything else is."""

    async def take_up(self) -> int:
        claimed = await super().take_up()
        if self._in_hand:
            await asyncio.wait(self._in_hand)
        return claimed


async def test_with_one_queue_for_all_a_dead_endpoint_would_delay_everybody(house: House) -> None:
    one = OneQueueForAll(
        db=house.worker, vault=sender(house).vault, test_targets=house.settings.test_targets, outward=Outward(within=2)
    )

    assert await slowest_of_the_others(house, one) > 1.0


async def slowest_of_the_others(house: House, sending: Sender) -> float:
    """Seconds from the signal to its arrival, the slowest but one of 60, while another endpoint answers nothing."""
    good, bad = await made(house), await made(house, client_id="other-partner")
    stopping = asyncio.Event()
    async with running_receiver(house, always="hang") as blackhole, running_receiver(house) as receiver:
        sending.test_targets = house.settings.test_targets
        await subscribed(house, bad, blackhole.url, client="other-partner")
        await subscribed(house, good, receiver.url)
        running = asyncio.create_task(sending.run(stopping))
        await house.hear(counted("national"))
        await eventually(lambda: arrived(blackhole.received, 1))
        took: list[float] = []
        for number in range(2, 62):
            began = monotonic()
            await house.hear(counted("national"))
            await eventually(lambda number=number: arrived(receiver.received, number), within=20, every=0.005)
            took.append(monotonic() - began)
            if took[-1] > 1.0:
                break
        stopping.set()
        await end(running)
    return sorted(took)[-2] if len(took) == 60 else max(took)
