"""A partner's receiver on this machine, and the subscription that leads to it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
from notifications_house import House

from membership_contracts import AgreementMade
from notifications_service.webhooks.outward import Outward
from notifications_service.webhooks.sender import Sender
from notifications_service.webhooks.signing import Vault
from servicekit import clock

CONTACT = "integrations@partner.example"


@dataclass(frozen=True)
class Received:
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Receiver:
    """Answers 204 to everything; `answers`: what the next requests get instead, a whole response or `hang`."""

    port: int = 0
    received: list[Received] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    always: str = "204"
    connections: int = 0

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.address}/hook"

    @property
    def ids(self) -> list[str]:
        return [one.headers["webhook-id"] for one in self.received]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {
                name.lower(): value.strip() for name, _, value in (one.partition(":") for one in head[1:]) if name
            }
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.received.append(Received(head[0].split(" ")[1], headers, body))
            answer = self.answers.pop(0) if self.answers else self.always
            if answer == "hang":
                await asyncio.get_running_loop().create_future()
            if answer == "drop":
                writer.transport.abort()
                return
            writer.write(_response(answer))
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def _response(answer: str) -> bytes:
    """`204`, or `429 Retry-After: 7`, or `200 body: hello`."""
    status, _, rest = answer.partition(" ")
    body = rest.removeprefix("body: ").encode() if rest.startswith("body: ") else b""
    extra = f"{rest}\r\n" if rest and not body else ""
    return f"HTTP/1.1 {status} X\r\n{extra}Content-Length: {len(body)}\r\n\r\n".encode() + body


@asynccontextmanager
async def running_receiver(house: House | None = None, **given: Any) -> AsyncIterator[Receiver]:
    """One that webhooks of this house may reach."""
    receiver = Receiver(**given)
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    if house is not None:
        house.settings.webhook_test_targets = ",".join([*house.settings.test_targets, receiver.address])
    try:
        yield receiver
    finally:
        server.close()


def path(subscription: Mapping[str, Any] | UUID | str | None = None, rest: str = "", *, cell: str = "national") -> str:
    whole = f"/api/v1/cells/{cell}/subscriptions"
    if subscription is not None:
        whole += f"/{subscription['id'] if isinstance(subscription, Mapping) else subscription}"
    return whole + rest


async def request(
    house: House,
    method: str,
    path: str,
    *,
    client: str = "partner",
    headers: Mapping[str, str] | None = None,
    **given: Any,
) -> httpx.Response:
    bearer = house.directory.issuer.bearer(client, client_id=client)
    return await house.http.request(method, path, headers=bearer | dict(headers or {}), **given)


async def subscribe(house: House, agreement: AgreementMade, url: str, **given: Any) -> httpx.Response:
    headers, client = given.pop("headers", None), given.pop("client", "partner")
    body = {"agreement_id": str(agreement.agreement_id), "url": url, "contact_email": CONTACT} | given
    return await request(house, "POST", path(), json=body, headers=headers, client=client)


async def subscribed(house: House, agreement: AgreementMade, url: str, **given: Any) -> dict[str, Any]:
    """A subscription as it was made, its secret included."""
    answer = await subscribe(house, agreement, url, **given)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def sender(house: House, **given: Any) -> Sender:
    """The sender of one process; chance in the middle, so that nothing is spread."""
    settings: dict[str, Any] = {
        "db": house.worker,
        "vault": Vault.of(house.settings.secrets_dir),
        "test_targets": house.settings.test_targets,
        "chance": lambda: 0.5,
    }
    return Sender(**(settings | given))


async def send(house: House, **given: Any) -> int:
    """Send all that is due now; returns how many attempts that were."""
    one, attempts = sender(house, **given), 0
    while claimed := await one.round():
        attempts += claimed
    return attempts


@asynccontextmanager
async def later(by: timedelta) -> AsyncIterator[None]:
    """The clock stands so much later for as long as the block."""
    clock.move(by)
    try:
        yield
    finally:
        clock.move(-by)


async def deliveries(house: House, subscription: Mapping[str, Any], **query: Any) -> list[dict[str, Any]]:
    """The log, the newest first."""
    answer = await request(house, "GET", path(subscription, "/deliveries"), params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def states(house: House, subscription: Mapping[str, Any]) -> list[str]:
    """Of its deliveries, in the order of their positions."""
    found = sorted(await deliveries(house, subscription, limit=200), key=lambda one: one["position"] or 0)
    return [one["state"] for one in found]


def lying(names: Mapping[str, Sequence[str] | Callable[[], Sequence[str]]]) -> Callable[[str, int], Any]:
    """A resolver that says what it is told to."""

    async def resolve(host: str, _port: int) -> Sequence[str]:
        answer = names[host]
        return answer() if callable(answer) else answer

    return resolve


def outward(**given: Any) -> Outward:
    return Outward(**given)


async def arrived(received: Sequence[object], count: int) -> bool:
    return len(received) >= count
