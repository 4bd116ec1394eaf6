"""An announcer as a process of its own, which may be killed: `python announcing_process.py DSN CHUNK`."""

import asyncio
import sys

from notifications_service.announcements.loop import Announcer
from servicekit import clock
from servicekit.consumers.marks import Marks
from servicekit.database import Database


async def main(dsn: str, chunk: int) -> None:
    async def nothing() -> Marks:
        return {}

    async def at_once(_mark: Marks) -> bool:
        return True

    db = await Database.open(dsn, size=2)
    announcer = Announcer(db=db, mark=nothing, reached=at_once, chunk=chunk)
    while True:
        if not await announcer.round(now=clock.now()):
            await asyncio.sleep(0.01)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
