"""A partner tries its endpoint out, looks what was sent and what it answered, and has sent again what it missed."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field, model_validator

from access import Caller, Db, may
from notifications_service.places import served_cell
from notifications_service.streams.model import Agreement
from notifications_service.streams.views import SignalView
from notifications_service.subscriptions import store as subscriptions
from notifications_service.subscriptions.api import live_agreement
from notifications_service.webhooks import log, store
from notifications_service.webhooks.judging import TEST, item_of
from notifications_service.webhooks.log import AT_ONCE, Logged
from notifications_service.webhooks.model import KEPT
from servicekit import clock
from servicekit.database.pool import admit
from servicekit.idempotency import keep
from servicekit.ids import new_id
from servicekit.problem import Invalid, NotFound
from servicekit.web.addresses import CellName
from servicekit.web.one_of import one_of
from servicekit.web.paging import Page, Paged

router = APIRouter(prefix="/api/v1/cells/{cell}/subscriptions/{subscription_id}", tags=["webhooks"])


Position = Annotated[int, Field(ge=1, le=10**18 - 1)]
"""No stream comes that far, and every database can count to it."""


class AttemptView(BaseModel):
    number: int
    at: datetime
    milliseconds: int
    status: int | None
    answer: str | None
    """The first KB of it."""
    failure: str | None


class DeliveryView(BaseModel):
    id: UUID
    webhook_id: str
    """The same on every try and in every replay."""
    position: int | None
    """None for a test."""
    type: str
    state: str
    """queued, delivered, missed or withheld."""
    created_at: datetime
    next_attempt_at: datetime | None
    settled_at: datetime | None
    signal: SignalView | None
    """What it holds, as far as that is agreed and consented to now."""
    attempts: list[AttemptView]

    @classmethod
    def of(cls, logged: Logged, agreement: Agreement) -> Self:
        item = item_of(logged.item)
        return cls(
            id=logged.id,
            webhook_id=logged.webhook_id,
            position=logged.position,
            type=logged.type,
            state=logged.state,
            created_at=logged.created_at,
            next_attempt_at=logged.next_attempt_at if logged.state == "queued" else None,
            settled_at=logged.settled_at,
            signal=SignalView.of(item, agreement) if item else None,
            attempts=[AttemptView.model_validate(attempt) for attempt in logged.attempts],
        )


class TestView(BaseModel):
    delivery_id: UUID
    """Look there for what came of it."""
    webhook_id: str


class Replay(BaseModel):
    """One of the three."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=one_of("deliveries", "positions", "missed"))

    deliveries: Annotated[list[UUID], Field(min_length=1, max_length=1000)] | None = None
    positions: tuple[Position, Position] | None = None
    """First and last."""
    missed: Literal[True] | None = None
    """All that were given up, or came while the endpoint was disabled."""

    @model_validator(mode="after")
    def _one_of_three(self) -> Self:
        if sum(part is not None for part in (self.deliveries, self.positions, self.missed)) != 1:
            raise ValueError("say which: deliveries, positions or missed, and only one of them")
        if self.positions is not None and self.positions[0] > self.positions[1]:
            raise ValueError("positions: the first lies behind the last")
        return self


class ReplayView(BaseModel):
    queued: int
    more: bool
    """Whether there may be more than one request can have sent again: ask once more."""


@router.post("/test", status_code=202, dependencies=[may("manage-subscriptions")])
async def test(cell: CellName, subscription_id: UUID, request: Request, db: Db, caller: Caller) -> TestView:
    """Send one delivery of the type `guildhall.webhooks.test.v1`, once, also while it is paused or disabled.

    Errors: 404, 409 it has ended, 410 the agreement has ended.
    """
    served_cell(request, cell)
    webhook_id = new_id()
    async with db.transaction(caller) as conn:
        subscription = await subscriptions.get(conn, cell, subscription_id)
        subscription.refuse_if_over()
        await live_agreement(conn, caller, cell, subscription.agreement_id)
        delivery_id = await store.add_test(conn, subscription_id, webhook_id, TEST, now=clock.now())
        return await keep(conn, TestView(delivery_id=delivery_id, webhook_id=str(webhook_id)), status=202)


@router.get("/deliveries", dependencies=[may("read-subscriptions")])
async def deliveries(
    cell: CellName,
    subscription_id: UUID,
    request: Request,
    db: Db,
    caller: Caller,
    paging: Paged,
    state: Annotated[Literal["queued", "delivered", "missed", "withheld"] | None, Query()] = None,
) -> Page[DeliveryView]:
    """What was sent in the last 30 days, the newest first, each try with its answer. Errors: 404, 410."""
    served_cell(request, cell)
    async with db.reading(caller) as conn:
        subscription = await subscriptions.get(conn, cell, subscription_id)
        agreement = await live_agreement(conn, caller, cell, subscription.agreement_id)
        await admit(conn, agreement.agreement_id)
        found = await log.page_of(
            conn, subscription_id, agreement.agreement_id, state=state, after=paging.after, limit=paging.limit + 1
        )
    return paging.page([DeliveryView.of(one, agreement) for one in found], lambda one: [one.created_at, one.id])


@router.get("/deliveries/{delivery_id}", dependencies=[may("read-subscriptions")])
async def delivery(
    cell: CellName, subscription_id: UUID, delivery_id: UUID, request: Request, db: Db, caller: Caller
) -> DeliveryView:
    """Errors: 404, 410 the agreement has ended."""
    served_cell(request, cell)
    async with db.reading(caller) as conn:
        subscription = await subscriptions.get(conn, cell, subscription_id)
        agreement = await live_agreement(conn, caller, cell, subscription.agreement_id)
        await admit(conn, agreement.agreement_id)
        found = await log.page_of(conn, subscription_id, agreement.agreement_id, delivery_id=delivery_id, limit=1)
    if not found:
        raise NotFound("There is no delivery with this id here; they are kept for 30 days.")
    return DeliveryView.of(found[0], agreement)


@router.post("/replay", status_code=202, dependencies=[may("manage-subscriptions")])
async def replay(
    cell: CellName, subscription_id: UUID, body: Replay, request: Request, db: Db, caller: Caller
) -> ReplayView:
    """Have deliveries of the last 30 days sent again, under the ids they had.

    Errors: 404, 409 it is not switched on, 410 the agreement has ended, 422 a delivery that is not one of its own.
    """
    served_cell(request, cell)
    now = clock.now()
    async with db.transaction(caller) as conn:
        subscription = await subscriptions.get(conn, cell, subscription_id)
        await live_agreement(conn, caller, cell, subscription.agreement_id)
        subscription.refuse_unless_active()
        chosen: dict[str, Any] = {"missed": body.missed is not None}
        if body.deliveries is not None:
            strange = set(body.deliveries) - await log.known(conn, subscription_id, body.deliveries)
            if strange:
                raise Invalid(f"There is no delivery {min(map(str, strange))} here that could be sent again.")
            chosen["ids"] = body.deliveries
        if body.positions is not None:
            chosen["first"], chosen["last"] = body.positions
        queued = await log.replay(conn, subscription_id, since=now - KEPT, now=now, **chosen)
        return await keep(conn, ReplayView(queued=queued, more=queued == AT_ONCE), status=202)
