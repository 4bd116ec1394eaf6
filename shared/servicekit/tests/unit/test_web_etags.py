"""Nobody overwrites what they have not seen."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import APIRouter, Depends, Response

from servicekit.web import ExpectedVersion, check_version, create_app, set_etag
from servicekit.web.rules import anyone

router = APIRouter(dependencies=[Depends(anyone)])


@router.get("/event")
async def see(response: Response) -> dict[str, str]:
    set_etag(response, 3)
    return {}


@router.put("/event")
async def change(expected: ExpectedVersion) -> dict[str, str]:
    check_version(expected, 3)
    return {}


async def ready() -> None: ...


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(title="t", version="1", routers=[router], lifespan=None, ready=ready)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as client:
        yield client


async def test_the_version_that_was_read_may_be_changed(client: httpx.AsyncClient) -> None:
    seen = (await client.get("/event")).headers["etag"]

    assert seen == '"3"'
    assert (await client.put("/event", headers={"if-match": seen})).status_code == 200


async def test_an_older_version_may_not(client: httpx.AsyncClient) -> None:
    answer = await client.put("/event", headers={"if-match": '"2"'})

    assert answer.status_code == 412
    assert answer.json()["code"] == "changed-meanwhile"
    assert answer.json()["version"] == 3


async def test_an_edit_says_which_version_it_changes(client: httpx.AsyncClient) -> None:
    answer = await client.put("/event")

    assert answer.status_code == 428
    assert "If-Match" in answer.json()["detail"]


@pytest.mark.parametrize("tag", ["3", "*", 'W/"3"', '"3", "4"', '"x"', '"' + "9" * 50 + '"'])
async def test_what_is_no_etag_of_ours_is_refused(client: httpx.AsyncClient, tag: str) -> None:
    assert (await client.put("/event", headers={"if-match": tag})).status_code == 422
