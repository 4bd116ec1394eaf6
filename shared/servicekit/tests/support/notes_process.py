"""The little service as processes of their own, which can be killed."""

import asyncio
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from servicekit.cells import Cells
from servicekit.testing.databases import TestDatabase

MAIN = Path(__file__).parent / "notes_main.py"


@dataclass
class Work:
    environment: dict[str, str]
    port: int
    process: Any = None

    async def start(self, *command: str) -> None:
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(MAIN),
            *(command or ("work",)),
            env=self.environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )

    async def ready(self) -> bool:
        try:
            async with httpx.AsyncClient() as http:
                return (await http.get(f"http://127.0.0.1:{self.port}/readyz")).status_code == 200
        except httpx.TransportError:
            return False

    async def end(self, signum: signal.Signals) -> int:
        """Returns the exit status."""
        self.process.send_signal(signum)
        async with asyncio.timeout(10):
            status: int = await self.process.wait()
        return status

    async def said(self, *command: str) -> tuple[int, str]:
        """Run a command to its end; returns its exit status and what it said."""
        await self.start(*command)
        async with asyncio.timeout(60):
            said, _ = await self.process.communicate()
        return self.process.returncode, said.decode()

    async def kill(self) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()


def environment(notes: TestDatabase, kafka: str, cells: Cells, cells_file: Path, port: int) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "SERVICE_PROFILE": "local",
        "WORKER_DATABASE_URL": notes.worker,
        "OWNER_DATABASE_URL": notes.owner,
        "KAFKA_BOOTSTRAP": kafka,
        "TOPIC_PREFIX": cells.prefix,
        "CELLS_FILE": str(cells_file),
        "WORK_PORT": str(port),
    }
