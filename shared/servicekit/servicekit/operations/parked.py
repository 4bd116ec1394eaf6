"""`parked list | show | replay | discard`: what waits, why, and how it goes on."""

import getpass
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
import typer
from aiokafka.errors import KafkaError
from rich.console import Console
from rich.table import Table

from servicekit import faults
from servicekit.consumers import parked_pages, registry
from servicekit.consumers.apply import Applier
from servicekit.consumers.parked_pages import ParkedSubject, Wanted
from servicekit.consumers.parking import WAITING, ParkedDelivery
from servicekit.consumers.replay import discard_first, replay
from servicekit.contract import PROFILES
from servicekit.database import Database
from servicekit.operations.ground import Ground, NotKnown
from servicekit.problem import CannotStart

MOST = 500

AsJson = typer.Option(False, "--json", help="JSON, for machines.")
OfConsumer = typer.Option(None, "--consumer", help="Only this consumer's.")
OfSubject = typer.Option(None, "--subject", help="Only this subject's.")
OfCause = typer.Option(None, "--cause", help="Only those whose cause contains this.")
Since = typer.Option(None, "--since", help="Only those parked since then (UTC).")


class NotSaid(CannotStart):
    """Something that the command must be told; the message says what."""


def add(app: typer.Typer, ground: Callable[[], Ground], run: Callable[..., Any]) -> None:
    parked = typer.Typer(no_args_is_help=True, help="Deliveries that wait because they could not be applied.")
    app.add_typer(parked, name="parked")
    _add_looking(parked, ground, run)
    _add_going_on(parked, ground, run)


def _add_looking(parked: typer.Typer, ground: Callable[[], Ground], run: Callable[..., Any]) -> None:
    @parked.command(name="list")
    def list_(
        consumer: str | None = OfConsumer,
        subject: str | None = OfSubject,
        cause: str | None = OfCause,
        since: datetime | None = Since,
        after: int = typer.Option(0, min=0, help="Go on after this id."),
        limit: int = typer.Option(50, min=1, max=MOST),
        as_json: bool = AsJson,
    ) -> None:
        """What is parked, a page at a time."""
        wanted = Wanted(consumer=consumer, subject=subject, cause=cause, since=_utc(since))
        _print(run(listed(ground(), wanted, after=after, limit=limit)), as_json, _show_page)

    @parked.command(name="show")
    def show(id: int, as_json: bool = AsJson) -> None:
        """Where one delivery stands, why it waits, and the signal itself where its bytes are kept."""
        _print(run(shown(ground(), id)), as_json, _show_one)


def _add_going_on(parked: typer.Typer, ground: Callable[[], Ground], run: Callable[..., Any]) -> None:
    @parked.command(name="replay")
    def replay_(
        subject: str | None = typer.Argument(None, help="A subject; without one say which by the options."),
        consumer: str | None = OfConsumer,
        cause: str | None = OfCause,
        since: datetime | None = Since,
        all_: bool = typer.Option(False, "--all", help="Everything that is parked."),
        as_json: bool = AsJson,
    ) -> None:
        """Apply what waits, each subject in order; what still fails stays parked, and makes the exit status 1."""
        wanted = Wanted(consumer=consumer, subject=subject, cause=cause, since=_utc(since))
        if wanted == Wanted() and not all_:
            sys.exit("Say which: a subject, --consumer, --cause, --since, or --all for everything that is parked.")
        _end(run(replayed(ground(), wanted)), as_json)

    @parked.command(name="discard")
    def discard(
        subject: str,
        because: str = typer.Option(..., "--because", help="Why; it is kept with what is discarded."),
        by: str | None = typer.Option(None, "--by", help="Who decides; your login otherwise."),
        consumer: str | None = OfConsumer,
        yes: bool = typer.Option(False, "--yes", help="Do not ask."),
        as_json: bool = AsJson,
    ) -> None:
        """Let go of the delivery that holds a subject up, for good; those behind it are applied."""
        if not because.strip():
            sys.exit("Say --because: whoever comes later must understand why this was let go.")
        if not yes:
            _ask(subject)
        _end(run(discarded(ground(), subject, consumer, by=by or getpass.getuser(), because=because.strip())), as_json)


async def listed(ground: Ground, wanted: Wanted, *, after: int, limit: int) -> dict[str, Any]:
    if wanted.consumer is not None:
        ground.consumer(wanted.consumer)
    async with ground.database("parked") as db, db.reading() as conn:
        found = await parked_pages.page(conn, wanted, after=after, limit=limit + 1)
    items = [described(item) for item in found[:limit]]
    return {"service": ground.name, "items": items, "next": items[-1]["id"] if len(found) > limit else None}


async def shown(ground: Ground, id: int) -> dict[str, Any]:
    async with ground.database("parked") as db, db.reading() as conn:
        item = await parked_pages.find(conn, id)
    if item is None:
        raise NotKnown(f"{ground.name} has nothing parked under {id}; it may have been replayed or discarded")
    return {"service": ground.name} | described(item) | _content(item)


async def replayed(ground: Ground, wanted: Wanted) -> dict[str, Any]:
    if wanted.consumer is not None:
        ground.consumer(wanted.consumer)
    async with ground.database("replay", size=4) as db:
        async with db.reading() as conn:
            subjects = await parked_pages.subjects(conn, wanted)
        if wanted.subject is not None and not subjects:
            raise NotKnown(f"{ground.name} has nothing parked of the subject {wanted.subject}")
        tries = [await _try(ground, db, one) for one in subjects]
    return _outcome(ground, tries)


async def discarded(ground: Ground, subject: str, consumer: str | None, *, by: str, because: str) -> dict[str, Any]:
    async with ground.database("discard", size=4) as db:
        async with db.reading() as conn:
            found = await parked_pages.subjects(conn, Wanted(consumer=consumer, subject=subject))
        if not found:
            raise NotKnown(f"{ground.name} has nothing parked of the subject {subject}")
        if len(found) > 1:
            names = ", ".join(one.consumer for one in found)
            raise NotSaid(f"{subject} is parked by several consumers; say which with --consumer: {names}")
        applier = await _applier(ground, db, found[0].consumer)
        item = await discard_first(applier, subject, by=by, because=because)
        tries = [await _try(ground, db, found[0])] if found[0].count > 1 else []
    return _outcome(ground, tries) | {"discarded": described(item) if item else None}


@dataclass(frozen=True, slots=True)
class Try:
    consumer: str
    subject: str
    deliveries: int
    error: str | None


async def _try(ground: Ground, db: Database, one: ParkedSubject) -> Try:
    applier = await _applier(ground, db, one.consumer)
    try:
        count = await replay(applier, one.subject, cells=ground.cells, bootstrap=ground.settings.kafka_bootstrap)
    except Exception as error:  # a handler may fail in any way; the subject stays as it was
        if faults.is_away(error) or isinstance(error, KafkaError):
            raise
        name = type(error).__name__
        return Try(one.consumer, one.subject, 0, name if one.named else f"{name}: {error}")
    return Try(one.consumer, one.subject, count, None)


async def _applier(ground: Ground, db: Database, name: str) -> Applier:
    consumer = ground.consumer(name)
    async with db.pool.acquire() as conn:
        epoch = (await registry.active(conn, consumer.projection)).epoch
    return Applier(
        consumer=consumer, db=db, epoch=epoch, serves=ground.cells.serves, tell_from=ground.settings.tell_from
    )


def described(item: ParkedDelivery) -> dict[str, Any]:
    """One parked delivery without its content."""
    return {
        "id": item.id,
        "consumer": item.consumer,
        "subject": item.subject,
        "topic": item.topic,
        "partition": item.partition,
        "offset": item.record_offset,
        "key": item.key,
        "signal_id": str(item.signal_id) if item.signal_id else None,
        "cause": item.cause,
        "waits_for_an_earlier_one": item.cause == WAITING,
        "parked_at": item.parked_at.isoformat(),
        "projected": item.projected,
        "told": item.told,
    }


def _content(item: ParkedDelivery) -> dict[str, Any]:
    if item.topic.endswith(f".{PROFILES}"):
        return {"signal": None, "bytes": None, "content": "not kept: a profile's content stays on its topic"}
    if item.value is None:
        return {"signal": None, "bytes": None, "content": "not kept"}
    try:
        return {"signal": orjson.loads(item.value), "bytes": None, "content": "kept"}
    except orjson.JSONDecodeError:
        return {"signal": None, "bytes": item.value[:4000].decode("utf-8", "backslashreplace"), "content": "no JSON"}


def _outcome(ground: Ground, tries: list[Try]) -> dict[str, Any]:
    return {
        "service": ground.name,
        "replayed": [
            {"consumer": t.consumer, "subject": t.subject, "deliveries": t.deliveries} for t in tries if not t.error
        ],
        "failed": [{"consumer": t.consumer, "subject": t.subject, "error": t.error} for t in tries if t.error],
    }


def _ask(subject: str) -> None:
    if not sys.stdin.isatty():
        sys.exit("Discarding cannot be undone: say --yes where nobody can be asked.")
    if not typer.confirm(f"Discard the first parked delivery of {subject} for good?"):
        sys.exit("Nothing was discarded.")


def _utc(instant: datetime | None) -> datetime | None:
    return instant.replace(tzinfo=UTC) if instant and instant.tzinfo is None else instant


def _print(what: dict[str, Any], as_json: bool, show: Callable[[dict[str, Any]], None]) -> None:
    if as_json:
        print(orjson.dumps(what).decode())
    else:
        show(what)


def _end(outcome: dict[str, Any], as_json: bool) -> None:
    _print(outcome, as_json, _show_outcome)
    sys.exit(1 if outcome["failed"] else 0)


def _show_page(what: dict[str, Any]) -> None:
    if not what["items"]:
        print(f"{what['service']}: nothing is parked")
        return
    table = Table("id", "consumer", "subject", "where", "since", "cause", box=None)
    for item in what["items"]:
        where = f"{item['topic']}/{item['partition']}/{item['offset']}"
        table.add_row(str(item["id"]), item["consumer"], item["subject"], where, item["parked_at"][:19], item["cause"])
    Console(width=None if sys.stdout.isatty() else 250).print(table)
    if what["next"] is not None:
        print(f"More: --after {what['next']}")


def _show_one(what: dict[str, Any]) -> None:
    for name, value in what.items():
        shown = orjson.dumps(value, option=orjson.OPT_INDENT_2).decode() if isinstance(value, dict) else value
        print(f"{name:25} {shown}")


def _show_outcome(what: dict[str, Any]) -> None:
    if gone := what.get("discarded"):
        print(f"discarded: {gone['topic']}/{gone['partition']}/{gone['offset']}: {gone['cause']}")
    for one in what["replayed"]:
        print(f"applied: {one['deliveries']} of {one['subject']} ({one['consumer']})")
    for one in what["failed"]:
        print(f"still parked: {one['subject']} ({one['consumer']}): {one['error']}")
    if not (what["replayed"] or what["failed"] or what.get("discarded")):
        print(f"{what['service']}: nothing is parked")
