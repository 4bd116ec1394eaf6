"""`status`, a command and a page: how the service is, as one picture; exit status 1 where something needs somebody."""

import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import orjson
import typer
from fastapi import APIRouter, Depends
from starlette.responses import Response

from servicekit import faults
from servicekit.operations.ground import Ground
from servicekit.status import Status, gather
from servicekit.status.gathering import blank
from servicekit.status.measuring import Picture
from servicekit.web.rules import anyone


def add(app: typer.Typer, ground: Callable[[], Ground], run: Callable[..., Any]) -> None:
    @app.command(name="status")
    def status(as_json: bool = typer.Option(False, "--json", help="JSON, for machines.")) -> None:
        """Versions, schema, lag, outbox, what is parked and what last went wrong."""
        seen: Status = run(looked_at(ground()))
        wrong = troubles(seen)
        if as_json:
            print(as_told(seen).decode())
        else:
            _show(seen, wrong)
        sys.exit(1 if wrong else 0)


async def looked_at(ground: Ground) -> Status:
    try:
        async with ground.database("status") as db:
            return await gather(
                db,
                ground.name,
                ground.schema,
                ground.consumers,
                cells=ground.cells,
                bootstrap=ground.settings.kafka_bootstrap,
            )
    except Exception as error:  # opening a pool connects
        if not faults.is_away(error):
            raise
        return blank(ground.name, ground.cells, away=error)


def as_told(status: Status) -> bytes:
    """JSON: the picture, and `troubles`."""
    return orjson.dumps(asdict(status) | {"troubles": troubles(status)}, option=orjson.OPT_UTC_Z)


def page(picture: Picture) -> APIRouter:
    """`/status`, where `work` answers: what the command prints, without the seconds that Python takes to start."""
    router = APIRouter(dependencies=[Depends(anyone)], include_in_schema=False)

    @router.get("/status")
    async def status(new: bool = False) -> Response:
        """new: taken now, however long that takes."""
        told = await (picture.new() if new else picture.soon())
        return Response(as_told(told), media_type="application/json")

    return router


def troubles(status: Status) -> list[str]:
    """What needs somebody, in words; lag alone does not, since it may be on its way down."""
    found = []
    if not status.database.answers:
        found.append(f"the database does not answer ({status.database.error})")
    if status.schema_current is False:
        missing = sum(step.missing for step in status.schema)
        found.append(f"the schema lacks {missing} migrations of this release: run migrate")
    if not status.broker.answers:
        found.append(f"Kafka does not answer ({status.broker.error})")
    if status.broker.answers and status.broker.error:
        found.append("the broker is another one than before, and lacks what was sent: run republish")
    if status.outbox is not None and status.outbox.republishing:
        found.append("the ledger is being republished; if nobody does that now, run republish again")
    if status.outbox is not None and status.outbox.held:
        found.append("the relay is held back by its switch")
    if status.parked_subjects:
        found.append(f"{status.parked_subjects} subjects are parked: see parked list")
    return found


def _show(status: Status, wrong: list[str]) -> None:
    print(f"{status.service} {status.release}, serving {', '.join(status.cells)}")
    for step in status.schema:
        state = "current" if not step.missing else f"lacks {step.missing}, the newest is {step.expected}"
        print(f"  schema {step.schema:16} {step.applied or '-'} {state}")
    for projection in status.projections:
        state = ", being rebuilt" if projection.rebuilding else ""
        print(f"  projection {projection.name:12} epoch {projection.epoch} on side {projection.active}{state}")
    if status.outbox is not None:
        oldest = status.outbox.oldest_unsent_seconds
        print(f"  outbox {status.outbox.unsent} unsent" + (f", the oldest for {oldest:.0f} s" if oldest else ""))
    for consumer in status.consumers:
        lag = "lag unknown" if consumer.lag is None else f"lag {consumer.lag}"
        print(f"  consumer {consumer.name:14} {lag}, {consumer.parked_subjects} subjects parked")
    if status.last_error is not None:
        last = status.last_error
        print(f"  last error {last.at:%Y-%m-%d %H:%M:%S} {last.process}: {last.event} {last.error or ''}")
    for one in wrong:
        print(f"  ! {one}")
