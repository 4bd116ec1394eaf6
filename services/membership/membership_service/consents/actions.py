"""Giving and withdrawing consent, under the lock of the person's row."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from membership_contracts import ConsentGiven, ConsentWithdrawn
from membership_contracts.consents import ConsentState
from membership_service.agreements import store as agreements
from membership_service.agreements.model import Agreement
from membership_service.consents import model, store
from membership_service.consents.model import Consent
from membership_service.networks import store as networks
from membership_service.people import store as people
from servicekit import clock
from servicekit.database import Conn, admit
from servicekit.envelope import Origin
from servicekit.outbox import publish


async def give(conn: Conn, agreement_id: UUID, *, person_id: UUID, now: datetime) -> Consent:
    """Let the partner body have what it asks for. Raises NothingHere, NothingAsked, AgreementOver."""
    await people.lock(conn, person_id)
    agreement = await agreements.hold(conn, agreement_id)
    today = clock.london_day(now)
    model.check_asked(
        concerned=await store.concerns(conn, person_id, agreement.networks, on=today),
        needs_consent=bool(agreement.consent_needed),
        body=agreement.body,
        agreement_id=agreement.id,
    )
    agreement.check_goes_on(today=today)
    consent = await store.find(conn, person_id, agreement.id)
    return await _answer(conn, agreement, consent, consent.give(at=now), ConsentGiven)


async def withdraw(conn: Conn, agreement_id: UUID, *, person_id: UUID, now: datetime) -> Consent:
    """Take it back, at any time: also once the agreement is over, or the person elsewhere. Raises NothingHere."""
    await people.lock(conn, person_id)
    agreement = await agreements.hold(conn, agreement_id)
    consent = await store.find(conn, person_id, agreement.id)
    model.check_asked(
        concerned=consent.version > 0
        or await store.concerns(conn, person_id, agreement.networks, on=clock.london_day(now)),
        needs_consent=bool(agreement.consent_needed),
        body=agreement.body,
        agreement_id=agreement.id,
    )
    return await _answer(conn, agreement, consent, consent.withdraw(at=now), ConsentWithdrawn)


async def answers_of(conn: Conn, person_id: UUID, *, after: Sequence[Any] | None, limit: int) -> list[dict[str, Any]]:
    """What somebody ever answered, for whoever a rule has let ask about them."""
    await admit(conn, person_id)
    return await store.answers_of(conn, person_id, after=after, limit=limit)


async def _answer(
    conn: Conn, agreement: Agreement, before: Consent, consent: Consent, signal: type[ConsentState]
) -> Consent:
    if consent.version == before.version:
        return before
    assert consent.at is not None, "an answer has its instant"
    await store.save(conn, consent)
    maker = await networks.get(conn, agreement.network_id)
    told = signal(
        version=consent.version,
        person_id=consent.person_id,
        agreement_id=consent.agreement_id,
        given=consent.given,
        at=consent.at,
    )
    await publish(conn, told, at=Origin(maker.cell, maker.path))
    return consent
