"""The authorisation matrix: every route of a service, asked by everybody about everything, judged by the model."""

import random
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from fastapi import FastAPI
from first_bytes import FirstBytes
from places import OWN, Found, Place, Principal, World, filled
from rights_model import Caller, Thing, Verdict, judge

from servicekit.testing.routes import CHASSIS
from servicekit.web.rules import routes_of

NOT_YET_KNOWN = "not-yet-known"
OF_EACH = {Verdict.ALLOWED: 2, Verdict.HIDDEN: 2, Verdict.FORBIDDEN: 1, Verdict.NOT_SIGNED_IN: 1, Verdict.NOBODY: 1}
"""How many cases of each verdict a sample holds of a route."""
Filled = Mapping[str, Any]
NOTHING: Filled = {}
Judge = Callable[[str, Caller, Thing], Verdict]


@dataclass(frozen=True, slots=True)
class Case:
    route: str
    place: Place
    principal: Principal
    found: Found

    @property
    def thing(self) -> Thing:
        return self.place.judged(self.found)

    @property
    def action(self) -> str:
        return self.found.action or self.place.action

    def __str__(self) -> str:
        return f"{self.route} by {self.principal.name} of {self.found.where}"


@dataclass(frozen=True, slots=True)
class Answered:
    case: Case
    verdict: Verdict
    status: int
    code: str
    text: str

    @property
    def is_allowed(self) -> bool:
        return 200 <= self.status < 300

    @property
    def is_right(self) -> bool:
        match self.verdict:
            case Verdict.ALLOWED:
                return self.is_allowed or self.code in self.case.place.refusals
            case Verdict.NOT_SIGNED_IN:
                return self.status == 401
            case Verdict.NOBODY:
                return (self.status, self.code) == (403, "not-linked") or self.status == 404
            case Verdict.FORBIDDEN:
                return self.status == 403 and self.code != "not-linked"
        return self.status == 404 or (self.code == NOT_YET_KNOWN and not self.case.thing.exists)

    def __str__(self) -> str:
        return f"{self.case}: {self.status} {self.code}, and should be {self.verdict.value}"


@dataclass(slots=True)
class Outcome:
    """What a run of the matrix found."""

    no_secrets: frozenset[str]
    cases: int = 0
    wrong: list[str] = field(default_factory=list)
    allowed: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    hidden: dict[tuple[str, str], dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    """By route and principal: each form that `not there` took, with a case of it."""

    def add(self, answered: Answered) -> None:
        self.cases += 1
        case = answered.case
        if not answered.is_right:
            self.wrong.append(str(answered))
        if answered.is_allowed:
            self.allowed[case.route] += 1
        elif answered.verdict is not Verdict.ALLOWED:
            self.refused[case.route] += 1
        secret = case.place.of not in self.no_secrets and case.found.where != OWN
        if secret and answered.verdict in {Verdict.HIDDEN, Verdict.NOBODY}:
            self.hidden[case.route, case.principal.name].setdefault(_without_ids(answered), str(case))

    @property
    def telling(self) -> list[str]:
        """Where `not there` and `not for you` can be told apart."""
        return [
            f"{' is told apart from '.join(forms.values())}: {list(forms)}"
            for forms in self.hidden.values()
            if len(forms) > 1
        ]


def operations(app: FastAPI) -> list[str]:
    """`POST /api/v1/memberships`, all of the application's own; those that only OpenAPI knows of among them."""
    walked = {f"{route.method} {route.path}" for route in routes_of(app) if route.path not in CHASSIS}
    documented = {f"{method.upper()} {path}" for path, methods in app.openapi()["paths"].items() for method in methods}
    return sorted(walked | {one for one in documented if one.split()[1] not in CHASSIS})


def unplaced(world: World) -> list[str]:
    """Routes without a place, and places without a route."""
    return sorted(set(operations(world.app)) ^ set(world.places))


def cases(world: World, *, routes: Iterable[str] | None = None) -> Iterator[Case]:
    for route in routes or world.places:
        place = world.places[route]
        for principal in world.principals.values():
            for found in world.things[place.of](principal):
                yield Case(route, place, principal, found)


@dataclass(frozen=True, slots=True)
class Told:
    """What came back, and after how many seconds."""

    answer: httpx.Response
    seconds: float


async def ask(
    world: World, case: Case, *, more_query: Filled = NOTHING, more_body: Filled = NOTHING, raises: bool = True
) -> Told:
    """Ask, and undo whatever it did. raises: whatever nobody expected, rather than answering 500."""
    method, path = case.route.split()
    fill = case.found.fill
    query = {name: value for name, value in filled(case.place.query, fill).items() if value is not None}
    asked: dict[str, Any] = {
        "params": query | dict(more_query),
        "headers": {**case.principal.headers, **filled(case.place.headers, fill)},
    }
    if case.place.content is not None:
        asked["content"] = case.place.content
    elif case.place.body is not None or more_body:
        asked["json"] = {**filled(case.place.body or {}, fill), **more_body}
    transport = (
        FirstBytes(world.app)
        if path.endswith("/stream")
        else httpx.ASGITransport(world.app, raise_app_exceptions=raises)
    )
    async with world.db.undoing(), httpx.AsyncClient(transport=transport, base_url="http://service.test") as http:
        since = time.perf_counter()
        told = await http.request(method, path.format_map(fill), **asked)
        return Told(told, time.perf_counter() - since)


async def answer(world: World, case: Case, *, judged_by: Judge = judge) -> Answered:
    told = (await ask(world, case)).answer
    return Answered(
        case=case,
        verdict=judged_by(case.action, case.principal.caller, case.thing),
        status=told.status_code,
        code=code_of(told),
        text=told.text,
    )


def verdict_of(case: Case) -> Verdict:
    return judge(case.action, case.principal.caller, case.thing)


def by_the_model(world: World) -> dict[str, Counter[Verdict]]:
    """How many cases of each route are to be answered how."""
    found: dict[str, Counter[Verdict]] = {route: Counter() for route in world.places}
    for case in cases(world):
        found[case.route][verdict_of(case)] += 1
    return found


def sample(world: World, chance: random.Random) -> list[Case]:
    """Of every route some cases of each verdict."""
    chosen: list[Case] = []
    for route in world.places:
        left = Counter(OF_EACH)
        drawn = list(cases(world, routes=[route]))
        chance.shuffle(drawn)
        for case in drawn:
            verdict = verdict_of(case)
            if left[verdict] > 0:
                left[verdict] -= 1
                chosen.append(case)
    return chosen


async def run(world: World, chosen: Iterable[Case], *, judged_by: Judge = judge) -> Outcome:
    outcome = Outcome(world.no_secrets)
    for case in chosen:
        outcome.add(await answer(world, case, judged_by=judged_by))
    return outcome


def code_of(told: httpx.Response) -> str:
    if told.headers.get("content-type", "") != "application/problem+json":
        return ""
    return str(told.json().get("code", ""))


def _without_ids(answered: Answered) -> str:
    text = answered.text
    values: Mapping[str, Any] = answered.case.found.fill
    for value in sorted((str(value) for value in values.values() if len(str(value)) > 5), key=len, reverse=True):
        text = text.replace(value, "*")
    return f"{answered.status} {re.sub(r'[0-9a-f-]{32,36}', '*', text)}"
