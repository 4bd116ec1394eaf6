"""A partner says where its stream is pushed to; a secret is shown when it is made, and never again."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from access import Caller, Db, may
from access.principal import Principal
from notifications_service.places import served_cell
from notifications_service.streams import store as agreements
from notifications_service.streams.model import Agreement
from notifications_service.streams.model import nothing_here as no_agreement
from notifications_service.subscriptions import actions, store
from notifications_service.subscriptions.model import LONGEST_OVERLAP, Filters, Secret, Subscription
from notifications_service.webhooks.addresses import target
from notifications_service.webhooks.outward import checked
from notifications_service.webhooks.signing import Vault, written
from servicekit import clock
from servicekit.database import Conn
from servicekit.idempotency import keep
from servicekit.ids import new_id
from servicekit.web import ExpectedVersion, Page, Paged, check_version, etag, set_etag
from servicekit.web.addresses import CellName
from servicekit.web.days import Day

router = APIRouter(prefix="/api/v1/cells/{cell}/subscriptions", tags=["subscriptions"])

Url = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
Email = Annotated[str, StringConstraints(min_length=3, max_length=254)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Types = Annotated[list[Word], Field(max_length=50)]
Networks = Annotated[list[UUID], Field(max_length=300)]
Words = Annotated[list[Word], Field(max_length=300)]


class MakeSubscription(BaseModel):
    model_config = ConfigDict(extra="forbid")

    agreement_id: UUID
    url: Url
    """https://, to a public address."""
    types: Types = []
    """Signal types of the agreement; empty: all."""
    networks: Networks = []
    """Signals of these networks (a region, a trust) and all below them; empty: all of the agreement's."""
    sectors: Words = []
    organisations: Words = []
    """ODS codes."""
    contact_email: Email
    """Where mail about the running of it goes."""
    ends_on: Day | None = None
    """The last day that counts; none: as long as the agreement."""


class ChangeSubscription(BaseModel):
    """Only what is given is changed."""

    model_config = ConfigDict(extra="forbid")

    url: Url = Field(default_factory=str)
    types: Types = []
    networks: Networks = []
    sectors: Words = []
    organisations: Words = []
    contact_email: Email = Field(default_factory=str)
    ends_on: Day | None = None
    active: bool = True
    """Switch it on, also after it was disabled, or off for a while."""


class RotateSecret(BaseModel):
    model_config = ConfigDict(extra="forbid")

    overlap_hours: Annotated[int, Field(ge=0, le=LONGEST_OVERLAP // timedelta(hours=1))] = 24
    """For how long the old secret signs as well."""


class SecretView(BaseModel):
    id: UUID
    made_at: datetime
    expires_at: datetime | None


class SubscriptionView(BaseModel):
    id: UUID
    agreement_id: UUID
    url: str
    types: list[str]
    networks: list[UUID]
    sectors: list[str]
    organisations: list[str]
    contact_email: str
    ends_on: date | None
    state: str
    """active, paused, disabled or ended."""
    disabled_because: str | None
    """gone (it answered 410) or failing (nothing succeeded for days)."""
    failing_since: datetime | None
    last_failure: str | None
    last_success_at: datetime | None
    secrets: list[SecretView]
    """Those that sign now, the newest first."""
    version: int
    secret: str | None = None
    """What deliveries are signed with: only in the answer that made it, and not in its repetition."""

    @classmethod
    def of(cls, subscription: Subscription, secrets: list[Secret], *, secret: bytes | None = None) -> Self:
        filters = subscription.filters
        return cls(
            id=subscription.id,
            agreement_id=subscription.agreement_id,
            url=subscription.url,
            types=list(filters.types),
            networks=list(filters.networks),
            sectors=list(filters.sectors),
            organisations=list(filters.organisations),
            contact_email=subscription.contact_email,
            ends_on=subscription.ends_on,
            state=subscription.state,
            disabled_because=subscription.disabled_because,
            failing_since=subscription.failing_since,
            last_failure=subscription.last_failure,
            last_success_at=subscription.last_success_at,
            secrets=[SecretView(id=one.id, made_at=one.made_at, expires_at=one.expires_at) for one in secrets],
            version=subscription.version,
            secret=written(secret) if secret else None,
        )


@router.post("", status_code=201, dependencies=[may("manage-subscriptions")])
async def make(
    cell: CellName, body: MakeSubscription, request: Request, response: Response, db: Db, caller: Caller
) -> SubscriptionView:
    """Errors: 404 no agreement of yours, 409 there is such a one already (`subscription_id`), 410 the agreement has
    ended, 422 an address that webhooks are not sent to, a filter that nothing could pass.
    """
    served_cell(request, cell)
    await _refuse_unless_reachable(request, body.url)
    subscription = Subscription(
        id=new_id(),
        agreement_id=body.agreement_id,
        cell=cell,
        owner=caller.identity,
        url=body.url,
        filters=Filters(
            types=body.types, networks=body.networks, sectors=body.sectors, organisations=body.organisations
        ),
        contact_email=body.contact_email,
        ends_on=body.ends_on,
        created_at=clock.now(),
    )
    async with db.transaction(caller) as conn:
        agreement = await live_agreement(conn, caller, cell, body.agreement_id)
        made = await actions.make(
            conn, subscription, agreement, secret_id=new_id(), vault=_vault(request), today=clock.today()
        )
        kept = await keep(conn, await _view(conn, made.subscription), status=201, headers={"etag": etag(1)})
    set_etag(response, 1)
    return kept.model_copy(update={"secret": written(made.secret)})


@router.get("", dependencies=[may("read-subscriptions")])
async def list_subscriptions(
    cell: CellName, request: Request, db: Db, caller: Caller, paging: Paged, agreement: UUID | None = None
) -> Page[SubscriptionView]:
    """One's own in this cell, the oldest first."""
    served_cell(request, cell)
    async with db.reading(caller) as conn:
        after = paging.after[0] if paging.after else None
        found = await store.page_of(conn, cell, agreement_id=agreement, after=after, limit=paging.limit + 1)
        secrets = await store.secrets_of(conn, [one.id for one in found], now=clock.now())
    return paging.page([SubscriptionView.of(one, secrets[one.id]) for one in found], lambda one: [one.id])


@router.get("/{subscription_id}", dependencies=[may("read-subscriptions")])
async def read(
    cell: CellName, subscription_id: UUID, request: Request, response: Response, db: Db, caller: Caller
) -> SubscriptionView:
    """Errors: 404 none of yours."""
    served_cell(request, cell)
    async with db.reading(caller) as conn:
        view = await _view(conn, await store.get(conn, cell, subscription_id))
    set_etag(response, view.version)
    return view


@router.patch("/{subscription_id}", dependencies=[may("manage-subscriptions")])
async def change(
    cell: CellName,
    subscription_id: UUID,
    body: ChangeSubscription,
    expected: ExpectedVersion,
    request: Request,
    response: Response,
    db: Db,
    caller: Caller,
) -> SubscriptionView:
    """Errors: 404, 409 another is like that or it has ended, 410 the agreement has ended, 412, 422 as for a new one."""
    served_cell(request, cell)
    changes = _given(body)
    if "url" in changes:
        await _refuse_unless_reachable(request, body.url)
    async with db.transaction(caller) as conn:
        before = await store.lock(conn, cell, subscription_id)
        check_version(expected, before.version)
        agreement = await live_agreement(conn, caller, cell, before.agreement_id)
        after = await actions.change(conn, before, agreement, changes, today=clock.today())
        view = await _view(conn, after)
    set_etag(response, view.version)
    return view


@router.delete("/{subscription_id}", status_code=204, dependencies=[may("manage-subscriptions")])
async def remove(
    cell: CellName, subscription_id: UUID, expected: ExpectedVersion, request: Request, db: Db, caller: Caller
) -> None:
    """Its secrets, queue and log go with it. Errors: 404, 412."""
    served_cell(request, cell)
    async with db.transaction(caller) as conn:
        subscription = await store.lock(conn, cell, subscription_id)
        check_version(expected, subscription.version)
        await store.remove(conn, subscription_id)


@router.post("/{subscription_id}/secret/rotate", dependencies=[may("manage-subscriptions")])
async def rotate(
    cell: CellName, subscription_id: UUID, body: RotateSecret, request: Request, db: Db, caller: Caller
) -> SubscriptionView:
    """A new secret; the old one signs beside it until the overlap is over. Errors: 404, 409 there are two already."""
    served_cell(request, cell)
    overlap = timedelta(hours=body.overlap_hours)
    async with db.transaction(caller) as conn:
        subscription = await store.lock(conn, cell, subscription_id)
        secret = await actions.rotate(
            conn, subscription, secret_id=new_id(), overlap=overlap, vault=_vault(request), now=clock.now()
        )
        kept = await keep(conn, await _view(conn, subscription))
    return kept.model_copy(update={"secret": written(secret)})


@router.post("/{subscription_id}/secret/revoke", dependencies=[may("manage-subscriptions")])
async def revoke(cell: CellName, subscription_id: UUID, request: Request, db: Db, caller: Caller) -> SubscriptionView:
    """The old secret signs no more, before its overlap is over. Errors: 404, 409 there is no old one."""
    served_cell(request, cell)
    async with db.transaction(caller) as conn:
        subscription = await store.lock(conn, cell, subscription_id)
        await actions.revoke(conn, subscription, now=clock.now())
        return await keep(conn, await _view(conn, subscription))


async def live_agreement(conn: Conn, caller: Principal, cell: str, agreement_id: UUID) -> Agreement:
    """The caller's, and live. Raises NotFound, NotBegun, Ended."""
    agreement = await agreements.find(conn, cell, agreement_id)
    if agreement is None or (agreement.issuer, agreement.client_id) != (caller.issuer, caller.client_id):
        raise no_agreement()
    agreement.refuse_unless_live(today=clock.today())
    return agreement


async def _view(conn: Conn, subscription: Subscription) -> SubscriptionView:
    secrets = await store.secrets_of(conn, [subscription.id], now=clock.now())
    return SubscriptionView.of(subscription, secrets[subscription.id])


async def _refuse_unless_reachable(request: Request, url: str) -> None:
    """Raises AddressRefused. It is looked at again whenever something is sent."""
    state = request.app.state
    await checked(target(url, test_targets=state.settings.test_targets), state.look_up)


def _given(body: ChangeSubscription) -> dict[str, Any]:
    return {name: getattr(body, name) for name in body.model_fields_set}


def _vault(request: Request) -> Vault:
    vault: Vault = request.app.state.vault
    return vault
