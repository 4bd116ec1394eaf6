"""Registrations a second: spread over 200 events, and all at one that everybody wants."""

from collections.abc import Iterable
from functools import partial

import orjson

from benchmarks.commands.issuer import Issuer
from benchmarks.commands.measuring import Shape, result
from benchmarks.commands.sides import FASTEST, request
from benchmarks.commands.world import CELL, World, event, person
from benchmarks.figure import Figure, Plan, Result
from benchmarks.stage import Stage

EVENTS = 200
MEMBERS = 2000
"""As many as the network has now; each registers for many of the events, with one token."""

LEFT = """
SELECT (SELECT count(*) FROM registrations WHERE status = 'confirmed'),
       (SELECT sum(confirmed) FROM events),
       (SELECT count(*) FROM servicekit.outbox),
       (SELECT count(*) FROM servicekit.idempotency_keys WHERE status = 201)
"""

Asked = list[tuple[int, int]]
"""Numbers of an event and of a person; no pair comes twice."""


def over_many(count: int) -> Asked:
    return [(n % EVENTS, (n + n // EVENTS) % MEMBERS) for n in range(min(count, EVENTS * MEMBERS))]


def at_one(count: int) -> Asked:
    return [(0, n) for n in range(count)]


def requests(asked: Asked, _world: World, issuer: Issuer) -> tuple[Iterable[bytes], Iterable[bytes]]:
    tokens = {number: issuer.token(str(person(number))) for _, number in asked}
    return (
        (
            request(
                "/registrations",
                orjson.dumps({"event_id": event(where), "person_id": person(who), "key": f"key-{number:08d}"}),
            )
            for number, (where, who) in enumerate(asked)
        ),
        (
            request(
                f"/api/v1/cells/{CELL}/events/{event(where)}/registrations",
                authorization=f"Bearer {tokens[who]}",
                idempotency_key=f"key-{number:08d}",
            )
            for number, (where, who) in enumerate(asked)
        ),
    )


async def over_200_events(stage: Stage, plan: Plan) -> Result:
    shape = Shape(
        name="registrations",
        unit="registrations",
        people=MEMBERS,
        events=EVENTS,
        registered=0,
        requests=partial(requests, over_many(int(FASTEST * plan.seconds))),
        left=LEFT,
    )
    return await result(stage, plan, shape, goal=0.6)


async def on_one_event(stage: Stage, plan: Plan) -> Result:
    """Everybody asks once, so that every token is verified anew."""
    count = int(FASTEST * plan.seconds)
    shape = Shape(
        name="hot-event",
        unit="registrations",
        people=count,
        events=1,
        registered=0,
        requests=partial(requests, at_one(count)),
        left=LEFT,
    )
    return await result(stage, plan, shape, goal=1.5)


FIGURES = [Figure(name="registrations", measure=over_200_events), Figure(name="hot-event", measure=on_one_event)]
