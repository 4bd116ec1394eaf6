"""The edge of every route: who asks, and whether they may; a route without a rule does not start."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request

from access import policy
from access.policy import RIGHTS, Freshness
from access.principal import Principal
from servicekit import clock
from servicekit.cells import NATIONAL
from servicekit.database import Database
from servicekit.problem import Forbidden
from servicekit.web.rules import ATTRIBUTE


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is asked about: a network, and the person it is about, if any."""

    path: str
    owner: UUID | None = None
    bound: timedelta | None = None
    """How old what is known of the grants may be here, where it is not the deployment's usual bound."""


async def database(request: Request) -> Database:
    found: Database = request.app.state.database
    return found


async def caller(request: Request) -> Principal:
    """The principal of this request, looked up once.

    Rules call it themselves: the framework would walk every dependency's own dependencies again, known or not.
    """
    known: Principal | None = getattr(request.state, "principal", None)
    if known is None:
        token = await request.app.state.tokens.verify(request.headers.get("authorization"))
        known = await request.app.state.principals.find(token, now=clock.now(), today=clock.today())
        request.state.principal = known
    return known


Db = Annotated[Database, Depends(database)]
Caller = Annotated[Principal, Depends(caller)]


def may(action: str, at: Callable[..., Any] | None = None) -> Any:
    """A route's rule. at: a dependency that returns the network's path, or a `Place`, and raises NotFound itself.

    Without `at` the action must be one of those that need no network.
    """
    right = RIGHTS[action]
    if at is None and right.roles:
        raise ValueError(f"{action} is decided at a network: say which")
    rule = _rule_at(action, at) if at is not None else _rule_anywhere(action, right.others)
    setattr(rule, ATTRIBUTE, f"may({action})")
    return Depends(rule)


async def linked(request: Request) -> Principal:
    """Whoever asks, before anything is looked up: who is nobody yet does not learn even whether it is there."""
    known = await caller(request)
    if known.person_id is None:
        policy.refuse_unlinked(known)
    return known


def _rule_at(action: str, at: Callable[..., Any]) -> Callable[..., Awaitable[None]]:
    async def rule(
        request: Request, known: Annotated[Principal, Depends(linked)], place: Annotated[Any, Depends(at)]
    ) -> None:
        where = place if isinstance(place, Place) else Place(place)
        settings, cells = request.app.state.settings, request.app.state.cells
        bound = where.bound or timedelta(seconds=settings.access_bound_seconds)
        policy.decide(
            known,
            action,
            where.path,
            cells={NATIONAL, cells.containing(where.path)},
            freshness=Freshness(clock.now(), bound),
            owner=where.owner,
        )

    return rule


def _rule_anywhere(action: str, others: str) -> Callable[..., Awaitable[None]]:
    async def rule(request: Request) -> None:
        known = await caller(request)
        if others == "partner":
            if known.client_id is None:
                raise Forbidden("This is for partner bodies' clients.")
        elif known.person_id is None:
            policy.refuse_unlinked(known)
        elif others == "holder of any grant" and not known.grants:
            raise Forbidden("This is for those who hold a grant somewhere.")

    return rule


def signed_in() -> Any:
    """Anybody with a valid token, linked or not."""

    async def rule(caller: Caller) -> None:
        """The token was verified on the way here."""

    setattr(rule, ATTRIBUTE, "signed_in()")
    return Depends(rule)


def anyone() -> Any:
    """No token is asked for."""

    async def rule() -> None: ...

    setattr(rule, ATTRIBUTE, "anyone()")
    return Depends(rule)
