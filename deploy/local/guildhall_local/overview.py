"""How all of it is: the processes as the supervisor knows them, each service as it tells of itself, what is wrong.

`python -m guildhall_local.overview` writes the JSON Schema of what `guildhall status --json` prints.
"""

import asyncio
import json
from datetime import datetime
from typing import Literal

import httpx
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

import servicekit.status
from guildhall_local import services, status
from guildhall_local.instance import PROJECT, Instance
from guildhall_local.status import Phase, ProcessStatus, State

SCHEMA = PROJECT / "deploy" / "local" / "status.schema.json"
ANSWERS_WITHIN = 3.0
"""Seconds that a running process has."""
WELL = {State.READY, State.DONE}

Told = servicekit.status.Status


class _Answer(BaseModel):
    troubles: list[str]


class ServiceOverview(BaseModel):
    """One deployment of a service."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    name: str
    """The service's, and its cell's where it is a cell's own."""
    told_by: Literal["work", "command"] | None
    """`work` where it runs; else the service's own `status` command; null where neither answered."""
    silence: str = ""
    """Why nothing is told, where nothing is."""
    told: Told | None
    """What `python -m <service>_service status --json` prints."""
    troubles: list[str]
    """What of it needs somebody, in words."""


class Overview(BaseModel):
    """What `guildhall status --json` prints."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    up: bool
    phase: Phase | None = None
    since: datetime | None = None
    port_base: int | None = None
    processes: list[ProcessStatus] = []
    services: list[ServiceOverview] = []
    troubles: list[str]
    """All that needs somebody. Exit status 1 where there is any."""


def schema() -> str:
    return json.dumps(Overview.model_json_schema(mode="serialization"), indent=1) + "\n"


async def look(instance: Instance, *, new: bool = False) -> Overview:
    """Ask everybody at once. Never raises for what is away: that is part of the answer.

    new: services look again however long it takes, in place of telling what they saw some seconds ago.
    """
    now = status.read_alive(instance)
    if now is None:
        return Overview(up=False, troubles=["Guildhall is not up."])
    states = {process.name: process.state for process in now.processes}
    async with httpx.AsyncClient(timeout=ANSWERS_WITHIN) as http:
        asked = [
            _service(http, instance, name, new=new, runs=states[f"{name}-work"] is State.READY)
            for name in instance.deployments
            if f"{name}-work" in states
        ]
        probed = [
            _unready(http, instance, name)
            for name, state in states.items()
            if state is State.READY and name.endswith(("-serve", "-work")) and name in instance.ports
        ]
        told, unready = await asyncio.gather(asyncio.gather(*asked), asyncio.gather(*probed))
    wrong = [_ailing(process) for process in now.processes if process.state not in WELL]
    return Overview(
        up=True,
        phase=now.phase,
        since=now.since,
        port_base=now.port_base,
        processes=now.processes,
        services=list(told),
        troubles=[
            *([] if now.phase is Phase.READY else [f"the stack is {now.phase.value}"]),
            *wrong,
            *(trouble for trouble in unready if trouble),
            *(f"{one.name}: {trouble}" for one in told for trouble in one.troubles),
        ],
    )


def _ailing(process: ProcessStatus) -> str:
    return f"{process.name} is {process.state.value}" + (f" ({process.trouble})" if process.trouble else "")


async def _unready(http: httpx.AsyncClient, instance: Instance, process: str) -> str:
    """What a running process says against itself; nothing where it is ready."""
    try:
        answer = await http.get(instance.url(process, "/readyz"))
    except httpx.TimeoutException:
        return f"{process} did not answer within {ANSWERS_WITHIN:.0f} s"
    except httpx.TransportError as error:
        return f"{process} does not answer ({type(error).__name__})"
    return "" if answer.status_code == 200 else f"{process} is not ready: {_detail(answer)}"


def _detail(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"it answers {answer.status_code}"


async def _service(http: httpx.AsyncClient, instance: Instance, name: str, *, new: bool, runs: bool) -> ServiceOverview:
    """From `work`, which answers at once; where it does not, from the command, once Python has started."""
    if runs:
        try:
            within = services.COMMAND_WITHIN if new else ANSWERS_WITHIN
            answer = await http.get(instance.url(f"{name}-work", "/status"), params={"new": new}, timeout=within)
            return _read(name, "work", answer.content)
        except (httpx.TransportError, ValidationError):
            pass  # `_unready` says so
    said = await services.said(instance, name, "status", "--json")
    try:
        return _read(name, "command", said.out)
    except ValidationError:
        return ServiceOverview(name=name, told_by=None, silence=said.last_words, told=None, troubles=[said.last_words])


def _read(name: str, told_by: Literal["work", "command"], answer: bytes) -> ServiceOverview:
    return ServiceOverview(
        name=name,
        told_by=told_by,
        told=TypeAdapter(Told).validate_json(answer),
        troubles=_Answer.model_validate_json(answer).troubles,
    )


if __name__ == "__main__":
    SCHEMA.write_text(schema())
