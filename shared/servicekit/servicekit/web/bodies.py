"""A body is read whole and checked first, and a command finishes although its client goes away."""

import asyncio
import hashlib
import re
from collections.abc import Mapping
from email.message import Message as HeaderMessage

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from servicekit import command as commands
from servicekit import idempotency
from servicekit.command import Command
from servicekit.problem import Invalid, Problem, TooLarge
from servicekit.web import strict_json

MEBIBYTE = 1024 * 1024
UPLOAD_SECONDS = 60.0
COMMANDS = frozenset({"POST", "PUT", "PATCH", "DELETE"})
PLAIN = frozenset({b"application/json", b"application/octet-stream"})
PASSED_ON = frozenset(
    {"text/csv", "application/octet-stream", "application/x-www-form-urlencoded", "multipart/form-data"}
)

KEY = re.compile(r"[\x21-\x7e]{1,128}")
_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


class UnsupportedMediaType(Problem):
    status = 415
    code = "unsupported-media-type"
    title = "The body is in a form that is not taken here"


class TooSlow(Problem):
    status = 408
    code = "too-slow"
    title = "The request did not arrive in time"


class ClientGone(Exception):
    """The client went away before its request was whole: nobody waits for an answer."""


class Bodies:
    """limits: bytes by prefix of the path, the longest that fits; 1 MiB elsewhere, and for JSON everywhere."""

    def __init__(self, app: ASGIApp, *, limits: Mapping[str, int] | None = None) -> None:
        self.app = app
        self.limits = sorted((limits or {}).items(), key=lambda item: -len(item[0]))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = by_name(scope)
        _refuse_nul(scope)
        try:
            async with asyncio.timeout(UPLOAD_SECONDS):
                body = await _read(headers, receive, self._limit(scope["path"], _kind(headers)))
        except ClientGone:
            return
        except TimeoutError:
            raise TooSlow(f"The body was not here after {UPLOAD_SECONDS:.0f} seconds.") from None
        if body:
            _check(headers, body)
        command = _command(scope, headers, body)
        await self._serve(scope, receive, send, command, body, headers.get(b"traceparent", b"").decode("latin-1"))

    async def _serve(
        self, scope: Scope, receive: Receive, send: Send, command: Command | None, body: bytes, trace: str
    ) -> None:
        set_command = commands.current.set(command)
        set_trace = commands.traceparent.set(trace if _TRACEPARENT.fullmatch(trace) else None)
        try:
            await self.app(
                scope,
                _replay(body, receive, tells_when_the_client_leaves=command is None),
                send if command is None else _announcing(command, send),
            )
        finally:
            commands.current.reset(set_command)
            commands.traceparent.reset(set_trace)

    def _limit(self, path: str, kind: str) -> int:
        if _is_json(kind):
            return MEBIBYTE
        return next((limit for prefix, limit in self.limits if path.startswith(prefix)), MEBIBYTE)


def _refuse_nul(scope: Scope) -> None:
    if b"%00" in scope.get("query_string", b"") or "\0" in scope["path"]:
        raise Invalid("The address holds the character U+0000.")


Named = Mapping[bytes, bytes]
"""A request's headers, names in lower case; the first of each name."""


def by_name(scope: Scope) -> Named:
    """Looked through once: each question to the framework's own headers looks through all of them."""
    return dict(reversed(scope["headers"]))


async def _read(headers: Named, receive: Receive, limit: int) -> bytes:
    declared = headers.get(b"content-length", b"")
    if declared.isdigit() and int(declared) > limit:
        raise _too_large(limit)
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        raise UnsupportedMediaType("Compressed bodies are not taken here: send it without Content-Encoding.")
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        body += message.get("body", b"")
        if len(body) > limit:
            raise _too_large(limit)
        if not message.get("more_body", False):
            return bytes(body)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The body may have at most {limit:,} bytes here.", limit=limit)


def _check(headers: Named, body: bytes) -> None:
    kind = _kind(headers)
    if _is_json(kind):
        if not _is_utf8(headers):
            raise UnsupportedMediaType("JSON is taken in UTF-8 only.")
        strict_json.check(body)
    elif kind not in PASSED_ON:
        raise UnsupportedMediaType(
            "Send JSON (Content-Type: application/json), or CSV (text/csv) where it is asked for."
        )


def _is_utf8(headers: Named) -> bool:
    if headers[b"content-type"] in PLAIN:
        return True
    return str(_content_type(headers).get_param("charset", "utf-8")).lower() in {"utf-8", "utf8"}


def _kind(headers: Named) -> str:
    given = headers.get(b"content-type", b"application/octet-stream")
    if given in PLAIN:  # nothing to take apart
        return given.decode("ascii")
    return _content_type(headers).get_content_type()


def _content_type(headers: Named) -> HeaderMessage:
    header = HeaderMessage()
    header["content-type"] = headers.get(b"content-type", b"application/octet-stream").decode("latin-1")
    return header


def _is_json(kind: str) -> bool:
    return kind == "application/json" or kind.endswith("+json")


def _command(scope: Scope, headers: Named, body: bytes) -> Command | None:
    """Only a POST is repeatable by key; reads are no commands."""
    method = scope["method"]
    if method not in COMMANDS:
        return None
    given = headers.get(b"idempotency-key") if method == "POST" else None
    key = None if given is None else given.decode("latin-1")
    if key is not None and not KEY.fullmatch(key):
        raise Invalid("Idempotency-Key: expected 1 to 128 visible ASCII characters.")
    digest = hashlib.sha256(scope.get("query_string", b"") + b"\n" + body).digest()
    return Command(f"{method} {scope['path']}", key, digest)


def _replay(body: bytes, receive: Receive, *, tells_when_the_client_leaves: bool) -> Receive:
    given = False

    async def replay() -> Message:
        nonlocal given
        if not given:
            given = True
            return {"type": "http.request", "body": body, "more_body": False}
        if tells_when_the_client_leaves:
            return await receive()
        return await _never()

    return replay


async def _never() -> Message:
    """A command is not told that its client has gone."""
    await asyncio.get_running_loop().create_future()
    raise AssertionError("nobody answers this")


def _announcing(command: Command, send: Send) -> Send:
    async def announce(message: Message) -> None:
        if message["type"] == "http.response.start" and 200 <= message["status"] < 300:
            signals = idempotency.signal_header(command)
            if signals:
                named = [pair for pair in message["headers"] if pair[0] != b"guildhall-signal"]
                message["headers"] = [*named, (b"guildhall-signal", signals.encode())]
        await send(message)

    return announce
