"""What stands before anything breaks: networks, members who are signed in, grants, a partner body that is pushed to."""

import asyncio
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from rich.console import Console

from guildhall_local.instance import Instance
from guildhall_local.provider.people import Persona, write_directory
from guildhall_local.story import cast, founding, subscribing
from guildhall_local.story.asking import Asker, new_client
from guildhall_local.story.inputs import SMALL, people
from guildhall_local.story.journal import Journal
from guildhall_local.story.plan import planned
from guildhall_local.story.stage import Stage
from guildhall_local.story.telling import Chapter

FILE = "workload/ground.json"
NEWCOMERS = 400
LETTERS = "aeioudlmnr"
"""Whom the provider knows, and nobody else yet."""
CHAPTERS = (founding.bootstrap, founding.found_networks, founding.import_people, founding.give_grants)
LINKED_AT_ONCE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Somebody:
    """A member as they were founded."""

    sub: str
    id: str
    cell: str
    network: str
    """The path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    members: Sequence[Somebody]
    networks: dict[str, str]
    """Path to id."""
    trusts: Sequence[str]
    """Paths at which people belong."""
    agreement: str
    client_id: str


def newcomer(number: int) -> Persona:
    name = "".join(LETTERS[int(figure)] for figure in f"{number:04}")
    return Persona(sub=f"newcomer-{number:04}", name=f"Nicola B{name}", email=f"nicola.b{name}@rwp.nhs.example")


async def found(instance: Instance, *, people_count: int = SMALL.people) -> Ground:
    """Found it on a fresh stack; on one where it stands, what was written down of it."""
    file = instance.state / FILE
    if file.exists():
        return _read(file)
    plan = planned(replace(SMALL, people=people_count), founding.today())
    members = people(people_count, seed=plan.seed)
    file.parent.mkdir(exist_ok=True)
    chapter = Chapter(Console(file=io.StringIO()))
    async with new_client() as http:
        with Journal(file.parent / "founding.jsonl") as journal:
            asker = Asker(gateway=instance.url("gateway"), issuer=instance.issuer, journal=journal, http=http)
            stage = Stage(instance=instance, asker=asker, plan=plan, members=members)
            for tell in CHAPTERS:
                await tell(stage, chapter)
            write_directory(
                instance.state, [*cast.directory(members), *(newcomer(number) for number in range(NEWCOMERS))]
            )
            await founding.make_agreement(stage, chapter)
            async with stage.closing:
                await subscribing.subscribe(stage, chapter)
            await _link(stage)
    ground = Ground(
        members=[
            Somebody(sub=cast.sub_of(one), id=stage.people[cast.sub_of(one)], cell=one.cell, network=one.network)
            for one in members
        ],
        networks=stage.networks,
        trusts=sorted({one.network for one in members}),
        agreement=stage.agreement,
        client_id=plan.agreement.client_id,
    )
    file.write_text(json.dumps(asdict(ground)))
    return ground


async def _link(stage: Stage) -> None:
    """Everybody signs in once, and events and notifications have heard who they are."""
    subs = [cast.sub_of(one) for one in stage.members]
    door = asyncio.Semaphore(LINKED_AT_ONCE)

    async def link(sub: str) -> list[str]:
        async with door:
            return await founding.link(stage, sub) if sub not in stage.people else []

    signals = [signal for many in await asyncio.gather(*map(link, subs)) for signal in many]
    for path in ("/api/v1/cells/national/events", "/api/v1/cells/national/notifications"):
        await stage.asker.await_applied(stage.lead, path, signals, deed="await-links")


def _read(file: Path) -> Ground:
    told = json.loads(file.read_text())
    return Ground(**told | {"members": [Somebody(**one) for one in told["members"]]})
