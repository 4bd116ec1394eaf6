"""Check-ins a second at one event, by eight stewards who hold a grant at its network."""

from collections.abc import Iterable
from functools import partial

import orjson

from benchmarks.commands.issuer import Issuer
from benchmarks.commands.measuring import Shape, result
from benchmarks.commands.sides import FASTEST, request
from benchmarks.commands.world import CELL, STEWARDS, World, event, registration, steward
from benchmarks.figure import Figure, Plan, Result
from benchmarks.stage import Stage

LEFT = """
SELECT (SELECT count(*) FROM registrations WHERE attended_at IS NOT NULL),
       (SELECT count(*) FROM servicekit.outbox),
       (SELECT count(*) FROM servicekit.idempotency_keys WHERE status = 200)
"""


def requests(count: int, _world: World, issuer: Issuer) -> tuple[Iterable[bytes], Iterable[bytes]]:
    tokens = [issuer.token(str(steward(number))) for number in range(STEWARDS)]
    return (
        (
            request(
                "/check-ins",
                orjson.dumps(
                    {"event_id": event(0), "registration_id": registration(number), "key": f"key-{number:08d}"}
                ),
            )
            for number in range(count)
        ),
        (
            request(
                f"/api/v1/cells/{CELL}/events/{event(0)}/check-ins",
                orjson.dumps({"registration_id": registration(number)}),
                authorization=f"Bearer {tokens[number % STEWARDS]}",
                idempotency_key=f"key-{number:08d}",
            )
            for number in range(count)
        ),
    )


async def at_one_event(stage: Stage, plan: Plan) -> Result:
    count = int(FASTEST * plan.seconds)
    shape = Shape(
        name="check-ins",
        unit="check-ins",
        people=count,
        events=1,
        registered=count,
        requests=partial(requests, count),
        left=LEFT,
    )
    return await result(stage, plan, shape, goal=1.5)


FIGURE = Figure(name="check-ins", measure=at_one_event)
