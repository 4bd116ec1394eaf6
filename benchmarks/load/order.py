"""Ordering a load: the generator runs as a process of its own, and what it cost is known."""

import asyncio
import json
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.stage import environment
from guildhall_local.instance import HOST, PROJECT

CONNECTIONS = 64
PATIENCE = 60.0
"""Seconds that the generator may take beyond the load itself."""


class LoadFailed(RuntimeError):
    """The generator itself came to grief."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What came back."""

    done: int
    errors: int
    seconds: float
    p50_ms: float
    p99_ms: float
    cpu_seconds: float
    """Of the generator."""
    ran_out: bool
    """Whether there were fewer requests than there was time for."""
    first_error: str


async def load(requests: Path, *, port: int, seconds: float, connections: int = CONNECTIONS) -> Load:
    job = {"requests": str(requests), "host": HOST, "port": port, "seconds": seconds, "connections": connections}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.load",
        json.dumps(job),
        cwd=PROJECT,
        env=environment(),
        stdout=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(seconds + PATIENCE):
        output, _ = await process.communicate()
    if process.returncode != 0:
        raise LoadFailed(f"the load generator ended with status {process.returncode}")
    return Load(**json.loads(output))
