"""Which service answers, and what happens to the others when one is gone, moved or replaced."""

import asyncio
from collections import Counter, deque
from dataclasses import replace
from functools import partial
from pathlib import Path

import httpx
import pytest

from guildhall_local.gateway.testing import Front, Listener, Service, front
from guildhall_local.instance import HOST
from guildhall_local.testservers import free_ports
from servicekit.testing import eventually

EVENTS = "/api/v1/cells/midlands/events"
STREAM = "/api/v1/cells/midlands/notifications/stream"


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("/api/v1/networks", "membership"),
        ("/api/v1/networks/0190/members?page=2", "membership"),
        ("/api/v1/people/0190", "membership"),
        ("/api/v1/me", "membership"),
        ("/api/v1/me/memberships", "membership"),
        ("/api/v1/memberships/0190/end", "membership"),
        ("/api/v1/grants", "membership"),
        ("/api/v1/agreements", "membership"),
        ("/api/v1/imports/0190", "membership"),
        ("/api/v1/cells/midlands/events", "events"),
        ("/api/v1/cells/northwest/drafts", "events"),
        ("/api/v1/cells/northwest/events/0190/check-ins", "events"),
        ("/api/v1/cells/national/registrations/0190", "events"),
        ("/api/v1/cells/london/notifications", "notifications"),
        ("/api/v1/cells/london/preferences", "notifications"),
        ("/api/v1/cells/london/subscriptions/0190/feed", "notifications"),
        ("/api/v1/cells/east/reports/engagement", "analytics"),
    ],
)
async def test_a_path_has_one_service(gateway: Front, path: str, service: str) -> None:
    answer = await gateway.get(path, token=gateway.issuer.token())

    assert answer.json()["service"] == service
    assert answer.json()["path"] == path.partition("?")[0]


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/api/v1",
        "/api/v1/mediators",
        "/api/v2/me",
        "/api/v1/cells/midlands",
        "/api/v1/cells/midlands/events2",
        "/api/v1/cells/mid/lands/events",
        "/api/v1/events",
        "/metrics",
        "/healthz",
        "/api/v1/analytics/openapi.json/x",
    ],
)
async def test_there_is_nothing_elsewhere(gateway: Front, path: str) -> None:
    answer = await gateway.get(path, token=gateway.issuer.token())

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["title"] == "There is nothing at this address"


async def test_the_front_says_that_it_is_ready(gateway: Front) -> None:
    assert (await gateway.get("/readyz")).status_code == 200


async def test_one_service_down_leaves_the_others_reachable(tmp_path: Path) -> None:
    async with front(tmp_path) as gateway:
        token = gateway.issuer.token()
        others = [
            "/api/v1/me",
            "/api/v1/cells/midlands/notifications",
            "/api/v1/cells/midlands/reports",
            "/readyz",
        ]
        await gateway.listeners["events"].stop()

        down = await gateway.get(EVENTS, token=token)
        up = [await gateway.get(path, token=token) for path in others]
        await gateway.listeners["events"].start()

        async def back() -> bool:
            return (await gateway.get(EVENTS, token=token)).status_code == 200

        await eventually(back)

    assert down.status_code == 503
    assert down.headers["content-type"] == "application/problem+json"
    assert down.headers["retry-after"] == "2"
    assert down.json()["title"] == "This part of Guildhall is not answering"
    assert [answer.status_code for answer in up] == [200] * len(others)


async def test_an_instance_restarted_under_load_costs_no_request(tmp_path: Path) -> None:
    """Not ready first, and closed only when the gateway has turned away: else a request on its way would be cut."""
    [port] = free_ports(1)
    other = Service("events")
    other_listener = Listener(other, port)
    async with front(tmp_path, requests_per_person=1_000_000) as gateway:
        await other_listener.start()
        both = [*gateway.gateway.upstreams["events"], f"{HOST}:{port}"]
        replace(gateway.gateway, upstreams={**gateway.gateway.upstreams, "events": both}).prepare()
        answered: Counter[tuple[int, str]] = Counter()
        latest: deque[str] = deque(maxlen=50)
        token, done = gateway.issuer.token(), asyncio.Event()

        async def load() -> None:
            while not done.is_set():
                answer = await gateway.send("POST", EVENTS, token=token, content=b"{}")
                address = f"{HOST}:{answer.json().get('port')}"
                answered[answer.status_code, address] += 1
                latest.append(address)

        async def both_serve(earlier: Counter[tuple[int, str]]) -> bool:
            return min(answered[200, address] - earlier[200, address] for address in both) >= 50

        async def turned_away(address: str) -> bool:
            return len(latest) == 50 and address not in latest

        clients = [asyncio.create_task(load()) for _ in range(4)]
        instances = [(gateway.services["events"], gateway.listeners["events"]), (other, other_listener)]
        for address, (service, listener) in zip(both, instances, strict=True):
            await eventually(partial(both_serve, answered.copy()))
            service.ready = False
            await eventually(partial(turned_away, address))
            await listener.stop()
            service.ready = True
            await listener.start()
        await eventually(partial(both_serve, answered.copy()))
        done.set()
        await asyncio.gather(*clients)
        await other_listener.stop()

    assert {status for status, _ in answered} == {200}


async def test_a_cell_moves_to_its_own_deployment_while_the_gateway_runs(tmp_path: Path) -> None:
    [port] = free_ports(1)
    moved = Listener(Service("events of the midlands"), port)
    async with front(tmp_path) as gateway:
        token = gateway.issuer.token()
        before = await gateway.get(EVENTS, token=token)
        await moved.start()
        replace(gateway.gateway, own_cells={"midlands": {"events": f"{HOST}:{port}"}}).prepare()

        async def answered_there() -> bool:
            answer = await gateway.get(EVENTS, token=token)
            return answer.status_code == 200 and answer.json()["service"] == "events of the midlands"

        await eventually(answered_there)
        elsewhere = await gateway.get("/api/v1/cells/london/events", token=token)
        told = await gateway.get("/api/v1/cells/midlands/notifications", token=token)
        await moved.stop()

    assert before.json()["service"] == elsewhere.json()["service"] == "events"
    assert told.json()["service"] == "notifications"


@pytest.mark.parametrize(
    ("sent", "reached"),
    [
        ({"last-event-id": "0190-41"}, "data: after 0190-41"),
        ({}, "data: after nothing"),
    ],
)
async def test_a_stream_begins_at_once_where_its_reader_was_and_its_end_reaches_the_service(
    gateway: Front, sent: dict[str, str], reached: str
) -> None:
    service = gateway.services["notifications"]
    left = service.streams_left
    headers = {"authorization": f"Bearer {gateway.issuer.token()}", **sent}

    async with gateway.http.stream("GET", STREAM, headers=headers) as stream:
        first = await anext(stream.aiter_lines())

    async def noticed() -> bool:
        return service.streams_left == left + 1

    assert stream.headers["content-type"] == "text/event-stream"
    assert first == reached
    await eventually(noticed)


async def test_streams_run_on_connections_of_their_own(gateway: Front) -> None:
    headers = {"authorization": f"Bearer {gateway.issuer.token()}"}

    async with (
        gateway.http.stream("GET", STREAM, headers=headers),
        httpx.AsyncClient(base_url=f"http://{HOST}:{gateway.gateway.admin_port}") as admin,
    ):
        figures = (await admin.get("/stats", params={"filter": "upstream_rq_active$"})).text

    active = dict(line.split(": ") for line in figures.splitlines())
    assert active["cluster.notifications.streams.upstream_rq_active"] == "1"
    assert active["cluster.notifications.upstream_rq_active"] == "0"


async def test_the_admin_interface_only_tells(gateway: Front) -> None:
    async with httpx.AsyncClient(base_url=f"http://{HOST}:{gateway.gateway.admin_port}") as admin:
        quit_ = await admin.post("/quitquitquit")
        change = await admin.post("/runtime_modify", params={"x": "1"})

    assert quit_.status_code == change.status_code == 403
