"""A route without its guard, and a model that is wrong, are both seen: the matrix can fail."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from matrix import Judge, answer, cases, run, verdict_of
from places import World
from rights_model import Caller, Thing, Verdict, judge

from servicekit.web.rules import ATTRIBUTE

UNGUARDED = {
    "membership": "GET /api/v1/memberships/{membership_id}",
    "events": "PATCH /api/v1/cells/{cell}/events/{event_id}",
    "notifications": "GET /api/v1/cells/{cell}/announcements/{announcement_id}",
    "analytics": "POST /api/v1/cells/{cell}/reports/snapshots",
}
"""Of each service a route that has not been anybody's for as long as the guard is away."""
JUDGED = {
    "membership": "GET /api/v1/people/{person_id}",
    "events": "GET /api/v1/cells/{cell}/registrations/{registration_id}",
    "notifications": "GET /api/v1/cells/{cell}/templates/{network_id}",
    "analytics": "POST /api/v1/cells/{cell}/reports/schedules",
}


@contextmanager
def unguarded(app: FastAPI, route: str) -> Iterator[None]:
    """The route's rules are taken away, as if somebody had forgotten them."""
    method, path = route.split()
    [context] = [one for one in iter_route_contexts(app.routes) if one.path == path and method in (one.methods or ())]
    dependant: Any = getattr(context, "dependant", None)
    before = list(dependant.dependencies)
    dependant.dependencies[:] = [one for one in before if not hasattr(one.call, ATTRIBUTE)]
    assert dependant.dependencies != before
    try:
        yield
    finally:
        dependant.dependencies[:] = before


async def test_a_route_without_its_guard_is_seen(world: World) -> None:
    route = UNGUARDED[world.opened.service.name]
    refused = [case for case in cases(world, routes=[route]) if verdict_of(case) in {Verdict.FORBIDDEN, Verdict.HIDDEN}]
    with unguarded(world.app, route):
        without = await run(world, refused)
    with_it = await run(world, refused)

    assert without.wrong != []
    assert with_it.wrong == []


def at_its_network_alone(action: str, caller: Caller, thing: Thing) -> Verdict:
    """Forgets that a grant counts below its network as well."""
    at = set().union(*thing.at)
    return judge(action, replace(caller, grants=frozenset(one for one in caller.grants if one[1] in at)), thing)


def whatever_the_role(action: str, caller: Caller, thing: Thing) -> Verdict:
    """Takes every grant for a lead's."""
    return judge(action, replace(caller, grants=frozenset(("lead", at) for _, at in caller.grants)), thing)


def wherever_it_is(action: str, caller: Caller, thing: Thing) -> Verdict:
    """Takes every grant for a national one."""
    return judge(action, replace(caller, grants=frozenset((role, "national") for role, _ in caller.grants)), thing)


MISTAKEN = (at_its_network_alone, whatever_the_role, wherever_it_is)


async def test_a_model_that_is_mistaken_disagrees_with_what_is_answered(world: World) -> None:
    answers = [await answer(world, case) for case in cases(world, routes=[JUDGED[world.opened.service.name]])]

    def wrong_by(model: Judge) -> list[str]:
        told = [
            replace(one, verdict=model(one.case.action, one.case.principal.caller, one.case.thing)) for one in answers
        ]
        return [str(one) for one in told if not one.is_right]

    assert wrong_by(judge) == []
    assert [mistaken.__name__ for mistaken in MISTAKEN if not wrong_by(mistaken)] == []
