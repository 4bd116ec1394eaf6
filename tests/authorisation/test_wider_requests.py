"""Nobody gets further by saying more: fields that are not theirs, filters by what they may not see, lists."""

import random
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from matrix import Case, ask, cases, code_of, verdict_of
from places import Place, World
from rights_model import Verdict

NOT_THEIRS_TO_SET = ("id", "person_id", "version", "given_by", "grants", "path", "is_lead", "made_at")
HIDDEN = ("email", "person_id", "sort", "order_by", "fields", "shown", "waiting")
ROUTES_IN_A_SAMPLE = 4


def allowed(world: World, route: str) -> Case:
    return next(case for case in cases(world, routes=[route]) if verdict_of(case) is Verdict.ALLOWED)


def with_a_body(world: World) -> list[str]:
    return [route for route, place in world.places.items() if isinstance(place.body, dict)]


def that_read(world: World) -> list[str]:
    return [route for route in world.places if route.startswith("GET ") and not route.endswith(("/stream", ".ics"))]


async def set_in_passing(world: World, routes: Iterable[str]) -> list[str]:
    """Fields that a body does not have, and that were not refused."""
    found = []
    for route in routes:
        case = allowed(world, route)
        known = set(case.place.body) | _documented(world, route, "requestBody")
        for name in NOT_THEIRS_TO_SET:
            if name not in known:
                told = await ask(world, case, more_body={name: "1"})
                if told.answer.status_code != 422:
                    found.append(f"{case}, {name}: {told.answer.status_code}")
    return found


async def filtered_by_the_hidden(world: World, routes: Iterable[str]) -> list[str]:
    found = []
    for route in routes:
        case = allowed(world, route)
        for name in HIDDEN:
            if name not in _documented(world, route, "parameters"):
                told = await ask(world, case, more_query={name: "a"})
                if told.answer.status_code != 422:
                    found.append(f"{case}, {name}: {told.answer.status_code}")
    return found


def _documented(world: World, route: str, part: str) -> set[str]:
    """Names of the parameters, or of the body's fields."""
    method, path = route.split()
    description = world.app.openapi()
    operation = description["paths"][path][method.lower()]
    if part == "parameters":
        return {one["name"] for one in operation.get(part, [])}
    [content] = operation[part]["content"].values()
    schemas = [content["schema"], *content["schema"].get("anyOf", []), *content["schema"].get("oneOf", [])]
    named: dict[str, Any] = description["components"]["schemas"]
    return {
        name
        for schema in schemas
        for name in named.get(schema.get("$ref", "").rpartition("/")[2], {}).get("properties", {})
    }


async def test_some_bodies_set_nothing_but_what_they_are_for(world: World, seed: int) -> None:
    assert await set_in_passing(world, _drawn(with_a_body(world), seed)) == []


async def test_some_lists_are_not_filtered_or_sorted_by_what_is_hidden(world: World, seed: int) -> None:
    assert await filtered_by_the_hidden(world, _drawn(that_read(world), seed)) == []


@pytest.mark.faults
async def test_no_body_sets_more_than_it_is_for(world: World) -> None:
    assert await set_in_passing(world, with_a_body(world)) == []


@pytest.mark.faults
async def test_nothing_is_filtered_or_sorted_by_what_is_hidden(world: World) -> None:
    assert await filtered_by_the_hidden(world, that_read(world)) == []


def _drawn(routes: list[str], seed: int) -> list[str]:
    return random.Random(seed).sample(routes, min(ROUTES_IN_A_SAMPLE, len(routes)))


async def test_one_foreign_id_at_the_end_of_a_list_refuses_the_whole(world: World) -> None:
    for batch in world.batches:
        case = Case(batch.route, Place("-", body=batch.whole), world.principals[batch.who], batch.found)
        whole = await ask(world, case)
        foreign = await ask(world, replace(case, place=Place("-", body=batch.foreign)))

        assert whole.answer.is_success, f"{case}: {whole.answer.text}"
        assert foreign.answer.status_code in {403, 404, 422}, f"{case}: {foreign.answer.text}"
        assert code_of(foreign.answer)
    assert world.batches or world.opened.service.name == "analytics", "nothing is asked of analytics in lists"
