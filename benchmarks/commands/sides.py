"""The two servers: `serve` of the events service with everything on, and the bare one, with the same pool."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks import servers
from benchmarks.commands.issuer import Issuer
from benchmarks.commands.world import BARE, OURS, World
from benchmarks.servers import Running
from benchmarks.stage import POOL_SIZE, Stage, environment
from guildhall_local.keys import PURPOSES
from guildhall_local.testservers import free_ports
from servicekit.web import write_keys

FASTEST = 4000
"""Requests a second that no side reaches: so many are prepared for each second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bytes:
    """How long what is stored is on our side; the bare side stores as much."""

    signal: int
    answer: int
    headers: int


@contextmanager
def ours(stage: Stage, world: World, issuer: Issuer) -> Iterator[Running]:
    folder, [port] = stage.own_folder(OURS), free_ports(1)
    secrets = folder / "secrets"
    secrets.mkdir(exist_ok=True)
    for purpose in PURPOSES["events"]:
        write_keys(secrets, purpose)
    write_keys(secrets, "tickets")
    told = environment(
        SERVICE_PROFILE="local",
        DATABASE_URL=world.dsn(OURS, "api"),
        TRUSTED_ISSUERS=issuer.trusted(),
        SECRETS_DIR=str(secrets),
        HTTP_PORT=str(port),
        POOL_SIZE=str(POOL_SIZE),
    )
    with servers.running(["python", "-m", "events_service", "serve"], port=port, environment=told, folder=folder) as it:
        yield it


@contextmanager
def bare(stage: Stage, world: World, same: Bytes) -> Iterator[Running]:
    folder, [port] = stage.own_folder(BARE), free_ports(1)
    told = environment(
        DATABASE_URL=world.dsn(BARE, "owner"),
        POOL_SIZE=str(POOL_SIZE),
        SIGNAL_BYTES=str(same.signal),
        ANSWER_BYTES=str(same.answer),
        HEADER_BYTES=str(same.headers),
    )
    command = ["uvicorn", "benchmarks.bare.commands:app", "--no-access-log", "--log-level=warning", f"--port={port}"]
    with servers.running(command, port=port, environment=told, folder=folder) as it:
        yield it


def request(path: str, body: bytes = b"", **headers: str) -> bytes:
    """One POST as it goes over the wire."""
    named = {"host": "127.0.0.1", "content-length": str(len(body))} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    if body:
        named["content-type"] = "application/json"
    lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return f"POST {path} HTTP/1.1\r\n{lines}\r\n".encode() + body
