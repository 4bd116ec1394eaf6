"""A repeated POST gives the answer of the first: stored in the command's own transaction, only where it succeeded."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import orjson
from pydantic import BaseModel

from servicekit import clock
from servicekit import command as commands
from servicekit.command import Command
from servicekit.crash_points import Point, reached
from servicekit.problem import Conflict, Invalid
from servicekit.rounds import repeat

if TYPE_CHECKING:
    from servicekit.database.pool import Conn, Database

KEPT_FOR = timedelta(hours=48)
FORGET_EVERY_SECONDS = 600.0
FORGOTTEN_AT_ONCE = 5000
MOST_SIGNALS = 50
"""As many as `Guildhall-After` takes."""

View = TypeVar("View", bound=BaseModel)


class InFlight(Conflict):
    code = "in-flight"
    title = "The same request is being carried out"


class AnotherBody(Invalid):
    code = "idempotency-key-reused"
    title = "This Idempotency-Key was used with another request body"


class NotKept(RuntimeError):
    """A POST with an Idempotency-Key was about to commit without storing its answer: a mistake of ours."""


class Replayed(Exception):
    """Not an error: the stored answer of the first request, for the edge to send again."""

    def __init__(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        super().__init__("replayed")
        self.status, self.body, self.headers = status, body, headers


async def begin(conn: "Conn", command: Command, caller: str) -> None:
    """Claim the key for this transaction, or raise what its earlier use implies."""
    command.caller = caller
    if command.idempotency_key is None:
        return
    row = await conn.fetchrow(
        "SELECT claimed, status, body, body_hash, headers FROM servicekit.claim_idempotency_key($1, $2, $3, $4)",
        caller,
        command.route,
        command.idempotency_key,
        clock.now() - KEPT_FOR,
    )
    implied = _implied(command, row)
    if implied is not None:
        raise implied
    reached(Point.COMMAND_KEY_CLAIMED)


async def begin_all(conn: "Conn", requests: Sequence[Command]) -> list[Exception | None]:
    """Claim the keys of a group of requests in one statement; for each what its earlier use implies, or None.

    Who calls has set each `caller`, and has found twins before: to the database they would be one.
    """
    keyed = [command for command in requests if command.idempotency_key is not None]
    rows = await conn.fetch(
        "SELECT claimed, status, body, body_hash, headers FROM servicekit.enter_group($1, $2, $3, $4)",
        [command.caller for command in keyed],
        [command.route for command in keyed],
        [command.idempotency_key for command in keyed],
        clock.now() - KEPT_FOR,
    )
    implied = {id(command): _implied(command, row) for command, row in zip(keyed, rows, strict=True)}
    return [implied.get(id(command)) for command in requests]


def _implied(command: Command, row: Any) -> Exception | None:
    if not row["claimed"]:
        return in_flight()
    if row["status"] is None:
        return None
    if bytes(row["body_hash"]) != command.body_hash:
        return another_body()
    return Replayed(row["status"], bytes(row["body"]), orjson.loads(row["headers"]))


def in_flight() -> InFlight:
    return InFlight("The same request is being carried out at this moment; ask again in a second.", retry_after=1)


def another_body() -> AnotherBody:
    return AnotherBody("Use a new Idempotency-Key for a new request, or send the same body as before.")


async def keep(conn: "Conn", view: View, *, status: int = 200, headers: dict[str, str] | None = None) -> View:
    """Store the answer beside its effect, as the last thing in the transaction; returns the view.

    Without an `Idempotency-Key` it only notes that the answer was built in time.
    """
    command = commands.current.get()
    if command is None:
        return view
    command.kept = True
    if command.idempotency_key is not None:
        await conn.execute(
            """
            INSERT INTO servicekit.idempotency_keys (caller, route, key, body_hash, status, body, headers, at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            """,
            command.caller,
            command.route,
            command.idempotency_key,
            command.body_hash,
            status,
            view.model_dump_json(by_alias=True).encode(),
            orjson.dumps(stored_headers(command, headers or {})).decode(),
            clock.now(),
        )
        reached(Point.COMMAND_ANSWER_KEPT)
    return view


async def keep_all(conn: "Conn", answers: Sequence[tuple[Command, bytes]], *, status: int = 200) -> None:
    """Store the answers of a group beside their effects, in one statement."""
    keyed = [(command, body) for command, body in answers if command.idempotency_key is not None]
    for command, _ in answers:
        command.kept = True
    if not keyed:
        return
    await conn.execute(
        "SELECT servicekit.keep_answers($1, $2, $3, $4, $5, $6, $7, $8)",
        [command.caller for command, _ in keyed],
        [command.route for command, _ in keyed],
        [command.idempotency_key for command, _ in keyed],
        [command.body_hash for command, _ in keyed],
        [status] * len(keyed),
        [body for _, body in keyed],
        [orjson.dumps(stored_headers(command, {})).decode() for command, _ in keyed],
        clock.now(),
    )


async def let_go(db: "Database", stopping: asyncio.Event) -> None:
    """Forget the answers whose time is over, until told to stop: nobody may ever come again with their keys."""

    async def once() -> bool:
        async with db.transaction() as conn:
            return await forget(conn, before=clock.now() - KEPT_FOR) == FORGOTTEN_AT_ONCE

    await repeat(once, stopping, every=FORGET_EVERY_SECONDS, waiting="answers.waiting")


async def forget(conn: "Conn", *, before: datetime) -> int:
    """Forget some answers given before that instant; returns how many."""
    gone: int = await conn.fetchval(
        """
        WITH old AS MATERIALIZED (
            SELECT ctid FROM servicekit.idempotency_keys WHERE at < $1 ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED
        ), gone AS (
            DELETE FROM servicekit.idempotency_keys k USING old WHERE k.ctid = old.ctid RETURNING 1
        )
        SELECT count(*) FROM gone
        """,
        before,
        FORGOTTEN_AT_ONCE,
    )
    return gone


def check_kept(command: Command) -> None:
    if command.idempotency_key is not None and not command.kept:
        raise NotKept(command.route)


def stored_headers(command: Command, headers: dict[str, str]) -> dict[str, Any]:
    signals = signal_header(command)
    return headers | ({"guildhall-signal": signals} if signals else {})


def signal_header(command: Command) -> str:
    """`topic:id` of the last signal on each topic and key that this command published; of very many, the last 50."""
    named = [f"{topic}:{signal_id}" for (topic, _), signal_id in command.published.items()]
    return ", ".join(named[-MOST_SIGNALS:])
