"""Many callers are looked up in one round trip, each as they are at that moment, and none as another."""

import asyncio
from typing import Any

import asyncpg
import pytest

from access.principal import Principals
from membership_contracts import subject_hash
from servicekit import clock
from servicekit.database import Database
from servicekit.web.tokens import Token


def a_token(hello: Any, subject: str) -> Token:
    return Token(hello.directory.issuer.url, subject, f"{subject}@example.org", True, None, {})


async def test_callers_who_ask_together_are_each_told_who_they_are(hello: Any) -> None:
    lead, member = await hello.directory.lead("national.midlands"), await hello.directory.person("national.london")
    db = await Database.open(hello.settings.database_url, size=2)
    principals = Principals(db)
    tokens = [a_token(hello, subject) for subject in (lead.subject, member.subject, "nobody-yet", lead.subject)]

    found = await asyncio.gather(*(principals.find(token, now=clock.now(), today=clock.today()) for token in tokens))
    await db.close()

    assert [one.person_id for one in found] == [lead.person_id, member.person_id, None, lead.person_id]
    assert [[grant.path for grant in one.grants] for one in found] == [
        ["national.midlands"],
        [],
        [],
        ["national.midlands"],
    ]
    assert [len(one.networks) for one in found] == [2, 2, 0, 2]
    assert [one.email for one in found] == [None, None, "nobody-yet@example.org", None]


async def test_a_crowd_is_looked_up_in_few_round_trips(hello: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    people = [await hello.directory.person("national.midlands") for _ in range(30)]
    asked: list[int] = []
    look_up = Principals._look_up

    async def counted(self: Principals, group: Any) -> Any:
        asked.append(len(group))
        return await look_up(self, group)

    monkeypatch.setattr(Principals, "_look_up", counted)
    db = await Database.open(hello.settings.database_url, size=2)
    principals = Principals(db)

    found = await asyncio.gather(
        *(principals.find(a_token(hello, person.subject), now=clock.now(), today=clock.today()) for person in people)
    )
    await db.close()

    assert [one.person_id for one in found] == [person.person_id for person in people]
    assert asked == [30]


async def test_nothing_is_remembered(hello: Any) -> None:
    lead = await hello.directory.lead("national.midlands")
    db = await Database.open(hello.settings.database_url, size=2)
    principals, token = Principals(db), a_token(hello, lead.subject)

    before = await principals.find(token, now=clock.now(), today=clock.today())
    await hello.directory.revoke_all(lead.person_id, "national.midlands")
    after = await principals.find(token, now=clock.now(), today=clock.today())
    await db.close()

    assert (len(before.grants), len(after.grants)) == (1, 0)


async def test_each_is_looked_up_as_themselves(hello: Any) -> None:
    """The second wall stands while many are looked up: as nobody, the same rows are not seen."""
    lead = await hello.directory.lead("national.midlands")
    conn = await asyncpg.connect(hello.settings.database_url)
    hashed = subject_hash(hello.directory.issuer.url, lead.subject)
    statement = "SELECT person_id, grants FROM access.principals($1, $2, $3)"

    async with conn.transaction():
        rows = await conn.fetch(statement, [hello.directory.issuer.url] * 2, ["f" * 64, hashed], [clock.today()] * 2)
        afterwards = await conn.fetchval("SELECT count(*) FROM access_identities")
        grants = await conn.fetchval("SELECT count(*) FROM access_grants")
    await conn.close()

    assert [row["person_id"] for row in rows] == [None, lead.person_id]
    assert rows[0]["grants"] == "[]"
    assert (afterwards, grants) == (0, 0), "nobody's rows are left in sight"
