"""Every operation of a service is sent all that can be bad about a request, one thing at a time, and says so.

What is sent follows from the service's own description: a new route is walked without being named anywhere.
"""

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import asyncpg
import httpx
from fastapi import FastAPI

from servicekit.testing.spoiling import STRANGE, Schema, Schemas, beyond
from servicekit.web.bodies import COMMANDS, MEBIBYTE
from servicekit.web.openapi import description
from servicekit.web.paging import Cursors
from servicekit.web.problems import MEDIA_TYPE

SECONDS = 10.0
"""Within which a refusal has come; a stream that has begun would never end."""
NO_CELL, NO_ID = "atlantis", "nothing"
JSON = "application/json"
ANSWERED = frozenset({200, 404, 422})
"""Where nothing says that it is bad, it may be answered; that it goes wrong is not among it."""
HEADERS = ("If-Match", "Guildhall-After", "Idempotency-Key", "Last-Event-ID")
"""Those that a service reads itself; a wrong one is refused by its name."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """One request with one thing wrong in it, and how it is to be refused."""

    what: str
    status: frozenset[int] = frozenset({422})
    names: str = ""
    """What the refusal names: among its errors, or in its detail."""
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    method: str
    path: str
    parameters: tuple[Schema, ...]
    content: Mapping[str, Schema]
    """The body's schema by its media type."""
    public: bool

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def of(self, where: str) -> Iterator[tuple[str, Schema, bool]]:
        """Name, schema and whether it must be there, of the parameters in the path, query or header."""
        for one in self.parameters:
            if one["in"] == where:
                yield one["name"], one["schema"], one.get("required", False)


@dataclass(frozen=True, slots=True)
class Walk:
    """Through a service whose `known` things the caller may see and change."""

    app: FastAPI
    http: httpx.AsyncClient
    caller: Callable[[Operation], Mapping[str, str]]
    """Headers of whoever may do this."""
    known: Mapping[str, str]
    """By the name of the parameter."""
    cursors: Cursors
    limits: Mapping[str, int] = field(default_factory=dict)
    """Bytes of a body by its path; 1 MiB elsewhere."""
    bodies: Mapping[str, Any] = field(default_factory=dict)
    """One that fits, by the operation, where more is asked of it than a schema can say."""

    async def faults(self) -> list[str]:
        """What was not refused as it should be; nothing, where all is well."""
        found = []
        for operation in operations(self.app):
            for wrong in self.wrongs(operation):
                fault = await self._fault(operation, wrong)
                if fault is not None:
                    found.append(f"{operation}, {wrong.what}: {fault}")
        return found

    def wrongs(self, operation: Operation) -> Iterator[Wrong]:
        """All that can be bad about a request to it."""
        yield Wrong("an unknown query field", names=STRANGE, query={STRANGE: "1"})
        yield from self._in_path(operation)
        yield from self._in_query(operation)
        for name in HEADERS:
            if name.lower() in {declared.lower() for declared, _, _ in operation.of("header")}:
                yield Wrong(f"a {name} that is none", names=name, headers={name: "no such thing"})
        yield from self._in_body(operation)

    def _in_path(self, operation: Operation) -> Iterator[Wrong]:
        for name, schema, _ in operation.of("path"):
            if name == "cell":
                yield Wrong("a cell that is none", frozenset({404}), path={name: NO_CELL})
            elif schema.get("format"):
                yield Wrong(f"{name} that is none", names=name, path={name: NO_ID})
            else:
                yield Wrong(f"{name} that leads nowhere", frozenset({404, 422}), path={name: NO_ID})
            if "maxLength" in schema:
                long = "a" * (schema["maxLength"] + 1)
                yield Wrong(f"{name} that is too long", names=name, path={name: long})

    def _in_query(self, operation: Operation) -> Iterator[Wrong]:
        for name, schema, _ in operation.of("query"):
            for shape in self._schemas.shapes(schema):
                if shape["type"] != "string":
                    yield Wrong(f"{name} of another type", names=name, query={name: "many"})
                for one in beyond(shape):
                    yield Wrong(f"{name}: {one.what}", names=name, query={name: str(one.value)})
                if shape.get("format") == "date" and "formatMinimum" not in shape:
                    for day in ("0001-01-01", "9999-12-31"):
                        yield Wrong(f"{name}: {day}", ANSWERED, query={name: day})
            if name == "cursor":
                another = self.cursors.encode([1], "another list")
                for what, cursor in (("tampered with", "tampered"), ("of another list", another)):
                    yield Wrong(f"a cursor {what}", names="cursor", query={name: cursor})

    def _in_body(self, operation: Operation) -> Iterator[Wrong]:
        if operation.method not in COMMANDS:
            return
        (kind,) = operation.content or {JSON: {}}
        large = b" " * (self.limits.get(operation.path, MEBIBYTE) + 1)
        yield Wrong("a body that is too large", frozenset({413}), headers={"content-type": kind}, body=large)
        yield Wrong("no JSON", frozenset({400}), headers={"content-type": JSON}, body=b'{"a": ')
        yield Wrong("a form of nobody's", frozenset({415}), headers={"content-type": "text/plain"}, body=b"hello")
        if kind == JSON and operation.content:
            for one in self._schemas.spoilt(operation.content[kind]):
                said = f"the body{one.field}: {one.what}"
                content = _written(one.value)
                yield Wrong(said, names=one.field.lstrip("."), headers={"content-type": kind}, body=content)

    async def _fault(self, operation: Operation, wrong: Wrong) -> str | None:
        """All else about the request is as it should be."""
        request = self.http.build_request(
            operation.method,
            self._address(operation, wrong),
            params=self._needed(operation) | dict(wrong.query),
            headers=self._headers(operation) | dict(wrong.headers),
            content=self._body(operation) if wrong.body is None else wrong.body,
        )
        try:
            async with asyncio.timeout(SECONDS):
                answer = await self.http.send(request)
        except TimeoutError:
            return f"no answer within {SECONDS:.0f} seconds"
        return fault_of(answer, wrong, pages=operation.public)

    def _address(self, operation: Operation, wrong: Wrong) -> str:
        path = {name: self.known.get(name, NO_ID) for name, _, _ in operation.of("path")} | dict(wrong.path)
        return operation.path.format_map({name: quote(value) for name, value in path.items()})

    def _needed(self, operation: Operation) -> dict[str, str]:
        """What must stand in the query."""
        return {name: str(self._schemas.sample(schema, name)) for name, schema, must in operation.of("query") if must}

    def _headers(self, operation: Operation) -> dict[str, str]:
        edits = any(name == "if-match" for name, _, _ in operation.of("header"))
        kind = "".join(operation.content)
        return (
            ({"content-type": kind} if kind else {})
            | ({"If-Match": '"1"'} if edits else {})
            | dict(self.caller(operation))
        )

    def _body(self, operation: Operation) -> bytes | None:
        if str(operation) in self.bodies:
            return _written(self.bodies[str(operation)])
        return next((_written(self._schemas.sample(schema)) for schema in operation.content.values()), None)

    @property
    def _schemas(self) -> Schemas:
        return Schemas(description(self.app)["components"]["schemas"], self.known)


def _written(value: Any) -> bytes:
    return json.dumps(value).encode()


def operations(app: FastAPI) -> list[Operation]:
    """All that are described, which a service's own start holds against its routes."""
    return [
        Operation(
            method.upper(),
            path,
            tuple(operation.get("parameters", ())),
            {kind: one["schema"] for kind, one in operation.get("requestBody", {}).get("content", {}).items()},
            operation.get("security") == [],
        )
        for path, described in description(app)["paths"].items()
        for method, operation in described.items()
        if path.startswith("/api/")
    ]


def fault_of(answer: httpx.Response, wrong: Wrong, *, pages: bool = False) -> str | None:
    """What is wrong about a refusal, or None. pages: whether it may be one, for those who come without a token."""
    kind = answer.headers.get("content-type", "").partition(";")[0]
    if answer.status_code not in wrong.status:
        return f"{answer.status_code} {answer.text[:200]}"
    if answer.is_success or (pages and kind == "text/html" and not wrong.names):
        return None
    if kind != MEDIA_TYPE:
        return f"it is {kind or 'nothing'}, not a problem"
    problem = answer.json()
    empty = [name for name in ("type", "title", "detail", "code") if not problem.get(name)]
    if empty:
        return f"it does not say its {', '.join(empty)}"
    errors = [one["field"].lower() for one in problem.get("errors", ())]
    if wrong.names.lower() not in (errors if errors and wrong.names else problem["detail"].lower()):
        return f"it does not name {wrong.names}: {problem['detail'][:200]}"
    return None


async def contents(dsn: str) -> dict[str, str]:
    """Every table of a database with a digest of its rows, so that two moments can be compared. dsn: a superuser's."""
    conn = await asyncpg.connect(dsn)
    try:
        tables = await conn.fetch(
            """
            SELECT format('%I.%I', schemaname, tablename) AS name
              FROM pg_tables
             WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
             ORDER BY 1
            """
        )
        rows = "SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') FROM {} AS t"
        return {table["name"]: await conn.fetchval(rows.format(table["name"])) for table in tables}
    finally:
        await conn.close()
