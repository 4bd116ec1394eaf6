"""A lead says something once; every member of the network is told it once, as far as it went."""

import asyncio
import signal
import sys
from datetime import date, timedelta
from pathlib import Path

from notifications_announcements import ADDRESS, MIDLANDS, one, say, steer, told
from notifications_house import House, address_of, network_id

from servicekit import clock
from servicekit.testing import eventually, signals_published

PROCESS = Path(__file__).parents[1] / "support" / "announcing_process.py"


async def test_all_members_are_told_once_by_each_channel_and_nobody_else(house: House) -> None:
    lead = await house.directory.lead(MIDLANDS)
    members = [await house.person(f"{MIDLANDS}.rwp"), await house.person(MIDLANDS), lead.person_id]
    await house.profile(lead.person_id, address_of(lead.person_id))
    await house.person("national.london")
    await house.person(f"{MIDLANDS}.rwp", since=date(2020, 1, 1), until=date(2021, 1, 1))

    answer = await say(house, lead)
    await house.announce_all()
    await house.send_all()

    assert answer.status_code == 201
    assert answer.headers["location"] == answer.json()["url"]
    assert sorted(await told(house)) == sorted(members)
    assert sorted(mail.to for mail in house.mail.accepted) == sorted(map(address_of, members))
    mail = house.mail.accepted[0]
    assert mail.subject == "Theatres in May"
    assert "begins in May.\r\n\r\nMore on Monday.\r\n" in mail.part("plain")
    assert "From: Midlands" in mail.part("plain")


async def test_each_reads_it_in_their_list_as_it_was_said(house: House) -> None:
    lead, member = await house.directory.lead(MIDLANDS), await house.directory.person(f"{MIDLANDS}.rwp")
    await say(house, lead)
    await house.announce_all()

    answer = await house.http.get("/api/v1/cells/midlands/notifications", headers=member.bearer)

    (item,) = answer.json()["items"]
    assert (item["kind"], item["title"], item["event_id"]) == ("announcement", "Theatres in May", None)
    assert item["text"] == "The theatres programme begins in May.\nMore on Monday.\nFrom: Midlands"


async def test_sector_and_job_role_narrow_it(house: House) -> None:
    lead = await house.directory.lead(MIDLANDS)
    meant = await house.person(f"{MIDLANDS}.rwp", sector="ambulance", job_role="general-manager")
    await house.person(f"{MIDLANDS}.rwp", sector="ambulance", job_role="porter")
    await house.person(f"{MIDLANDS}.rwp", sector="acute", job_role="general-manager")

    said = await say(house, lead, sectors=["ambulance"], job_roles=["general-manager"])
    await house.announce_all()

    assert await told(house) == [meant]
    assert (await one(house, lead, said.json()["url"]))["total"] == 1


async def test_the_same_key_twice_says_it_once(house: House) -> None:
    lead = await house.directory.lead(MIDLANDS)

    first, again = [await say(house, lead, key="k-1") for _ in range(2)]
    other = await say(house, lead, key="k-1", title="Something else")
    await house.announce_all()

    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
    assert first.json() == again.json()
    assert again.headers["location"] == first.json()["url"]
    assert len(await told(house)) == 1


async def test_progress_is_shown_in_figures(house: House) -> None:
    lead = await house.directory.lead(MIDLANDS)
    for _ in range(4):
        await house.person(f"{MIDLANDS}.rwp")
    url = (await say(house, lead)).json()["url"]
    at_first = await one(house, lead, url)

    announcer = house.announcer(chunk=2)
    await announcer.round(now=clock.now())
    on_the_way = await one(house, lead, url)
    await house.announce_all()
    await house.send_all()
    await announcer.count(now=clock.now() + timedelta(minutes=1))
    at_last = await one(house, lead, url)

    assert (at_first["state"], at_first["total"], at_first["told"]) == ("running", None, 0)
    assert (on_the_way["state"], on_the_way["total"], on_the_way["told"]) == ("running", 5, 2)
    assert (at_last["state"], at_last["total"], at_last["told"]) == ("done", 5, 5)
    assert at_last["mails"] == {"sent": 4, "failed": 0, "waiting": 1}
    assert at_last["suppressed"] == 0


async def test_whoever_wants_none_is_counted_as_suppressed_and_gets_none(house: House) -> None:
    lead, member = await house.directory.lead(MIDLANDS), await house.directory.person(f"{MIDLANDS}.rwp")
    await house.profile(member.person_id, address_of(member.person_id))
    off = [{"kind": "announcement", "channel": channel, "wanted": False} for channel in ("email", "in-app")]
    changed = await house.http.put(
        "/api/v1/cells/midlands/preferences", json={"entries": off}, headers=member.bearer | {"If-Match": '"0"'}
    )
    url = (await say(house, lead)).json()["url"]
    await house.announce_all()
    await house.send_all()
    await house.announcer().count(now=clock.now() + timedelta(minutes=1))

    assert changed.status_code == 200, changed.text
    assert house.mail.to(address_of(member.person_id)) == []
    assert {row["state"] for row in await house.rows(person_id=member.person_id)} == {"suppressed"}
    assert (await one(house, lead, url))["suppressed"] == 1


async def test_paused_it_waits_and_resumed_it_goes_on_where_it_was(house: House) -> None:
    lead = await house.directory.lead(MIDLANDS)
    people = [await house.person(f"{MIDLANDS}.rwp") for _ in range(5)]
    url = (await say(house, lead)).json()["url"]
    announcer = house.announcer(chunk=2)
    await announcer.round(now=clock.now())

    paused = [await steer(house, lead, url, "pause") for _ in range(2)]
    in_the_pause = [await announcer.round(now=clock.now() + timedelta(minutes=n)) for n in range(3)]
    resumed = await steer(house, lead, url, "resume")
    await house.announce_all(chunk=2)

    assert [answer.json()["state"] for answer in paused] == ["paused", "paused"]
    assert in_the_pause == [0, 0, 0]
    assert resumed.json()["state"] == "running"
    assert sorted(await told(house)) == sorted([*people, lead.person_id])


async def test_stopped_it_tells_nobody_more_for_good(house: House) -> None:
    lead = await house.directory.lead(MIDLANDS)
    for _ in range(4):
        await house.person(f"{MIDLANDS}.rwp")
    url = (await say(house, lead)).json()["url"]
    await house.announcer(chunk=2).round(now=clock.now())

    stopped = await steer(house, lead, url, "stop")
    refused = {verb: await steer(house, lead, url, verb) for verb in ("resume", "pause")}
    await house.announce_all()

    assert stopped.json()["state"] == "stopped"
    assert stopped.json()["finished_at"] is not None
    for verb, answer in refused.items():
        assert answer.status_code == 409
        assert answer.json()["code"] == "announcement-state"
        assert answer.json()["detail"] == f"This announcement is stopped: it can no longer be {verb}d."
    assert len(await told(house)) == 2


async def test_killed_in_the_middle_it_goes_on_and_tells_nobody_twice_and_everybody(house: House) -> None:
    lead = await house.directory.lead(MIDLANDS)
    await many_members(house, 3000)
    url = (await say(house, lead)).json()["url"]

    for target in (500, 1500):
        process = await asyncio.create_subprocess_exec(sys.executable, str(PROCESS), house.database.worker, "100")
        await eventually(lambda target=target: at_least(house, target), within=30, every=0.005)
        process.send_signal(signal.SIGKILL)
        await process.wait()
    in_the_middle = await rows_told(house)
    await house.announce_all()

    assert 1500 <= in_the_middle < 3001
    assert await rows_told(house) == 3001
    shown = await one(house, lead, url)
    assert (shown["state"], shown["total"], shown["told"]) == ("done", 3001, 3001)
    async with house.worker.reading() as conn:
        last = await conn.fetch("SELECT DISTINCT last FROM servicekit.feed_counters WHERE feed LIKE 'in-app:%'")
        signalled = [person for told in await signals_published(conn) for person in told.get("people", [])]
    assert [row["last"] for row in last] == [1]
    assert len(signalled) == len(set(signalled)) == 3001


async def many_members(house: House, count: int) -> None:
    async with house.worker.transaction() as conn:
        await conn.execute(
            """
            INSERT INTO access_memberships
                   (membership_id, version, person_id, network_id, main, since, described_from)
            SELECT gen_random_uuid(), 1, gen_random_uuid(), $1, true, '2020-01-01', '2020-01-01'
              FROM generate_series(1, $2)
            """,
            network_id(f"{MIDLANDS}.rwp"),
            count,
        )


async def rows_told(house: House) -> int:
    async with house.worker.reading() as conn:
        count: int = await conn.fetchval("SELECT count(*) FROM notifications WHERE channel = 'in-app'")
    return count


async def at_least(house: House, count: int) -> bool:
    return await rows_told(house) >= count


async def test_the_list_is_paged_the_newest_first(house: House) -> None:
    lead = await house.directory.lead(MIDLANDS)
    said = [(await say(house, lead, title=f"Number {n}")).json()["title"] for n in range(5)]

    found: list[str] = []
    query = f"?network={network_id(MIDLANDS)}&limit=2"
    while query:
        page = (await house.http.get(ADDRESS + query, headers=lead.bearer)).json()
        found += [item["title"] for item in page["items"]]
        query = f"?network={network_id(MIDLANDS)}&limit=2&cursor={page['next']}" if page["next"] else ""

    assert found == said[::-1]
