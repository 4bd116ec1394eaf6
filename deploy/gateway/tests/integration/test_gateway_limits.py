"""A limit for each person: neither shared with the building nor shaken off by a new token."""

import asyncio
import math
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from guildhall_local.gateway.testing import Front, front
from servicekit.testing import eventually

ME = "/api/v1/me"
A_MINUTE = 3
"""One more every 20 s: none comes back while a test runs."""


async def statuses(gateway: Front, tokens: list[str]) -> list[int]:
    """Of one request for each token, all at once."""
    answers = await asyncio.gather(*(gateway.get(ME, token=token) for token in tokens))
    return [answer.status_code for answer in answers]


async def rotated(gateway: Front, people: int, rounds: int) -> list[Counter[int]]:
    """What each person got when all ask in turn, round after round."""
    tokens = [gateway.issuer.token(f"person-{number}") for number in range(people)]
    got: list[Counter[int]] = [Counter() for _ in tokens]
    for _ in range(rounds):
        for counter, status in zip(got, await statuses(gateway, tokens), strict=True):
            counter[status] += 1
    return got


async def test_a_hundred_people_in_rotation_are_each_limited_by_themselves(tmp_path: Path) -> None:
    async with front(tmp_path, requests_per_person=A_MINUTE) as gateway:
        got = await rotated(gateway, people=100, rounds=5)

    assert got == [Counter({200: A_MINUTE, 429: 2})] * 100


async def test_with_envoys_own_number_of_buckets_nobody_would_be_limited(
    tmp_path: Path, changed: Callable[[str, str, str], Path]
) -> None:
    source = changed("pieces.yaml.j2", "max_dynamic_descriptors: 20000", "max_dynamic_descriptors: 20")

    async with front(tmp_path / "state", requests_per_person=A_MINUTE, source=source) as gateway:
        got = await rotated(gateway, people=100, rounds=5)

    assert got != [Counter({200: A_MINUTE, 429: 2})] * 100
    assert sum(counter[200] for counter in got) > 100 * A_MINUTE


async def test_six_hundred_people_behind_one_address_are_not_one_person(tmp_path: Path) -> None:
    async with front(tmp_path, requests_per_person=A_MINUTE) as gateway:
        greedy = [gateway.issuer.token("greedy") for _ in range(10)]
        alone = Counter(await statuses(gateway, greedy))
        crowd = await statuses(gateway, [gateway.issuer.token(f"person-{n}") for n in range(600)])
        afterwards = await gateway.get(ME, token=gateway.issuer.token("greedy"))

    assert alone == {200: A_MINUTE, 429: 7}
    assert Counter(crowd) == {200: 600}
    assert afterwards.status_code == 429


async def test_the_answer_says_how_much_is_left_and_when_to_come_back(tmp_path: Path) -> None:
    async with front(tmp_path, requests_per_person=60) as gateway:
        token = gateway.issuer.token()
        first = await gateway.get(ME, token=token)
        begun = time.monotonic()
        rest = Counter(await statuses(gateway, [token] * 80))
        refused = await gateway.get(ME, token=token)

        async def served_again() -> bool:
            return (await gateway.get(ME, token=token)).status_code == 200

        await eventually(served_again, within=5)
        in_all = 60 + math.ceil(time.monotonic() - begun)

    assert first.headers["ratelimit-policy"] == '"minute";q=60;w=60'
    assert first.headers["ratelimit"] == '"minute";r=59;t=0'
    assert "retry-after" not in first.headers
    assert rest[200] + 2 <= in_all
    assert refused.status_code == 429
    assert refused.headers["ratelimit"] == '"minute";r=0;t=1'
    assert refused.headers["retry-after"] == "1"
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["code"] == "too-many-requests"
    assert "Retry-After" in refused.json()["detail"]


async def test_guessing_tokens_is_limited_by_address_before_they_are_checked(tmp_path: Path) -> None:
    async with front(tmp_path, requests_per_address=20) as gateway:
        got = Counter([(await gateway.get(ME, token="guess")).status_code for _ in range(30)])

    assert got == {401: 20, 429: 10}


async def test_strangers_share_their_addresses_limit_and_leave_persons_theirs(tmp_path: Path) -> None:
    async with front(tmp_path, requests_per_nobody=5) as gateway:
        asked = [await gateway.get("/api/v1/events/openapi.json") for _ in range(8)]
        person = await gateway.get("/api/v1/events/openapi.json", token=gateway.issuer.token())

    assert [answer.status_code for answer in asked] == [200] * 5 + [429] * 3
    assert person.status_code == 200
