"""An erasure that is not over in time is told of, by the process that looks after erasures."""

import asyncio
from datetime import timedelta

from alarms import Scrape, fires, scraped
from erased_people import asked_for, carry_out_all
from membership_house import House

from membership_service.erasures.loop import erasures_unanswered
from servicekit import clock
from servicekit.metrics import REGISTRY
from servicekit.process import Work
from servicekit.testing import eventually


async def looked_after(house: House, overdue: int) -> Scrape:
    """What `work` says of itself once it has counted so many."""
    work = Work(settings=house.settings, cells=house.cells, db=house.worker, stopping=asyncio.Event())

    async def is_counted() -> bool:
        return REGISTRY.get_sample_value("guildhall_erasures_overdue") == overdue

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(erasures_unanswered(work))
        await eventually(is_counted)
        work.stopping.set()
    return scraped("membership")


async def test_an_erasure_that_nobody_answers_is_told_of(house: House) -> None:
    ada = await house.sign_in((await house.member("RWP"))[0])
    asked_for(await house.http.post("/api/v1/me/erasure", headers=ada.bearer))
    await carry_out_all(house)
    before = await looked_after(house, 0)

    late = timedelta(minutes=16)
    clock.move(late)
    try:
        after = await looked_after(house, 1)
    finally:
        clock.move(-late)

    assert fires("ErasuresOverdue", before, after) == [{"service": "membership"}]
