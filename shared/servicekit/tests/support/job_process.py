"""A process of its own that works on a job of letters, and kills itself in the middle of it.

python job_process.py <worker DSN> <letter> <inside|between>
"""

import asyncio
import os
import signal
import sys

from servicekit.database import Conn, Database
from servicekit.jobs import JobRun, JobRunner


async def write_letter(conn: Conn, letter: str) -> None:
    await conn.execute("INSERT INTO letters (letter) VALUES ($1)", letter)


async def write_letters(run: JobRun, *, killed_at: str = "", place: str = "") -> None:
    """Each letter of the input in a chunk of its own; what is done stands in the state."""
    letters = run.input.decode()
    run.total = len(letters)
    while run.state.get("next", 0) < len(letters):
        letter = letters[run.state.get("next", 0)]
        async with run.chunk() as conn:
            await write_letter(conn, letter)
            run.state["next"] = run.state.get("next", 0) + 1
            run.done += 1
            if letter == killed_at and place == "inside":
                os.kill(os.getpid(), signal.SIGKILL)
        if letter == killed_at and place == "between":
            os.kill(os.getpid(), signal.SIGKILL)
    await run.finish({"letters": len(letters)})


async def main(dsn: str, killed_at: str, place: str) -> None:
    db = await Database.open(dsn, size=3)

    async def handler(run: JobRun) -> None:
        await write_letters(run, killed_at=killed_at, place=place)

    await JobRunner(db, {"letters": handler}, lease_seconds=0.5).run_one()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
