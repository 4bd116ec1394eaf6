"""`parked`, `rebuild`, `replay` and `republish`: the services' own commands, at one of them or at all at once."""

import asyncio
import getpass
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from guildhall_local import services
from guildhall_local.instance import Instance
from guildhall_local.obstacle import Obstacle
from guildhall_local.services import Said

if TYPE_CHECKING:
    from guildhall_local.overview import Overview, Told

parked = typer.Typer(no_args_is_help=True, help="Deliveries that wait because they could not be applied.")

Service = Annotated[str | None, typer.Option("--service", help="Only this one.")]
OfConsumer = Annotated[str | None, typer.Option("--consumer", help="Only this consumer's.")]
OfCause = Annotated[str | None, typer.Option("--cause", help="Only those whose cause contains this.")]
Since = Annotated[datetime | None, typer.Option("--since", help="Only those parked since then (UTC).")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]
AT_MOST = 500


def add(app: typer.Typer) -> None:
    app.add_typer(parked, name="parked")
    app.command()(rebuild)
    app.command()(replay)
    app.command()(republish)


@parked.command("list")
def list_(
    consumer: OfConsumer = None,
    subject: Annotated[str | None, typer.Option("--subject", help="Only this subject's.")] = None,
    cause: OfCause = None,
    since: Since = None,
    after: Annotated[int, typer.Option("--after", min=0, help="Go on after this id, with --service.")] = 0,
    limit: Annotated[int, typer.Option("--limit", min=1, max=AT_MOST, help="Of each service.")] = 50,
    service: Service = None,
    as_json: AsJson = False,
) -> None:
    """What is parked, in all services that hold something."""
    if after and service is None:
        raise Obstacle("Each service counts by itself: say --service with --after.")
    which = _options(consumer=consumer, subject=subject, cause=cause, since=since, after=after, limit=limit)
    told = _asked(_holders(service, consumer), "parked", "list", *which)
    if as_json:
        print(json.dumps({"services": told}))
    else:
        _show_list(told)


@parked.command("show")
def show(id: int, service: Service = None, as_json: AsJson = False) -> None:
    """One parked delivery: where it stands, why it waits, and the signal where its bytes are kept."""
    instance = Instance()
    before = _options(after=id - 1, limit=1)
    has = [service] if service else _with(_asked(_holders(None), "parked", "list", *before), id=id)
    if not has:
        raise Obstacle(f"Nothing is parked under {id}; it may have been replayed or discarded.")
    raise typer.Exit(_one(instance, has, f"{id} is parked", "show", str(id), as_json=as_json))


@parked.command("replay")
def replay_parked(
    subject: Annotated[str | None, typer.Argument(help="A subject; without one say which by the options.")] = None,
    consumer: OfConsumer = None,
    cause: OfCause = None,
    since: Since = None,
    everything: Annotated[bool, typer.Option("--all", help="Everything that is parked.")] = False,
    service: Service = None,
    as_json: AsJson = False,
) -> None:
    """Apply what waits, in all services, each subject in order. Status 1 where some of it still fails."""
    if not (subject or consumer or cause or since or everything):
        raise Obstacle("Say which: a subject, --consumer, --cause, --since, or --all for everything that is parked.")
    wanted = _options(consumer=consumer, cause=cause, since=since)
    if service is not None:
        those: Sequence[str] = [services.known(Instance(), service)]
    else:  # a service that has nothing of that kind would refuse
        narrowed = _options(subject=subject, limit=1)
        those = _with(_asked(_holders(None, consumer), "parked", "list", *wanted, *narrowed))
        if subject is not None and not those:
            raise Obstacle(f"Nothing is parked of the subject {subject}.")
    which = [*([subject] if subject else []), *wanted, *(["--all"] if everything else [])]
    told = _asked(those, "parked", "replay", *which)
    if as_json:
        print(json.dumps({"services": told}))
    else:
        _show_replayed(told)
    raise typer.Exit(1 if any(one["failed"] for one in told) else 0)


@parked.command("discard")
def discard(
    subject: str,
    because: Annotated[str, typer.Option("--because", help="Why; it is kept with what is discarded.")],
    by: Annotated[str | None, typer.Option("--by", help="Who decides; your login otherwise.")] = None,
    consumer: OfConsumer = None,
    service: Service = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Let go of the delivery that holds a subject up in one service, for good; those behind it are applied."""
    narrowed = _options(subject=subject, limit=1)
    has = [service] if service else _with(_asked(_holders(None), "parked", "list", *narrowed))
    if not has:
        raise Obstacle(f"Nothing is parked of the subject {subject}.")
    told = _options(because=because, by=by or getpass.getuser(), consumer=consumer) + (["--yes"] if yes else [])
    raise typer.Exit(_one(Instance(), has, f"{subject} is parked", "discard", subject, *told, as_json=as_json))


def rebuild(service: str, projection: str, as_json: AsJson = False) -> None:
    """Fill a projection of a service anew from the first record while it runs, and switch to it."""
    instance = Instance()
    arguments = [projection, *(["--json"] if as_json else [])]
    raise typer.Exit(services.run(instance, services.known(instance, service), "rebuild", *arguments))


def replay(
    topic: Annotated[str, typer.Option("--topic", help="Such as midlands.events.")],
    first: Annotated[int, typer.Option("--from", min=0, help="The first offset.")],
    partition: Annotated[int | None, typer.Option("--partition", min=0, help="Only this one.")] = None,
    consumer: Annotated[str | None, typer.Option("--consumer", help="Only to this one.")] = None,
    service: Service = None,
    as_json: AsJson = False,
) -> None:
    """Deliver a topic once more to all that read it. Nothing is applied, or told, a second time."""
    arguments = ["--from", str(first), *_options(topic=topic, partition=partition, consumer=consumer)]
    those = [services.known(Instance(), service)] if service else _readers(topic)
    told = [{"service": one.deployment, **one.json()} for one in _all_said(those, "replay", *arguments, "--json")]
    if as_json:
        print(json.dumps({"services": told}))
        return
    for one in told:
        for reader in one["consumers"]:
            counts = f"{reader['records']} records, {reader['applied']} applied, {reader['repeated']} known already"
            print(f"{one['service']}, {reader['consumer']}: {counts}")


def republish(
    new_topics: Annotated[
        bool, typer.Option("--new-topics", help="The broker is the old one, its topics are not.")
    ] = False,
    service: Service = None,
    as_json: AsJson = False,
) -> None:
    """Send all signals of the ledgers again, after the broker was lost. Nothing is applied, or told, a second time."""
    instance = Instance()
    those = [services.known(instance, service)] if service else instance.deployments
    options = ["--new-topics"] if new_topics else []
    # One after another: whoever counts, or asks who is meant, comes after those whom they hear of it.
    told = [_last(one) for name in those for one in _all_said([name], "republish", *options, "--json")]
    if as_json:
        print(json.dumps({"services": told}))
    else:
        for one in told:
            late = f"; {one['left']} go when its work runs" if one["left"] else ""
            print(f"{one['service']}: {one['signals'] - one['left']} signals sent again in {one['seconds']} s{late}")
    raise typer.Exit(1 if any(one["left"] for one in told) else 0)


def _last(one: Said) -> dict[str, Any]:
    """The last of the lines that it printed; an Obstacle in its own words where it refused."""
    last = one.out.strip().rpartition(b"\n")[2]
    return {**replace(one, out=last).json(), "service": one.deployment}


def _options(**given: object) -> list[str]:
    """As a service takes them; those that were not given are left out."""
    said = {name: one.isoformat() if isinstance(one, datetime) else one for name, one in given.items()}
    return [word for name, one in said.items() if one is not None for word in (f"--{name}", str(one))]


def _overview() -> "Overview":
    from guildhall_local import overview  # half a second, which the other commands need not take

    return asyncio.run(overview.look(Instance(), new=True))


def _holders(service: str | None, consumer: str | None = None) -> Sequence[str]:
    """Those that hold something parked (by that consumer), or cannot say; the one that is named, whatever it holds."""
    if service:
        return [services.known(Instance(), service)]
    seen = _overview()
    if not seen.up:
        raise Obstacle("Guildhall is not up.")
    return [one.name for one in seen.services if one.told is None or _holds(one.told, consumer)]


def _holds(told: "Told", consumer: str | None) -> bool:
    if told.parked_subjects is None:  # whoever is asked will say why
        return True
    return any(one.parked_subjects and consumer in (None, one.name) for one in told.consumers)


def _asked(deployments: Sequence[str], command: str, *arguments: str) -> list[dict[str, Any]]:
    """What each says, as JSON; an Obstacle in the words of the first that refuses."""
    said = _all_said(deployments, command, *arguments, "--json")
    return [one.json() | {"service": one.deployment} for one in said]


def _all_said(deployments: Sequence[str], command: str, *arguments: str) -> list[Said]:
    return asyncio.run(services.all_said(Instance(), deployments, command, *arguments, within=None))


def _with(told: list[dict[str, Any]], *, id: int | None = None) -> list[str]:
    """Who has something parked; under that id, where one is given."""
    return [one["service"] for one in told if any(id in (None, item["id"]) for item in one["items"])]


def _one(instance: Instance, has: Sequence[str], what: str, command: str, *arguments: str, as_json: bool) -> int:
    """Run it at the only one that is meant, on this terminal."""
    if len(has) > 1:
        raise Obstacle(f"{what} in several services; say which with --service: {', '.join(has)}.")
    more = ["--json"] if as_json else []
    sys.stdout.flush()
    return services.run(instance, services.known(instance, has[0]), "parked", command, *arguments, *more)


def _readers(topic: str) -> Sequence[str]:
    """Those that read the topic, as they tell themselves."""
    seen = _overview()
    read = {
        one.name: {place.topic for consumer in one.told.consumers for place in consumer.partitions}
        for one in seen.services
        if one.told is not None
    }
    found = [name for name, topics in read.items() if topic in topics]
    if not found:
        known = ", ".join(sorted(set().union(*read.values()))) or "none, as far as can be seen now"
        raise Obstacle(f"Nobody reads the topic {topic}; read are: {known}.")
    return found


def _show_list(told: list[dict[str, Any]]) -> None:
    table = Table("service", "id", "consumer", "subject", "where", "since", "cause", box=None, pad_edge=False)
    for one in told:
        for item in one["items"]:
            where = f"{item['topic']}/{item['partition']}/{item['offset']}"
            facts = (str(item["id"]), item["consumer"], item["subject"], where, item["parked_at"][:19], item["cause"])
            table.add_row(one["service"], *map(escape, facts))
    if table.row_count:
        Console(width=None if sys.stdout.isatty() else 250).print(table)
    else:
        print("Nothing is parked.")
    for one in told:
        if one["next"] is not None:
            print(f"{one['service']} has more: --service {one['service']} --after {one['next']}")


def _show_replayed(told: list[dict[str, Any]]) -> None:
    for one in told:
        for each in one["replayed"]:
            print(f"{one['service']}, {each['consumer']}: applied {each['deliveries']} of {each['subject']}")
        for each in one["failed"]:
            print(f"{one['service']}, {each['consumer']}: {each['subject']} is still parked: {each['error']}")
    if not any(one["replayed"] or one["failed"] for one in told):
        print("Nothing is parked.")
