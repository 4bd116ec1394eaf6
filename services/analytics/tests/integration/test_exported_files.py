"""What exports write: every report in both forms, no more than its reader may see, once, and for a week."""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import asyncpg
import pyarrow.parquet as parquet
import pytest
from analytics_exports import REPORTS, ask, fetch, rows_of, work
from analytics_house import (
    LONDON,
    MIDLANDS,
    RRK,
    RWP,
    House,
    a_registration,
    an_event,
    arrive,
    event_id,
    members,
    named,
)
from analytics_tables import grown_midlands, snapshot

from access.testing import Somebody
from analytics_service.exports.handlers import HANDLERS, write_file
from analytics_service.schedules.loops import forget_past
from events_contracts import RegistrationConfirmed
from servicekit import clock, jobs
from servicekit.database import Conn
from servicekit.ids import new_id
from servicekit.jobs import JobRun, JobRunner
from servicekit.jobs.run import LeaseLost


@pytest.mark.parametrize("report", REPORTS)
async def test_every_report_can_be_had_in_both_forms_with_the_same_numbers(house: House, report: str) -> None:
    await grown_midlands(house)
    await arrive(house.worker, an_event(MIDLANDS))
    await arrive(house.worker, a_registration(event_id(MIDLANDS), named(RWP, 0), RegistrationConfirmed))
    await snapshot(house, MIDLANDS)
    lead = await house.lead(MIDLANDS)

    files = []
    for form in ("csv", "parquet"):
        asked = await ask(house, lead, report, format=form)
        assert asked.status_code == 202, asked.text
        assert await work(house)
        files.append(await fetch(house, lead, asked.json()["id"]))

    names, _, *rows = rows_of(files[0])
    stored = parquet.read_table(io.BytesIO(files[1].content))
    assert stored.column_names == names
    written = [["" if value is None else str(value) for value in one.values()] for one in stored.to_pylist()]
    assert written == rows != []
    assert files[1].headers["content-type"] == "application/vnd.apache.parquet"


async def test_an_export_holds_no_more_than_its_reader_may_see(house: House) -> None:
    """The job runs as a role that sees everybody; what it writes was put together in the reader's scope."""
    await arrive(house.worker, members(RWP, 3), members(RRK, 30), an_event())
    await arrive(house.worker, a_registration(event_id(), named(RWP, 0), RegistrationConfirmed))
    await snapshot(house, MIDLANDS)
    lead, outsider = await house.lead(MIDLANDS), await house.lead(LONDON)

    async def exported(who: Somebody, report: str) -> dict[str, list[str]]:
        asked = await ask(house, who, report)
        await work(house)
        return {row[0]: row[1:] for row in rows_of(await fetch(house, who, asked.json()["id"]))}

    assert (await exported(lead, "active-members"))["Rwp"][:2] == ["3", "0"], "the summit is not the region's"
    assert (await exported(outsider, "members"))["Rwp"][0] == ""
    assert (await exported(outsider, "members"))["Rwp"][-1] == "members"


async def test_an_events_funnel_is_exported_by_those_who_hold_it(house: House) -> None:
    await arrive(house.worker, members(RWP, 3), an_event(MIDLANDS))
    await arrive(house.worker, a_registration(event_id(MIDLANDS), named(RWP, 0), RegistrationConfirmed))
    organiser, outsider = await house.lead(MIDLANDS, role="organiser"), await house.lead(LONDON)

    own = await ask(house, organiser, "event-funnel")
    other = await ask(house, outsider, "event-funnel")
    assert await work(house)
    file = await fetch(house, organiser, own.json()["id"])

    names, _, *rows = rows_of(file)
    assert [dict(zip(names[:4], row[:4], strict=True)) for row in rows] == [
        {"group": "Acute", "eligible": "3", "told": "0", "registered": "1"}
    ]
    assert (other.status_code, other.json()["code"]) == (404, "nothing-published")


class Overtaken(JobRun):
    """A slow attempt: by the time it comes to write, its lease has lapsed and another has done the whole job."""

    @asynccontextmanager
    async def chunk(self) -> AsyncIterator[Conn]:
        assert await JobRunner(self._db, HANDLERS).run_one()
        async with super().chunk() as conn:
            yield conn


async def test_a_job_that_is_begun_twice_writes_one_file(house: House) -> None:
    lead, lease = await house.lead(MIDLANDS), new_id()
    asked = await ask(house, lead)
    async with house.worker.transaction() as conn:
        job = await jobs.store.take(conn, list(HANDLERS), lease, seconds=0.0)
    assert job is not None

    with pytest.raises(LeaseLost):
        await write_file(Overtaken(house.worker, job, lease, lease_seconds=30.0))

    done = (await house.http.get(asked.headers["location"], headers=lead.bearer)).json()
    assert (done["state"], await files_kept(house)) == ("done", 1)
    assert (await fetch(house, lead, done["id"])).status_code == 200


async def files_kept(house: House) -> int:
    async with house.worker.reading() as conn:
        count: int = await conn.fetchval("SELECT count(*) FROM export_files")
    return count


async def test_a_file_goes_after_a_week_and_says_so(house: House) -> None:
    lead = await house.lead(MIDLANDS)
    export_id = (await ask(house, lead)).json()["id"]
    await work(house)
    now = clock.now()

    assert await forget_past(house.worker, now=now + timedelta(days=6, hours=23)) == 0
    assert await forget_past(house.worker, now=now + timedelta(days=7, minutes=1)) == 1
    gone = await fetch(house, lead, export_id)

    assert (gone.status_code, gone.json()["code"]) == (410, "export-gone")
    assert "kept for 7 days" in gone.json()["detail"]


async def test_a_file_past_its_time_is_not_given_even_before_it_is_cleared_away(house: House) -> None:
    lead = await house.lead(MIDLANDS)
    export_id = (await ask(house, lead)).json()["id"]
    await work(house)
    async with house.worker.transaction() as conn:
        await conn.execute("UPDATE export_files SET expires_at = now()")

    assert (await fetch(house, lead, export_id)).status_code == 410


async def test_the_second_wall_keeps_files_to_their_owner(house: House) -> None:
    """As the serving role, outside anybody's scope, there is no file at all."""
    lead = await house.lead(MIDLANDS)
    await ask(house, lead)
    await work(house)
    conn = await asyncpg.connect(house.database.api)

    assert await conn.fetchval("SELECT count(*) FROM export_files") == 0
    await conn.close()
    assert await files_kept(house) == 1
