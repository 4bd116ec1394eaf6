"""Asking the services by their own command lines: one, or several side by side."""

import asyncio
import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from guildhall_local import environment
from guildhall_local.instance import PROJECT, Instance, service_of
from guildhall_local.obstacle import Obstacle
from guildhall_local.processes import service_command

COMMAND_WITHIN = 30.0
"""Seconds after which a command that only looks is given up; those that change something are never cut short."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    deployment: str
    status: int
    out: bytes
    err: str

    @property
    def last_words(self) -> str:
        """What it said against the command, in its own words."""
        lines = [line for line in self.err.splitlines() if line.strip()]
        return lines[-1] if lines else f"its command ended with status {self.status} and without a word"

    def json(self) -> Any:
        """What it printed; an Obstacle in its own words where that is no JSON."""
        try:
            return json.loads(self.out)
        except ValueError:
            raise Obstacle(f"{self.deployment}: {self.last_words}") from None


def known(instance: Instance, deployment: str) -> str:
    if deployment not in instance.deployments:
        raise Obstacle(f"There is no service {deployment}; there are: {', '.join(instance.deployments)}.")
    return deployment


def run(instance: Instance, deployment: str, command: str, *arguments: str) -> int:
    """Run it on this terminal, to its end; its exit status."""
    finished = subprocess.run(
        service_command(service_of(deployment), command, *arguments),
        env=environment.of_service(instance, deployment, environment.told_as(command)),
        cwd=PROJECT,
        check=False,
    )
    return finished.returncode


async def said(
    instance: Instance, deployment: str, command: str, *arguments: str, within: float | None = COMMAND_WITHIN
) -> Said:
    """Run it and wait for its end; within: None for as long as it takes."""
    process = await asyncio.create_subprocess_exec(
        *service_command(service_of(deployment), command, *arguments),
        env=environment.of_service(instance, deployment, environment.told_as(command)),
        cwd=PROJECT,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(within):
            out, err = await process.communicate()
    except TimeoutError:
        process.kill()
        out, rest = await process.communicate()
        err = rest + f"\nits command did not end within {within:.0f} s".encode()
    return Said(deployment=deployment, status=process.returncode or 0, out=out, err=err.decode(errors="replace"))


async def all_said(
    instance: Instance,
    deployments: Sequence[str],
    command: str,
    *arguments: str,
    within: float | None = COMMAND_WITHIN,
) -> list[Said]:
    """Side by side, in the order of the deployments."""
    asked = (said(instance, name, command, *arguments, within=within) for name in deployments)
    return list(await asyncio.gather(*asked))
