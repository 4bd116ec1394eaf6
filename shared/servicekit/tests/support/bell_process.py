"""A runner as a process of its own, which may be killed: `python bell_process.py DSN NAME`; `slow` holds its effect."""

import asyncio
import sys

from bells import Bells, a_runner

from servicekit.database import Conn, Database
from servicekit.timers import Timer


class Slow(Bells):
    async def ring(self, conn: Conn, timer: Timer) -> None:
        await super().ring(conn, timer)
        print("rung, not committed", flush=True)
        await asyncio.Event().wait()


async def main(dsn: str, name: str) -> None:
    db = await Database.open(dsn, size=2)
    await a_runner(db, dsn, Slow(name) if name == "slow" else Bells(name)).run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
