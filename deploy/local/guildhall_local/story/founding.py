"""The first chapters: a lead, the networks, their members, who may do what, and a partner body."""

import asyncio
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from guildhall_local import environment, processes
from guildhall_local.instance import PROJECT
from guildhall_local.provider import clients
from guildhall_local.provider.client import new_client_key
from guildhall_local.provider.people import write_directory
from guildhall_local.story import cast
from guildhall_local.story.asking import StoryStopped
from guildhall_local.story.inputs import expected_refusals, mover, people_csv
from guildhall_local.story.organisations import REFERENCE
from guildhall_local.story.partner import keep_key
from guildhall_local.story.plan import ZONE
from guildhall_local.story.stage import Stage, require, signals_of, together, until
from guildhall_local.story.telling import Chapter

ODS_FILE = REFERENCE / "etr.csv"
CSV = {"content-type": "text/csv; charset=utf-8"}
IMPORTED_WITHIN = 90.0


async def bootstrap(stage: Stage, chapter: Chapter) -> None:
    """The first national lead is made at the command line, once; everything after that goes by grants."""
    write_directory(stage.instance.state, cast.directory(stage.members))
    nadia = cast.personas()[stage.lead]
    given, _, family = nadia.name.partition(" ")
    who = ("--issuer", stage.instance.issuer, "--subject", nadia.sub, "--email", nadia.email)
    command = processes.service_command(
        "membership", environment.BOOTSTRAP, *who, "--given-name", given, "--family-name", family
    )
    first = await _run(stage, command)
    require(first[0] == 0, f"bootstrap failed: {first[1]}")
    again = await _run(stage, command)
    require(again[0] != 0, "bootstrap was not refused the second time")
    await stage.asker.sign_in(stage.lead)
    me = await stage.asker.get(stage.lead, "/api/v1/me", deed="read-self")
    stage.people[stage.lead] = me.body["person"]["id"]
    chapter.result = f"{nadia.name} is the national lead; a second bootstrap is refused"


async def _run(stage: Stage, command: tuple[str, ...]) -> tuple[int, str]:
    child = await asyncio.create_subprocess_exec(
        *command,
        env=environment.of_service(stage.instance, "membership", environment.BOOTSTRAP),
        cwd=PROJECT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await child.communicate()
    return child.returncode or 0, said.decode(errors="replace")[-500:]


async def found_networks(stage: Stage, chapter: Chapter) -> None:
    """From the file of the Organisation Data Service; the second time changes nothing."""
    first = await _import(stage, chapter, "networks", ODS_FILE.read_bytes(), deed="found-networks")
    again = await _import(stage, chapter, "networks", ODS_FILE.read_bytes(), deed="found-networks-again")
    async for network in stage.pages(stage.lead, "/api/v1/networks", deed="read-networks"):
        stage.networks[network["path"]] = network["id"]
    founded, refused = len(first["founded"]), len(first["refused"])
    require(not again["founded"] and not again["changed"], "the second founding changed something")
    chapter.result = (
        f"{founded} networks founded, {refused} codes refused with a reason; the second time nothing changes"
    )


async def import_people(stage: Stage, chapter: Chapter) -> None:
    """A dry run, then the import: the bad rows are refused one by one, in words that their owner can act on."""
    body = people_csv(stage.members)
    tried = await _import(stage, chapter, "people", body, deed="try-import", dry_run=True)
    report = await _import(stage, chapter, "people", body, deed="import-people")
    again = await _import(stage, chapter, "people", body, deed="import-people-again")
    refusals, expected = report["refusals"], expected_refusals(stage.members)
    require(
        [(r["row"], r["column"]) for r in refusals] == [(e.row, e.column) for e in expected]
        and all(e.value_contains in r["value"] for r, e in zip(refusals, expected, strict=True)),
        "the rows that were refused are not the twelve bad ones",
    )
    require(tried["refusals"] == refusals, "the dry run refused other rows")
    require(report["imported"] == len(stage.members), f"{report['imported']} people were imported")
    require(again["imported"] == 0, f"the second import imported {again['imported']} more")
    columns = ("row", "column", "value", "expected")
    rows = [tuple(str(refusal[column]) for column in columns) for refusal in refusals]
    chapter.table(*columns, rows=rows)
    chapter.result = (
        f"{report['imported']} people imported, {len(refusals)} rows refused one by one;"
        " the second time nothing changes"
    )


async def _import(
    stage: Stage, chapter: Chapter, kind: str, body: bytes, *, deed: str, dry_run: bool = False
) -> dict[str, Any]:
    """Ask for the job and follow it to its report."""
    path = f"/api/v1/imports?kind={kind}" + ("&dry_run=true" if dry_run else "")
    asked = await stage.asker.ask(
        stage.lead, "POST", path, deed=deed, content=body, headers=CSV, key=deed, expect={202}
    )
    job = f"/api/v1/imports/{asked.body['id']}"
    with chapter.bar(f"importing {kind}", 1) as bar:

        async def report() -> dict[str, Any] | None:
            view = (await stage.asker.get(stage.lead, job, deed="follow-import")).body
            if view["state"] == "failed":
                raise StoryStopped(f"the import of {kind} failed: {view['message']}")
            bar.reach(view["done"], total=view["total"])
            found: dict[str, Any] | None = view["report"]
            return found

        return await until(f"the import of {kind}", report, within=IMPORTED_WITHIN)


async def give_grants(stage: Stage, chapter: Chapter) -> None:
    """The cast is registered, signs in and is given its roles; one member becomes the lead of their trust."""
    known = cast.personas()
    parts = [part for part in cast.PARTS if part.sub != stage.lead]

    async def join(part: cast.Part) -> list[str]:
        given, _, family = known[part.sub].name.partition(" ")
        body = {"given_name": given, "family_name": family, "email": known[part.sub].email}
        person = await stage.asker.post(stage.lead, "/api/v1/people", body, deed="register-person", about=part.sub)
        stage.people[part.sub] = person.body["id"]
        begun = [await _begin(stage, part)] if part.network else []
        linked = await link(stage, part.sub)
        given_role = [await _grant(stage, part.sub, part.role, part.role_at)] if part.role and part.role_at else []
        return signals_of([person, *begun, *given_role]) + linked

    signals = await together(chapter, "registering the cast", parts, join)
    move = mover(stage.members, seed=stage.plan.seed)
    sub = cast.sub_of(move.person)
    signals.append(await link(stage, sub))
    granted = await _grant(stage, sub, "lead", move.person.network)
    signals.append(list(granted.signals))
    summit, draft = stage.plan.summit, stage.plan.london_draft
    events = (stage.events_of(gathering) for gathering in (summit, stage.plan.masterclass, draft))
    for path in (*events, "/api/v1/cells/national/notifications"):
        await stage.asker.await_applied(
            stage.lead,
            path,
            [signal for many in signals for signal in many],
            deed="await-grants",
        )
    roles = sum(part.role is not None for part in parts) + 1
    chapter.result = f"{len(parts)} of the cast registered and linked, {roles} grants given"


async def _begin(stage: Stage, part: cast.Part) -> Any:
    assert part.network is not None
    body: dict[str, Any] = {
        "person_id": stage.people[part.sub],
        "network_id": stage.networks[part.network],
        "since": stage.plan.cast_since.isoformat(),
        "job_role": part.job_role,
        "sector": part.sector,
    }
    return await stage.asker.post(
        stage.lead,
        "/api/v1/memberships",
        {name: value for name, value in body.items() if value is not None},
        deed="begin-membership",
        about=part.sub,
    )


async def _grant(stage: Stage, sub: str, role: str, path: str) -> Any:
    body = {"person_id": stage.people[sub], "role": role, "network_id": stage.networks[path]}
    answer = await stage.asker.post(stage.lead, "/api/v1/grants", body, deed="give-grant", about=sub)
    stage.grants[sub] = answer.body["id"]
    return answer


async def link(stage: Stage, sub: str) -> list[str]:
    """Sign in for the first time: the verified address says who it is."""
    await stage.asker.sign_in(sub)
    answer = await stage.asker.post(sub, "/api/v1/me/link", deed="link")
    stage.people[sub] = answer.body["id"]
    return list(answer.signals)


async def make_agreement(stage: Stage, chapter: Chapter) -> None:
    """A partner body registers its public key at the provider; what it may receive is agreed with the national lead."""
    agreed = stage.plan.agreement
    private, public = new_client_key()
    clients.register(stage.instance.state, agreed.client_id, name=agreed.body, public_jwk=public)
    keep_key(stage.instance, private)
    body = {
        "network_id": stage.networks[agreed.made_by],
        "body": agreed.body,
        "client_id": agreed.client_id,
        "issuer": stage.instance.issuer,
        "purpose": agreed.purpose,
        "networks": [stage.networks[path] for path in agreed.networks],
        "fields": {name: list(fields) for name, fields in agreed.fields.items()},
        "starts_on": stage.plan.day.isoformat(),
        "ends_on": agreed.ends_on.isoformat(),
    }
    answer = await stage.asker.post(stage.lead, "/api/v1/agreements", body, deed="make-agreement")
    stage.agreement = answer.body["id"]
    await stage.asker.await_applied(
        stage.lead, "/api/v1/cells/national/notifications", answer.signals, deed="await-agreement"
    )
    chapter.result = (
        f"{agreed.body}: {len(agreed.fields)} types of signal of {len(agreed.networks)} regions,"
        f" {len(agreed.about_persons)} of them with the consent of whom they are about"
    )


def today() -> date:
    """The day in Europe/London."""
    return datetime.now(ZoneInfo(ZONE)).date()
