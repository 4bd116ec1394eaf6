"""What is parked can be looked at, replayed in order or let go, from a console; errors are one sentence."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest
from notes_process import Work, environment
from notes_service import NOTES
from notes_stack import Stack, has

from servicekit import clock
from servicekit.consumers.apply import Applier
from servicekit.consumers.delivery import Record
from servicekit.ids import new_id
from servicekit.testing import eventually


@pytest.fixture
async def console(stack: Stack, cells_file: Path) -> AsyncIterator[Work]:
    """The command line of the little service, beside its consumer."""
    told = environment(stack.notes, stack.kafka, stack.cells, cells_file, 1) | {"CELLS": "midlands"}
    work = Work(told, 1)
    yield work
    await work.kill()


async def asked(console: Work, *command: str, status: int = 0) -> Any:
    ended, said = await console.said("parked", *command, "--json")
    assert ended == status, said
    return orjson.loads(said)


async def poisoned(stack: Stack, *, behind: int = 1) -> UUID:
    """A note whose second text nobody can take, and so many texts behind it."""
    note = new_id()
    for text in ["first", "poison", *(f"behind {number}" for number in range(behind))]:
        await stack.write(note, text)
    await eventually(lambda: so_many_parked(stack, note, behind + 1))
    return note


async def so_many_parked(stack: Stack, note: UUID, count: int) -> bool:
    async with stack.db.transaction() as conn:
        parked = await conn.fetchval("SELECT count(*) FROM servicekit.parked WHERE subject = $1", str(note))
    return bool(parked == count)


async def consuming(stack: Stack) -> None:
    stack.relay()
    await stack.consume()


async def test_a_list_is_paged_and_can_be_narrowed(stack: Stack, console: Work) -> None:
    await consuming(stack)
    assert await asked(console, "list") == {"service": "notes", "items": [], "next": None}
    one = await poisoned(stack)
    between = clock.now().replace(tzinfo=None).isoformat(timespec="microseconds")
    other = await poisoned(stack, behind=2)

    first = await asked(console, "list", "--limit", "3")
    second = await asked(console, "list", "--after", str(first["next"]))

    assert [item["subject"] for item in first["items"] + second["items"]] == [str(one)] * 2 + [str(other)] * 3
    assert second["next"] is None
    assert first["items"][0] == {
        "id": first["items"][0]["id"],
        "consumer": "notes",
        "subject": str(one),
        "topic": "midlands.notes",
        "partition": 0,
        "offset": 1,
        "key": str(one),
        "signal_id": first["items"][0]["signal_id"],
        "cause": "Poison: a text that nobody can take",
        "waits_for_an_earlier_one": False,
        "parked_at": first["items"][0]["parked_at"],
        "projected": False,
        "told": False,
    }
    assert first["items"][1]["waits_for_an_earlier_one"] is True
    assert len((await asked(console, "list", "--subject", str(other)))["items"]) == 3
    assert len((await asked(console, "list", "--cause", "NOBODY can"))["items"]) == 2
    assert len((await asked(console, "list", "--consumer", "notes"))["items"]) == 5
    assert {item["subject"] for item in (await asked(console, "list", "--since", between))["items"]} == {str(other)}
    status, said = await console.said("parked", "list")
    assert status == 0
    assert str(one) in said
    assert "midlands.notes/0/1" in said


async def test_one_delivery_is_shown_with_its_signal(stack: Stack, console: Work) -> None:
    await consuming(stack)
    note = await poisoned(stack)
    (first, _) = (await asked(console, "list"))["items"]

    shown = await asked(console, "show", str(first["id"]))

    assert shown["signal"]["data"] == {"version": 1, "note_id": str(note), "text": "poison"}
    assert (shown["content"], shown["bytes"], shown["offset"]) == ("kept", None, 1)
    assert (await console.said("parked", "show", str(first["id"])))[0] == 0


async def test_bytes_that_are_no_signal_are_shown_as_they_are(stack: Stack, console: Work) -> None:
    applier = Applier(consumer=NOTES, db=stack.db, epoch=1)
    await applier.apply(
        [Record(topic="midlands.notes", partition=0, offset=7, key=None, value=b"{\xff", headers={}, timestamp=0)]
    )
    (item,) = (await asked(console, "list"))["items"]

    shown = await asked(console, "show", str(item["id"]))

    assert (shown["content"], shown["signal"], shown["bytes"]) == ("no JSON", None, "{\\xff")


async def test_a_profiles_content_is_never_shown(stack: Stack, console: Work) -> None:
    """Its bytes are not kept; even if they were, they would stay out of sight."""
    async with stack.db.transaction() as conn:
        await conn.execute(
            "INSERT INTO servicekit.parked"
            " (consumer, subject, topic, partition, record_offset, value, cause, parked_at)"
            " VALUES ('notes', 's', 'midlands.membership.profiles', 0, 3, $1, 'DataError', now())",
            b'{"data": {"email": "canary@example.org"}}',
        )
    (item,) = (await asked(console, "list"))["items"]

    status, said = await console.said("parked", "show", str(item["id"]), "--json")

    assert status == 0
    assert "canary" not in said
    assert orjson.loads(said)["content"] == "not kept: a profile's content stays on its topic"


async def test_a_replay_applies_in_order_once_the_mistake_is_mended(stack: Stack, console: Work) -> None:
    await consuming(stack)
    note, other = await poisoned(stack), await poisoned(stack)

    failed = await asked(console, "replay", str(note), status=1)
    assert failed["replayed"] == []
    assert failed["failed"] == [
        {"consumer": "notes", "subject": str(note), "error": "Poison: a text that nobody can take"}
    ]
    assert await so_many_parked(stack, note, 2)
    console.environment["NOTES_MENDED"] = "1"
    done = await asked(console, "replay", str(note))

    assert done["replayed"] == [{"consumer": "notes", "subject": str(note), "deliveries": 2}]
    assert await stack.texts(note) == ["first", "poison", "behind 0"]
    assert await so_many_parked(stack, other, 2)
    await stack.write(note, "after")
    await eventually(lambda: has(stack, note, 4))
    assert [one["subject"] for one in (await asked(console, "replay", "--all"))["replayed"]] == [str(other)]
    assert await stack.texts(other) == ["first", "poison", "behind 0"]
    async with stack.db.transaction() as conn:
        assert await conn.fetchval("SELECT count(*) FROM told") == 7


async def test_what_is_discarded_is_written_down_and_those_behind_go_on(stack: Stack, console: Work) -> None:
    await consuming(stack)
    note = await poisoned(stack, behind=2)

    done = await asked(
        console, "discard", str(note), "--because", "sent by a faulty import", "--by", "r.okafor", "--yes"
    )

    assert done["discarded"]["offset"] == 1
    assert done["replayed"] == [{"consumer": "notes", "subject": str(note), "deliveries": 2}]
    assert await stack.texts(note) == ["first", "behind 0", "behind 1"]
    await stack.write(note, "after")
    await eventually(lambda: has(stack, note, 4))
    async with stack.db.transaction() as conn:
        (kept,) = await conn.fetch("SELECT * FROM servicekit.discarded")
    assert (kept["discarded_by"], kept["because"], kept["subject"]) == (
        "r.okafor",
        "sent by a faulty import",
        str(note),
    )
    assert (kept["record_offset"], kept["cause"]) == (1, "Poison: a text that nobody can take")


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (["list", "--consumer", "nobody"], "notes has no consumer 'nobody'; there are: notes"),
        (["list", "--since", "yesterday"], "Invalid value for '--since'"),
        (["list", "--limit", "0"], "Invalid value for '--limit'"),
        (["show", "1"], "notes has nothing parked under 1; it may have been replayed or discarded"),
        (["show", "x"], "Invalid value for"),
        (["replay"], "Say which: a subject, --consumer, --cause, --since, or --all for everything that is parked."),
        (["replay", "nothing"], "notes has nothing parked of the subject nothing"),
        (["discard", "nothing", "--because", "x", "--yes"], "notes has nothing parked of the subject nothing"),
        (["discard", "s", "--yes"], "Missing option '--because'"),
        (["discard", "s", "--because", " ", "--yes"], "Say --because: whoever comes later must understand"),
        (["discard", "s", "--because", "x"], "Discarding cannot be undone: say --yes where nobody can be asked."),
    ],
)
async def test_what_cannot_be_done_is_said_and_nothing_changes(
    stack: Stack, console: Work, command: list[str], sentence: str
) -> None:
    status, said = await console.said("parked", *command)

    assert status in (1, 2)
    assert sentence in said
    assert "Traceback" not in said
    async with stack.db.transaction() as conn:
        assert await conn.fetchval("SELECT count(*) FROM servicekit.discarded") == 0


async def test_a_topic_is_delivered_once_more_and_only_what_was_lost_is_applied(stack: Stack, console: Work) -> None:
    """As after a restored backup: the broker remembers more than the database."""
    await consuming(stack)
    notes = [new_id() for _ in range(4)]
    for note in notes:
        await stack.write(note, "x")
    await eventually(lambda: has(stack, notes[3], 1))
    async with stack.db.transaction() as conn:
        lost = await conn.fetchval("DELETE FROM kept_notes WHERE note_id = $1 RETURNING note_id", notes[2])
        await conn.execute("DELETE FROM told WHERE note_id = $1", lost)
        await conn.execute(
            "DELETE FROM servicekit.inbox WHERE signal_id = (SELECT id FROM servicekit.outbox WHERE key = $1)",
            str(lost),
        )

    async def replayed(first: str) -> Any:
        status, said = await console.said("replay", "--topic", "midlands.notes", "--from", first, "--json")
        assert status == 0, said
        return orjson.loads(said)["consumers"]

    assert await replayed("3") == [{"consumer": "notes", "records": 1, "applied": 0, "repeated": 1}]
    assert await replayed("1") == [{"consumer": "notes", "records": 3, "applied": 1, "repeated": 2}]
    assert await replayed("0") == [{"consumer": "notes", "records": 4, "applied": 0, "repeated": 4}]
    assert [await stack.texts(note) for note in notes] == [["x"]] * 4
    async with stack.db.transaction() as conn:
        assert await conn.fetchval("SELECT count(*) FROM told") == 4


async def test_a_topic_that_nobody_reads_is_named(console: Work) -> None:
    status, said = await console.said("replay", "--topic", "london.notes", "--from", "0")

    assert status == 1
    assert said.strip() == ("nobody of notes reads the topic 'london.notes'; read are: midlands.notes, national.notes")
