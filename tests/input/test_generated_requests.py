"""Whoever asks by a description finds what is wrong with a service: were this one praised, it would prove nothing."""

from collections import Counter
from pathlib import Path
from textwrap import dedent

import pytest
from fastapi import APIRouter
from figures import Figures
from generated_requests import Outcome, World, generated, judge, refused_throughout
from pydantic import BaseModel

from access import anyone
from servicekit.problem import Invalid
from servicekit.web.app import create_app

router = APIRouter(prefix="/api/v1/things", dependencies=[anyone()])


class Thing(BaseModel):
    name: str
    size: int


@router.get("/right/{number}")
async def right(number: int) -> Thing:
    return Thing(name="a thing", size=number)


@router.get("/breaks")
async def breaks() -> Thing:
    raise KeyError("size")


@router.get("/otherwise", responses={200: {"model": Thing}})
async def otherwise() -> dict[str, str]:
    return {"name": "a thing without a size"}


@router.get("/strict/{name}")
async def strict(name: str) -> Thing:
    raise Invalid("name: expected another", errors=[{"field": "name", "message": f"expected another than {name[:10]}"}])


def test_an_operation_that_takes_nothing_at_all_is_noticed() -> None:
    said = """
    Schema validation mismatch: 2 operations mostly rejected generated data

      - POST /things
      - PUT /things/{number}

    Check your schema constraints
    """
    answers = {("POST", "/things"): Counter({201: 1, 422: 9}), ("PUT", "/things/{number}"): Counter({422: 10})}

    assert refused_throughout(Outcome(0, dedent(said), 20, answers)) == ["PUT /things/{number}"]


def said_to_nobody(_name: str, _figure: object) -> None:
    """What a service that is wrong on purpose reaches is no figure of ours."""


async def ready() -> None:
    """It always is."""


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/breaks", "ST101 Server error"),
        ("/otherwise", "ST108 Response violates schema"),
        ("/strict/{name}", "ST901 Custom check failed"),
    ],
)
async def test_what_is_wrong_with_a_service_is_found(
    path: str, code: str, tmp_path: Path, unused_tcp_port: int, seed: int
) -> None:
    wrong = APIRouter()
    wrong.routes.extend(route for route in router.routes if getattr(route, "path", "").endswith(path))
    app = create_app(title="things", version="1", routers=[wrong], lifespan=None, ready=ready)

    outcome = await generated(World(app=app), tmp_path, unused_tcp_port, seed=seed, phases=["coverage"])

    assert code in outcome.said
    with pytest.raises(AssertionError):
        judge(outcome, "a service that is wrong", Figures(said_to_nobody))
