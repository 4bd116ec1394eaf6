"""Requests that schemathesis makes up from a service's own description, sent to the service as it really answers."""

import asyncio
import os
import re
import sys
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson
from fastapi import FastAPI
from figures import Figures
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from servicekit.testing import end, eventually
from servicekit.web.openapi import description
from servicekit.web.route_table import RouteTable
from servicekit.web.serve import serve

SECTION = "generated requests"
ALL_PHASES = ("examples", "coverage", "fuzzing", "stateful")

Values = Mapping[str, Sequence[str | int]]
Route = tuple[str, str]
Answers = Mapping[Route, Counter[int]]
"""Of each operation that is described, how often each status was answered."""


@dataclass(frozen=True, kw_only=True)
class World:
    """A service with something in it, told as plain data: what a parameter of each name may really be."""

    app: FastAPI
    """Not yet started."""
    bearer: Mapping[str, str] = field(default_factory=dict)
    values: Values = field(default_factory=dict)
    """By name, where it stands before: `path.event_id`, `body.network_id`, `header.if-match`."""
    operations: Mapping[str, Values] = field(default_factory=dict)
    """What one operation is given instead, by its operationId."""
    bodies: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    """Bodies that an operation takes, by its operationId, beside those that are made up."""
    bearers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Who else asks, by a pattern of paths."""
    heartbeat: Callable[[], Awaitable[None]] | None = None
    """Says that the grants are known up to now, as relay and broker do all the time."""
    without: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Checks that cannot apply to an operation, by its operationId; say why beside it."""


@dataclass(frozen=True)
class Outcome:
    status: int
    """Of schemathesis: 0 where it found nothing at all, and warned of nothing."""
    said: str
    requests: int
    answers: Answers


class Recorder:
    """Keeps what the application answered, route by route, whoever asked."""

    def __init__(self, app: ASGIApp, *, table: RouteTable, answers: dict[Route, Counter[int]]) -> None:
        self.app, self.table, self.answers = app, table, answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.answers[scope["method"], self.table.template(scope)][message["status"]] += 1
            await send(message)

        await self.app(scope, receive, noted if scope["type"] == "http" else send)


async def generated(
    world: World, folder: Path, port: int, *, seed: int, phases: Sequence[str] = ALL_PHASES, examples: int = 10
) -> Outcome:
    """Let schemathesis ask. folder: takes its files. examples: for each operation, where they are made up by chance."""
    described = description(world.app)
    answers: dict[Route, Counter[int]] = defaultdict(Counter)
    world.app.user_middleware.insert(0, Middleware(Recorder, table=world.app.state.route_table, answers=answers))
    (folder / "openapi.json").write_bytes(orjson.dumps(with_examples(described, world)))
    (folder / "schemathesis.toml").write_text(written(settings(world, examples)))
    async with beating(world.heartbeat), served(world.app, port) as base:
        status, said = await asked(folder, base, seed=seed, phases=phases)
    report = orjson.loads((folder / "report.json").read_bytes())
    operations = [(method.upper(), path) for path, methods in described["paths"].items() for method in methods]
    return Outcome(status, said, report["test_cases"]["generated"], {route: answers[route] for route in operations})


async def asked(folder: Path, base: str, *, seed: int, phases: Sequence[str]) -> tuple[int, str]:
    """Run it in a process of its own, so that it does not wait for itself."""
    command = [
        *("--config-file", "schemathesis.toml", "run", "openapi.json", "--url", base, "--no-color"),
        *("--seed", str(seed), "--phases", ",".join(phases), "--report", "json", "--report-json-path", "report.json"),
    ]
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("st")),
        *command,
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=os.environ | {"COLUMNS": "120", "PYTHONPATH": str(Path(__file__).parent)},
    )
    try:
        said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode or 0, said.decode()


@asynccontextmanager
async def served(app: FastAPI, port: int) -> AsyncIterator[str]:
    """The application on a port of this machine, as `serve` has it."""
    stopping = asyncio.Event()
    task = asyncio.create_task(serve(app, host="127.0.0.1", port=port, stopping=stopping))
    base = f"http://127.0.0.1:{port}"

    async def ready() -> bool:
        try:
            async with httpx.AsyncClient() as http:
                return (await http.get(f"{base}/readyz")).status_code == 200
        except httpx.TransportError:
            return False

    await eventually(ready, within=60)
    try:
        yield base
    finally:
        stopping.set()
        await task


@asynccontextmanager
async def beating(heartbeat: Callable[[], Awaitable[None]] | None) -> AsyncIterator[None]:
    async def beat() -> None:
        while heartbeat is not None:
            await heartbeat()
            await asyncio.sleep(1)

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        await end(task)


def with_examples(described: Mapping[str, Any], world: World) -> dict[str, Any]:
    """The description with real values as its examples, which are asked first."""
    document: dict[str, Any] = orjson.loads(orjson.dumps(described))
    for operations in document["paths"].values():
        for operation in operations.values():
            values = {**world.values, **world.operations.get(operation["operationId"], {})}
            for parameter in operation.get("parameters", ()):
                if known := values.get(f"{parameter['in']}.{parameter['name']}"):
                    parameter["examples"] = _numbered(known)
            if bodies := world.bodies.get(operation["operationId"]):
                for content in operation["requestBody"]["content"].values():
                    content["examples"] = _numbered(bodies)
    return document


def _numbered(values: Sequence[Any]) -> dict[str, Any]:
    return {str(number): {"value": value} for number, value in enumerate(values)}


BY_A_RULE = ("410", "412", "422")
"""A schema cannot say every rule: such a refusal is judged by `generated_requests_rules` instead."""
REFUSALS = ("400", "401", "403", "404", "405", "406", "409", "410", "412", "415", "422", "428")


WARNINGS = (
    *("missing_auth", "missing_test_data", "base_url_mismatch", "missing_deserializer", "unused_openapi_auth"),
    *("unsupported_regex", "method_not_allowed", "unmatched_filter", "unresolvable_reference", "rate_limited"),
    "dictionary_mismatch",
)
"""Each counts as a failure. One kind is judged by `refused_throughout`: it speaks of every phase alone, and in the one
that makes up all by chance nobody guesses an invitation's secret or the version of what was changed a moment before."""
_REFUSED = re.compile(r"^Schema validation mismatch:.*?$((?:\n+ +- .+)+)", re.MULTILINE)


def settings(world: World, examples: int) -> dict[str, Any]:
    """As schemathesis takes them; what is not named here is as it has it, and every check is on."""
    known = {_called(name): {"values": list(values)} for name, values in world.values.items()}
    operations: list[dict[str, Any]] = [
        {"include-path-regex": pattern, "headers": dict(bearer)} for pattern, bearer in world.bearers.items()
    ]
    for operation, own in world.operations.items():
        known |= {_called(name, operation): {"values": list(values)} for name, values in own.items()}
        bound = {name: {"dictionary": _called(name, operation)} for name in own}
        operations.append({"include-operation-id": operation, "parameters": bound})
    for operation, checks in world.without.items():
        off = {name: {"enabled": False} for name in checks}
        operations.append({"include-operation-id": operation, "checks": off})
    return {
        "headers": dict(world.bearer),
        "dictionaries": known,
        "parameters": {name: {"dictionary": _called(name), "probability": 0.9} for name in world.values},
        "operations": operations,
        "warnings": {"fail-on": list(WARNINGS)},
        "checks": {
            "missing_required_header": {"expected-statuses": list(REFUSALS)},
            "negative_data_rejection": {"expected-statuses": list(REFUSALS)},
            "positive_data_acceptance": {"expected-statuses": ["2xx", "3xx", "401", "403", "404", "409", *BY_A_RULE]},
        },
        "hooks": "generated_requests_rules",
        # What is asked first is what the world says, and not what was answered before: that may be used up.
        "phases": {name: {"extra-data-sources": {"responses": False}} for name in ("examples", "coverage")},
        "continue-on-failure": True,
        "generation": {"max-examples": examples, "database": "none"},
        "max-stream-events": 1,
        "request-timeout": 20.0,
    }


def _called(name: str, operation: str = "") -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in f"{name} {operation}".strip())


def written(table: Mapping[str, Any]) -> str:
    """TOML: each top-level value in one line."""
    return "\n".join(f"{_value(name)} = {_value(value)}" for name, value in table.items()) + "\n"


def _value(value: Any) -> str:
    match value:
        case dict():
            return "{" + ", ".join(f"{_value(name)} = {_value(inner)}" for name, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_value, value)) + "]"
        case _:
            return orjson.dumps(value).decode()


def refused_throughout(outcome: Outcome) -> list[str]:
    """Operations that refused all that fits their description in some phase, and took nothing in any other."""
    named = _REFUSED.search(outcome.said)
    refused = [line.strip(" -") for line in named[1].split("\n") if line.strip()] if named else []
    taken = {f"{method} {path}" for (method, path), found in outcome.answers.items() if any(s < 300 for s in found)}
    return [operation for operation in refused if operation not in taken]


def judge(outcome: Outcome, service: str, figures: Figures, *, sample: bool = False) -> None:
    """Say the figures, and hold what schemathesis found against nothing at all: its warnings count too.

    sample: only what takes a parameter or a body is asked.
    """
    answers = {route: found for route, found in outcome.answers.items() if found or not sample}
    reached = [route for route, found in answers.items() if any(200 <= status < 300 for status in found)]
    broken = sum(count for found in answers.values() for status, count in found.items() if status >= 500)
    asked_of = sum(map(bool, answers.values()))
    figures.say(SECTION, f"{service}: requests", outcome.requests)
    figures.say(SECTION, f"{service}: answers 5xx", broken, at_most=0)
    figures.say(SECTION, f"{service}: operations asked", 100 * asked_of / len(answers), "%", at_least=100)
    figures.say(SECTION, f"{service}: operations reaching 2xx", 100 * len(reached) / len(answers), "%", at_least=90)
    assert outcome.status == 0, outcome.said[-20_000:]
    refused = refused_throughout(outcome)
    assert not refused, f"whatever fits is refused by {', '.join(refused)}"
