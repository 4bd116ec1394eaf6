"""Mistakes in a request are listed field by field, in the user's words."""

from collections.abc import AsyncIterator
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, NaiveDatetime, field_validator

from servicekit.web import create_app
from servicekit.web.rules import anyone

router = APIRouter(dependencies=[Depends(anyone)])
SECRET = "constraint people_email_key of table people"


class Kind(StrEnum):
    SUMMIT = "summit"
    COURSE = "course"


class Venue(BaseModel):
    model_config = ConfigDict(extra="forbid")

    room: str = Field(min_length=2)


class ByPost(BaseModel):
    model_config = ConfigDict(extra="forbid")
    street: str


class ByMail(BaseModel):
    model_config = ConfigDict(extra="forbid")
    box: int


class Draft(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str = Field(max_length=20)
    kind: Kind = Kind.SUMMIT
    on: date | None = None
    starts_at: AwareDatetime | None = None
    network_id: UUID | None = None
    places: int = Field(default=1, ge=1, le=500)
    venues: list[Venue] = []
    reach: ByPost | ByMail | None = None

    @field_validator("title")
    @classmethod
    def _no_shouting(cls, title: str) -> str:
        if title.isupper():
            raise ValueError("please do not shout")
        return title


@router.post("/events")
async def draft(body: Draft) -> Draft:
    return body


class Box(BaseModel):
    form: Literal["box"]
    at: NaiveDatetime | None = None


class Street(BaseModel):
    form: Literal["street"]


@router.post("/addresses")
async def keep_address(body: Annotated[Box | Street, Field(discriminator="form")]) -> None: ...


class Filter(BaseModel):
    model_config = ConfigDict(extra="forbid")

    region: str | None = None


@router.get("/events")
async def find(limit: Annotated[int, Query(ge=1)] = 1, kind: Kind | None = None) -> dict[str, int]:
    return {"limit": limit}


@router.get("/filtered")
async def filtered(by: Annotated[Filter, Query()]) -> Filter:
    return by


@router.get("/events/{event_id}")
async def one(event_id: UUID) -> dict[str, str]:
    return {"id": str(event_id)}


async def ready() -> None: ...


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(title="Events", version="1", routers=[router], lifespan=None, ready=ready)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://events") as client:
        yield client


async def test_every_mistake_is_listed_in_the_users_words(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/events",
        json={
            "kind": "party",
            "on": "31/01/2027",
            "starts_at": "2027-01-31T18:00:00",
            "network_id": "midlands",
            "places": 0,
            "venues": [{"room": "x", "floor": 2}],
            "colour": "blue",
        },
    )

    assert answer.status_code == 422
    assert {error["field"]: error["message"] for error in answer.json()["errors"]} == {
        "title": "is required",
        "kind": "expected one of 'summit' or 'course'",
        "on": "expected a day such as 2027-01-31",
        "starts_at": "expected an instant with its offset, such as 2027-01-31T18:00:00Z",
        "network_id": "expected an id such as 0190b3a0-7c1e-7000-8000-000000000001",
        "places": "expected 1 or more",
        "venues[0].room": "expected at least 2 characters",
        "venues[0].floor": 'unknown field "floor"; known: room',
        "colour": ('unknown field "colour"; known: kind, network_id, on, places, reach, starts_at, title, venues'),
    }
    assert answer.json()["detail"].endswith("and 4 more")


async def test_a_rule_of_the_model_speaks_for_itself(client: httpx.AsyncClient) -> None:
    answer = await client.post("/events", json={"title": "SUMMIT"})

    assert answer.json()["errors"] == [{"field": "title", "message": "please do not shout", "value": "SUMMIT"}]


async def test_no_class_of_ours_is_named_where_several_shapes_are_possible(client: httpx.AsyncClient) -> None:
    answer = await client.post("/events", json={"title": "x", "reach": {"box": "seven"}})

    assert "By" not in answer.text
    assert {"field": "reach.box", "message": "expected a whole number", "value": "seven"} in answer.json()["errors"]


async def test_no_more_than_80_characters_of_a_value_are_repeated(client: httpx.AsyncClient) -> None:
    answer = await client.post("/events", json={"title": "long " * 1000, "x" * 1000: 1})

    assert all(len(error.get("value", "")) <= 80 for error in answer.json()["errors"])
    assert all(len(error["field"]) <= 80 for error in answer.json()["errors"])


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/events?limt=5", 'unknown field "limt"; known: kind, limit'),
        ("/filtered?regoin=x", 'unknown field "regoin"; known: region'),
        ("/events/0190b3a0-7c1e-7000-8000-000000000001?x=1", 'unknown field "x"; known: none'),
        ("/events?limit=none", "limit: expected a whole number"),
        ("/events/seven", "event_id: expected an id such as 0190b3a0-7c1e-7000-8000-000000000001"),
    ],
)
async def test_a_misspelt_filter_is_refused(client: httpx.AsyncClient, path: str, message: str) -> None:
    answer = await client.get(path)

    assert answer.status_code == 422
    assert answer.json()["detail"] == message


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"form": "round"}, "form: expected one of 'box', 'street'"),
        ({}, "form: is required"),
        ({"form": "box", "at": "2027-01-31T18:00:00Z"}, "at: expected a time on the wall, without an offset"),
    ],
)
async def test_a_form_of_several_is_asked_for_by_its_name(
    client: httpx.AsyncClient, body: dict[str, str], message: str
) -> None:
    answer = await client.post("/addresses", json=body)

    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(message)
    assert [one["field"] for one in answer.json()["errors"]] == [message.partition(":")[0]]
