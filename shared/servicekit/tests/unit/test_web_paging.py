"""A cursor goes on where the page ended, is good for its list only, and cannot be made or changed by others."""

import base64
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI
from hypothesis import given
from hypothesis import strategies as st

from servicekit.web import Cursors, Page, Paged, create_app, read_keys, write_keys
from servicekit.web.paging import BadCursor
from servicekit.web.rules import anyone
from servicekit.web.secrets import Keys, KeysMissing

KEYS = Keys("k1", {"k1": b"1" * 32})
NAMES = [f"Canary {n:03}" for n in range(120)]

router = APIRouter(dependencies=[Depends(anyone)])


@router.get("/people")
@router.get("/guests")
async def people(paging: Paged, network: str | None = None) -> Page[str]:
    after = paging.after[0] if paging.after else ""
    rows = [name for name in NAMES if name > after][: paging.limit + 1]
    return paging.page(rows, lambda name: [name])


async def ready() -> None: ...


@pytest.fixture
def app() -> FastAPI:
    app = create_app(title="t", version="1", routers=[router], lifespan=None, ready=ready)
    app.state.cursors = Cursors(KEYS)
    return app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as client:
        yield client


async def test_pages_follow_each_other_without_gap_or_repeat(client: httpx.AsyncClient) -> None:
    seen: list[str] = []
    query: dict[str, str] = {"limit": "50"}
    while True:
        page = (await client.get("/people", params=query)).json()
        seen += page["items"]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]

    assert seen == NAMES


async def test_a_page_is_fifty_unless_asked_otherwise(client: httpx.AsyncClient) -> None:
    assert len((await client.get("/people")).json()["items"]) == 50


@pytest.mark.parametrize("limit", ["0", "201", "-1", "many"])
async def test_a_limit_out_of_bounds_is_refused(client: httpx.AsyncClient, limit: str) -> None:
    assert (await client.get(f"/people?limit={limit}")).status_code == 422


async def test_the_last_page_says_so_even_where_it_is_full(client: httpx.AsyncClient) -> None:
    assert (await client.get("/people?limit=120")).json()["next"] is None


@pytest.mark.parametrize("elsewhere", ["/guests", "/people?network=midlands"])
async def test_a_cursor_is_good_for_its_own_list_only(client: httpx.AsyncClient, elsewhere: str) -> None:
    cursor = (await client.get("/people?limit=10")).json()["next"]

    answer = await client.get(elsewhere, params={**httpx.URL(elsewhere).params, "cursor": cursor})

    assert (answer.status_code, answer.json()["code"]) == (422, "bad-cursor")


async def test_another_limit_may_be_asked_for_half_way(client: httpx.AsyncClient) -> None:
    cursor = (await client.get("/people?limit=10")).json()["next"]

    page = (await client.get("/people", params={"cursor": cursor, "limit": "3"})).json()

    assert page["items"] == NAMES[10:13]


def test_no_character_of_a_cursor_can_be_changed() -> None:
    cursors = Cursors(KEYS)
    token = cursors.encode(["Canary", 7], "list")
    name, _, sealed = token.partition(".")
    raw = base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))

    for place in range(len(raw)):
        changed = bytes(byte ^ (1 if at == place else 0) for at, byte in enumerate(raw))
        with pytest.raises(BadCursor):
            cursors.decode(f"{name}.{base64.urlsafe_b64encode(changed).decode().rstrip('=')}", "list")


@pytest.mark.parametrize("token", ["", ".", "k1.", "k1.AAAA", "k2.AAAA", "é.é", "k1." + "A" * 900, "no-dot"])
def test_what_is_no_cursor_is_refused(token: str) -> None:
    with pytest.raises(BadCursor):
        Cursors(KEYS).decode(token, "list")


def test_a_cursor_of_another_key_is_refused_even_under_our_keys_name() -> None:
    foreign = Cursors(Keys("k1", {"k1": b"2" * 32})).encode(["x"], "list")

    with pytest.raises(BadCursor):
        Cursors(KEYS).decode(foreign, "list")


def test_nothing_that_a_list_is_ordered_by_can_be_read_in_a_cursor() -> None:
    token = Cursors(KEYS).encode(["Canary"], "list")

    sealed = token.partition(".")[2]
    assert b"Canary" not in base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))


def test_a_cursor_outlives_the_rotation_of_its_key() -> None:
    token = Cursors(KEYS).encode(["x"], "list")
    rotated = Cursors(Keys("k2", {"k2": b"2" * 32, "k1": KEYS.by_id["k1"]}))

    assert rotated.decode(token, "list") == ["x"]
    assert rotated.encode(["x"], "list").startswith("k2.")


values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.uuids(),
    st.dates(),
    st.datetimes(timezones=st.just(UTC)),
)


@given(st.lists(values, max_size=4), st.text(st.characters(exclude_categories=["Cs"])))
def test_values_come_back_as_they_were(
    given_values: list[str | int | UUID | date | datetime | None], purpose: str
) -> None:
    cursors = Cursors(KEYS)

    assert cursors.decode(cursors.encode(given_values, purpose), purpose) == given_values


def test_keys_are_made_once_for_their_owner_alone(tmp_path: Path) -> None:
    directory = tmp_path / "secrets"

    write_keys(directory, "cursor")
    first = read_keys(directory, "cursor")
    write_keys(directory, "cursor")

    assert read_keys(directory, "cursor") == first
    assert len(first.signing) == 32
    assert (directory / "cursor.key").stat().st_mode & 0o777 == 0o600
    assert directory.stat().st_mode & 0o777 == 0o700


def test_the_first_of_several_keys_signs(tmp_path: Path) -> None:
    lines = ["# rotated in spring", "new:" + "B" * 43, "", "old:" + "A" * 43]
    (tmp_path / "cursor.key").write_text("\n".join(lines))

    keys = read_keys(tmp_path, "cursor")

    assert (keys.current, list(keys.by_id)) == ("new", ["new", "old"])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cursor.key cannot be read"),
        ("", "cursor.key holds no key"),
        ("k1:c2hvcnQ", "expected lines of"),
        ("A" * 43, "expected lines of"),
        ("a b:" + "A" * 43, "expected lines of"),
        ("k1:" + "*" * 43, "expected lines of"),
    ],
)
def test_a_key_file_out_of_order_is_said_to_be_and_never_shown(tmp_path: Path, content: str | None, said: str) -> None:
    if content is not None:
        (tmp_path / "cursor.key").write_text(content)

    with pytest.raises(KeysMissing, match=said) as missing:
        read_keys(tmp_path, "cursor")
    assert "AAAA" not in str(missing.value)
