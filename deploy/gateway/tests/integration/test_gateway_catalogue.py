"""The gateway itself tells programmers what there is, in definitions and in pages to read."""

import html
import json
import re
from typing import Any

import pytest
from judges import Page, look_at

from guildhall_local.catalogue import SOURCE, publish
from guildhall_local.gateway.testing import Front


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/api/v1/openapi.json", "application/json"),
        ("/api/v1/asyncapi.json", "application/json"),
        ("/api/v1/catalogue", "text/html; charset=utf-8"),
        ("/api/v1/catalogue/style.css", "text/css; charset=utf-8"),
    ],
)
async def test_it_asks_for_no_token(gateway: Front, path: str, media_type: str) -> None:
    answer = await gateway.get(path)

    assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name", ["openapi.json", "asyncapi.json"])
async def test_the_definitions_arrive_whole(gateway: Front, name: str) -> None:
    answer = await gateway.get(f"/api/v1/{name}")

    assert answer.content == (SOURCE / name).read_bytes()


async def test_no_service_is_needed_for_it(gateway: Front) -> None:
    before = {name: service.asked for name, service in gateway.services.items()}

    await gateway.get("/api/v1/catalogue")

    assert {name: service.asked for name, service in gateway.services.items()} == before


async def test_every_page_can_be_read_by_everybody(gateway: Front) -> None:
    """axe finds nothing; nothing scrolls sideways, on a telephone either; no scripts run."""
    base = f"http://127.0.0.1:{gateway.gateway.port}"
    addresses = [
        page.address
        for page in publish(gateway.gateway.folder / "catalogue")
        if page.media_type.startswith("text/html")
    ]
    chosen = [*addresses[:2], *(address for address in addresses if "/http/" in address)]

    looks = look_at(
        [
            *(Page(name=f"catalogue-{at}", url=base + address) for at, address in enumerate(chosen)),
            *(Page(name=f"catalogue-narrow-{at}", url=base + one, width=360) for at, one in enumerate(chosen[:2])),
        ]
    )

    assert {look.name: (look.status, look.violations, look.scrolls_sideways) for look in looks} == {
        look.name: (200, [], False) for look in looks
    }


async def test_every_signal_has_a_page_that_says_who_owns_it_and_shows_an_example_and_its_schema(
    gateway: Front,
) -> None:
    known = json.loads((SOURCE / "asyncapi.json").read_bytes())["components"]["messages"]

    shown = {kind: told((await gateway.get(f"/api/v1/catalogue/signals/{kind}")).text) for kind in known}

    assert shown == {
        kind: (
            kind,
            kind.split(".")[1],
            message["examples"][0]["payload"],
            message["payload"]["properties"]["data"],
        )
        for kind, message in known.items()
    }


def told(page: str) -> tuple[str, str, Any, Any]:
    """Of a signal's page: its type, its owner, its example and the schema of its data."""
    [kind], [owner] = (re.findall(pattern, page) for pattern in (r"<h1>(.*?)</h1>", r"<dt>Owner</dt><dd>(.*?)</dd>"))
    example, schema = (json.loads(html.unescape(part)) for part in re.findall(r"(?s)<pre.*?>(.*?)</pre>", page))
    return kind, owner, example, schema
