"""Consent over HTTP: what partner bodies ask of oneself, in plain words, and one's own word on it."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

import orjson
from fastapi import APIRouter
from pydantic import BaseModel

from access import Caller, Db, may
from membership_service import places
from membership_service.agreements.model import streams
from membership_service.consents import actions, store
from membership_service.consents.words import FIELDS
from servicekit import clock
from servicekit.idempotency import keep
from servicekit.web.paging import Page, Paged

own = APIRouter(prefix="/api/v1/me/consents", tags=["consents"])
router = APIRouter(prefix="/api/v1/people", tags=["consents"])


class FieldView(BaseModel):
    name: str
    says: str


class AskedView(BaseModel):
    """One kind of thing that the partner body would be told."""

    type: str
    says: str
    fields: list[FieldView]


class ConsentView(BaseModel):
    agreement_id: UUID
    body: str
    """Who would be told."""
    purpose: str
    """What for."""
    network_id: UUID
    network: str
    """The network that made the agreement."""
    asks: list[AskedView]
    starts_on: date
    until: date
    """The last day on which they would be told."""
    given: bool
    at: datetime | None
    """When this was answered; none: never."""
    version: int

    @classmethod
    def of(cls, shown: Mapping[str, Any]) -> Self:
        fields = orjson.loads(shown["fields"])
        return cls(
            agreement_id=shown["id"],
            body=shown["body"],
            purpose=shown["purpose"],
            network_id=shown["network_id"],
            network=shown["network"],
            asks=[_asked(kind, fields[kind]) for kind in shown["consent_needed"]],
            starts_on=shown["starts_on"],
            until=shown["ends_on"],
            given=shown["given"],
            at=shown["at"],
            version=shown["version"],
        )


class AnswerView(BaseModel):
    agreement_id: UUID
    given: bool
    at: datetime
    version: int


class TheirAnswerView(AnswerView):
    body: str


@own.get("", dependencies=[may("read-self")])
async def list_own(db: Db, caller: Caller, paging: Paged) -> Page[ConsentView]:
    """Agreements that ask for one's own consent, because they cover a network of one's own, or have it."""
    assert caller.person_id is not None, "the rule lets only linked persons pass"
    async with db.reading(caller) as conn:
        after = paging.after[0] if paging.after else None
        rows = await store.shown_of_person(
            conn, caller.person_id, on=clock.today(), after=after, limit=paging.limit + 1
        )
    return paging.page([ConsentView.of(row) for row in rows], lambda consent: [consent.agreement_id])


@own.put("/{agreement_id}", dependencies=[may("answer-consent")])
async def give(agreement_id: UUID, db: Db, caller: Caller) -> ConsentView:
    """Consent; again changes nothing. Errors: 404 not asked, 409 it asks for nothing, or is over."""
    assert caller.person_id is not None, "the rule lets only linked persons pass"
    async with db.transaction(caller) as conn:
        await actions.give(conn, agreement_id, person_id=caller.person_id, now=clock.now())
        return await keep(conn, ConsentView.of(await store.shown(conn, caller.person_id, agreement_id)))


@own.delete("/{agreement_id}", dependencies=[may("answer-consent")])
async def withdraw(agreement_id: UUID, db: Db, caller: Caller) -> ConsentView:
    """Take one's consent back, at once; again changes nothing. Errors: 404 not asked."""
    assert caller.person_id is not None, "the rule lets only linked persons pass"
    async with db.transaction(caller) as conn:
        await actions.withdraw(conn, agreement_id, person_id=caller.person_id, now=clock.now())
        return await keep(conn, ConsentView.of(await store.shown(conn, caller.person_id, agreement_id)))


@own.get("/{agreement_id}/history", dependencies=[may("read-self")])
async def read_history(agreement_id: UUID, db: Db, caller: Caller, paging: Paged) -> Page[AnswerView]:
    """One's own answers on an agreement, the latest first; none where one never answered."""
    assert caller.person_id is not None, "the rule lets only linked persons pass"
    async with db.reading(caller) as conn:
        after = paging.after[0] if paging.after else None
        rows = await store.history_of(conn, caller.person_id, agreement_id, after=after, limit=paging.limit + 1)
    return paging.page([AnswerView(**row) for row in rows], lambda answer: [answer.version])


@router.get("/{person_id}/consents", dependencies=[may("read-consents", at=places.network_of_persons_consents)])
async def list_answers(person_id: UUID, db: Db, caller: Caller, paging: Paged) -> Page[TheirAnswerView]:
    """Every answer that somebody ever gave. Errors: 404 unknown or out of scope."""
    async with db.reading(caller) as conn:
        rows = await actions.answers_of(conn, person_id, after=paging.after, limit=paging.limit + 1)
    views = [TheirAnswerView(**row) for row in rows]
    return paging.page(views, lambda answer: [answer.agreement_id, answer.version])


def _asked(kind: str, fields: list[str]) -> AskedView:
    return AskedView(
        type=kind,
        says=streams()[kind].says or "",
        fields=[FieldView(name=name, says=FIELDS[name]) for name in fields],
    )
