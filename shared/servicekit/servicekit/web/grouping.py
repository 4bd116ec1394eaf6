"""Commands of one kind that arrive together are carried out in one transaction, each with an answer of its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from pydantic import BaseModel
from starlette.responses import Response

from servicekit import command as commands
from servicekit import idempotency
from servicekit.command import Command
from servicekit.database import Conn, Database, Held, Scope
from servicekit.groups import Groups
from servicekit.problem import Problem

What = TypeVar("What")
Wanted = TypeVar("Wanted")


@dataclass(frozen=True, slots=True)
class Asked(Generic[What]):
    """One request of a group."""

    command: Command
    what: What


class Act(Protocol[Wanted]):
    async def __call__(
        self, conn: Conn, requests: "Sequence[Asked[Wanted]]", /, *, waits: bool
    ) -> Sequence[BaseModel | Problem | Held]:
        """For each request what is answered, or its refusal; a refused request has changed nothing.

        waits: whether to wait for rows that others hold, in place of saying `Held`.
        """


class GroupedCommands(Generic[What]):
    """All requests of one kind to this process. status: of an answer that is no refusal."""

    def __init__(self, act: Act[What], *, database: Callable[[], Database], status: int = 200) -> None:
        self._act = act
        self._database = database
        self._status = status
        self._together = Groups(self._serve)
        self._apart: dict[UUID, Groups[Asked[What], bytes]] = {}

    async def answer(self, caller: Scope, what: What) -> Response:
        """Carry it out with whatever else is asked at this moment. Raises its refusal."""
        command = commands.current.get() or Command("")
        command.caller, command.traceparent = caller.identity, commands.traceparent.get()
        request = Asked(command, what)
        try:
            body = await self._together.ask(request)
        except Held as held:
            body = await self._wait_for(held.row, request)
        return Response(body, self._status, media_type="application/json")

    async def _wait_for(self, row: UUID, request: Asked[What]) -> bytes:
        """Those who are about one row wait for it together, and nobody else does."""
        waiting = self._apart.setdefault(row, Groups(self._serve_waiting))
        try:
            return await waiting.ask(request)
        finally:
            if waiting.is_idle:
                self._apart.pop(row, None)

    async def _serve(self, group: Sequence[Asked[What]]) -> Sequence[bytes | Exception]:
        return await self._transact(group, waits=False)

    async def _serve_waiting(self, group: Sequence[Asked[What]]) -> Sequence[bytes | Exception]:
        return await self._transact(group, waits=True)

    async def _transact(self, group: Sequence[Asked[What]], *, waits: bool) -> Sequence[bytes | Exception]:
        outcomes: dict[int, bytes | Exception] = dict(twins(group))
        first = [(place, one) for place, one in enumerate(group) if place not in outcomes]
        async with self._database().group([one.command for _, one in first]) as (conn, implied):
            outcomes.update(
                (place, known) for (place, _), known in zip(first, implied, strict=True) if known is not None
            )
            fresh = [(place, one) for place, one in first if place not in outcomes]
            done = await self._act(conn, [one for _, one in fresh], waits=waits) if fresh else []
            answered: list[tuple[Command, bytes]] = []
            for (place, one), outcome in zip(fresh, done, strict=True):
                if isinstance(outcome, Exception):
                    outcomes[place] = outcome
                else:
                    body = outcome.model_dump_json(by_alias=True).encode()
                    outcomes[place] = body
                    answered.append((one.command, body))
            await idempotency.keep_all(conn, answered, status=self._status)
        return [outcomes[place] for place in range(len(group))]


def twins(group: Sequence[Asked[What]]) -> dict[int, Exception]:
    """By place: repetitions of an earlier request of the same group, which is in flight as long as the group is."""
    seen: dict[tuple[str, str, str], bytes] = {}
    found: dict[int, Exception] = {}
    for place, one in enumerate(group):
        command = one.command
        if command.idempotency_key is None:
            continue
        name = (command.caller, command.route, command.idempotency_key)
        if name not in seen:
            seen[name] = command.body_hash
        else:
            same = seen[name] == command.body_hash
            found[place] = idempotency.in_flight() if same else idempotency.another_body()
    return found
