"""Whoever joins again after an erasure is somebody new, in whatever order the links and the erasure arrive."""

from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from access import ACCESS
from membership_contracts import IdentityLinked, PersonErased
from servicekit import clock
from servicekit.envelope import Origin
from servicekit.ids import new_id
from servicekit.testing.deliveries import as_record, deliver

ORDERS = list(permutations(["the old link", "its end", "the new link"]))


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: ", ".join(order))
async def test_the_newest_person_signs_in(hello: Any, order: tuple[str, ...]) -> None:
    old, new = new_id(), new_id()
    identity = f"{old}"
    told = {
        "the old link": linked(old, identity, version=3),
        "its end": PersonErased(version=1, erasure_id=new_id(), person_id=old, at=clock.now()),
        "the new link": linked(new, identity, version=1),
    }

    for what in order:
        await deliver(hello.worker, ACCESS, as_record(told[what], at=Origin("national", "national")))

    assert await signs_in(hello, identity) == [new]


async def test_links_that_arrive_together_are_judged_alike(hello: Any) -> None:
    old, new = new_id(), new_id()
    records = [
        as_record(linked(person, f"{old}", version=version), at=Origin("national", "national"))
        for person, version in ((new, 1), (old, 1), (old, 2))
    ]

    await deliver(hello.worker, ACCESS, *records)

    assert await signs_in(hello, f"{old}") == [new]


def linked(person_id: UUID, subject_hash: str, *, version: int) -> IdentityLinked:
    return IdentityLinked(version=version, person_id=person_id, issuer="the provider", subject_hash=subject_hash)


async def signs_in(hello: Any, subject_hash: str) -> list[UUID]:
    async with hello.worker.reading() as conn:
        rows = await conn.fetch("SELECT person_id FROM access_identities WHERE subject_hash = $1", subject_hash)
    return [row["person_id"] for row in rows]
