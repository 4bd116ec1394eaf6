"""The only way out: one POST over one connection, to an address that was looked at and is then connected to.

The name is resolved once, every answer must be public, and the connection goes to that very address, so that no
second answer can lead elsewhere. `Host`, SNI and the certificate are still the name's. Nothing is followed.
"""

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpcore
import structlog
from httpcore import AnyIOBackend, AsyncNetworkBackend, AsyncNetworkStream

from notifications_service.webhooks.addresses import AddressRefused, Target, refuse_unless_public

log = structlog.get_logger(__name__)

WITHIN_SECONDS = 15.0
CONNECT_SECONDS = 5.0
LOOK_UP_SECONDS = 5.0
ANSWER_KEPT = 1024

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host and port to literal addresses; raises OSError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What came of one POST."""

    status: int | None = None
    """None where there was no answer; `failure` says why."""
    body: bytes = b""
    """The first KB of the answer."""
    headers: Mapping[str, str] = field(default_factory=dict)
    failure: str | None = None


async def look_up(host: str, port: int) -> Sequence[str]:
    """What the system's resolver says.

    Each in a thread of its own that nobody waits for at the end: the loop's few threads would let one partner's
    slow name server stand in the way of all others.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[str]] = loop.create_future()

    def settle(found: list[str] | OSError) -> None:
        if not answer.done():
            answer.set_exception(found) if isinstance(found, OSError) else answer.set_result(found)

    def ask() -> None:
        found: list[str] | OSError
        try:
            found = [str(place[0]) for *_, place in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        except (OSError, UnicodeError) as error:
            found = error if isinstance(error, OSError) else OSError(str(error))
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(settle, found)

    threading.Thread(target=ask, name="look up", daemon=True).start()
    async with asyncio.timeout(LOOK_UP_SECONDS):
        return await answer


async def checked(target: Target, resolve: Resolver = look_up) -> Sequence[str]:
    """The addresses that the target has now. Raises AddressRefused."""
    try:
        answers = await resolve(target.host, target.port)
    except OSError:
        raise AddressRefused(f"The name {target.host} cannot be looked up.") from None
    return answers if target.is_for_tests else refuse_unless_public(answers)


class Pinned(AsyncNetworkBackend):
    """Resolves, checks, and connects to what was checked. plain: what makes connections to literal addresses."""

    def __init__(self, target: Target, resolve: Resolver, plain: AsyncNetworkBackend | None = None) -> None:
        self._target, self._resolve, self._plain = target, resolve, plain or AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> AsyncNetworkStream:
        addresses = await checked(self._target, self._resolve)
        failure: Exception | None = None
        for address in addresses[:4]:
            try:
                return await self._plain.connect_tcp(
                    address, port, timeout=timeout, local_address=local_address, socket_options=socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        assert failure is not None
        raise failure


Backend = Callable[[Target, Resolver], AsyncNetworkBackend]


@dataclass(slots=True, kw_only=True)
class Outward:
    """resolve, backend: seams for tests that lie about names, or take the pinning away."""

    resolve: Resolver = look_up
    backend: Backend = Pinned
    trust: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    within: float = WITHIN_SECONDS

    async def post(self, target: Target, body: bytes, headers: Mapping[str, str]) -> Answered:
        """Never raises for what a server does, or does not."""
        status: list[int] = []
        try:
            async with asyncio.timeout(self.within):
                return await self._post(target, body, headers, status)
        except AddressRefused as refusal:
            return Answered(failure=f"{refusal.code}: {refusal.detail}")
        except TimeoutError:
            if status:
                # It has answered; that its body is slow takes nothing back.
                return Answered(status=status[0])
            return Answered(failure=f"no answer within {self.within:g} s")
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, OSError) as error:
            return Answered(status=status[0]) if status else Answered(failure=_words(error))
        except Exception as error:
            # Libraries stumble over what a server does (a socket that is reset while it is looked at): that server's
            # delivery is tried again, and nobody else's waits for it.
            log.error("webhooks.stumbled", exc_info=error)
            return Answered(status=status[0]) if status else Answered(failure="the connection broke")

    async def _post(self, target: Target, body: bytes, headers: Mapping[str, str], status: list[int]) -> Answered:
        url = httpcore.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path)
        connection = httpcore.AsyncHTTPConnection(
            origin=url.origin,
            ssl_context=self.trust,
            network_backend=self.backend(target, self.resolve),
        )
        request = httpcore.Request(
            "POST",
            url,
            headers=[
                ("host", target.authority),
                *headers.items(),
                ("content-length", str(len(body))),
                ("connection", "close"),
            ],
            content=body,
            extensions={"timeout": {"connect": CONNECT_SECONDS, "read": self.within, "write": self.within}},
        )
        try:
            answer = await connection.handle_async_request(request)
            status.append(answer.status)
            kept = bytearray()
            async for part in answer.aiter_stream():
                kept += part
                if len(kept) >= ANSWER_KEPT:
                    break
            return Answered(status=answer.status, body=bytes(kept[:ANSWER_KEPT]), headers=_readable(answer.headers))
        finally:
            await connection.aclose()


def _readable(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}


def _words(error: Exception) -> str:
    """What went wrong, without an address of ours or theirs in it."""
    cause = error.__cause__ or error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"the certificate does not hold: {cause.verify_message}"
    return {
        "ConnectTimeout": "no connection in time",
        "ConnectError": "the connection was refused",
        "ReadError": "the connection broke before an answer",
        "RemoteProtocolError": "the connection ended without an answer in HTTP",
    }.get(type(error).__name__, type(error).__name__)
