"""Keep agreements and consents, and append to partners' feeds; what arrived before its agreement is never filled in."""

from collections.abc import Sequence
from uuid import UUID

from membership_contracts import ConsentWithdrawn
from membership_contracts.agreements import AgreementState
from membership_contracts.consents import ConsentState
from notifications_service.streams import actions, store
from notifications_service.streams.model import Agreement
from notifications_service.streams.store import KeptAgreement, Sent
from servicekit import clock
from servicekit.consumers import Delivery, Serves
from servicekit.contract import Signal
from servicekit.database import Conn
from servicekit.subjects import erased


async def keep_agreement(conn: Conn, delivery: Delivery[AgreementState]) -> None:
    state = delivery.data
    agreement = Agreement(
        agreement_id=state.agreement_id,
        cell=delivery.cell,
        body=state.body,
        issuer=state.issuer,
        client_id=state.client_id,
        fields=state.fields,
        consent_needed=state.consent_needed,
        network_id=state.network_id,
        starts_on=state.starts_on,
        ends_on=state.ends_on,
    )
    kept = KeptAgreement(agreement=agreement, version=state.version, networks=state.networks, made_at=delivery.time)
    await store.keep(conn, kept)


async def keep_consents(conn: Conn, deliveries: Sequence[Delivery[ConsentState]]) -> None:
    """But for those who are erased: what is told of them later is given to no partner."""
    gone = await erased(conn, [delivery.data.person_id for delivery in deliveries])
    await store.keep_consents(
        conn,
        [
            store.KeptConsent(
                person_id=delivery.data.person_id,
                agreement_id=delivery.data.agreement_id,
                version=delivery.data.version,
                given=delivery.data.given,
                at=delivery.data.at,
            )
            for delivery in deliveries
            if delivery.data.person_id not in gone
        ],
    )


async def take_back_what_was_queued(
    conn: Conn, deliveries: Sequence[Delivery[ConsentWithdrawn]], _serves: Serves
) -> None:
    """What is about these people is kept for the partner no longer: in the feed, in the queue, in the log."""
    withdrawn = [(delivery.data.agreement_id, delivery.data.person_id) for delivery in deliveries]
    await actions.take_back(conn, withdrawn)


async def append_to_streams(conn: Conn, deliveries: Sequence[Delivery[Signal]], serves: Serves) -> None:
    """Deliveries of one type and topic, as the runtime groups them, whatever their cell: the agreement's decides."""
    await _append(conn, deliveries, serves, about_persons=False)


async def append_about_persons(conn: Conn, deliveries: Sequence[Delivery[Signal]], serves: Serves) -> None:
    """Signals about persons, each only to partners to whom its person has consented; of the erased to nobody."""
    gone = await erased(conn, [whose for delivery in deliveries if (whose := _person(delivery)) is not None])
    await _append(conn, [one for one in deliveries if _person(one) not in gone], serves, about_persons=True)


async def _append(conn: Conn, deliveries: Sequence[Delivery[Signal]], serves: Serves, *, about_persons: bool) -> None:
    fresh = [delivery for delivery in deliveries if not delivery.before_start]
    if fresh:
        sent = [_sent(delivery, about_persons=about_persons) for delivery in fresh]
        data = [delivery.data.model_dump(mode="json") for delivery in fresh]
        await actions.append(conn, fresh[0].cell, type(fresh[0].data), sent, data, serves=serves)


def _sent(delivery: Delivery[Signal], *, about_persons: bool) -> Sent:
    """Sector and organisation as the signal itself tells them; else they are its network's."""
    person = _person(delivery)
    if about_persons and person is None:
        raise ValueError(f"{delivery.type} names no person")
    return Sent(
        signal_id=delivery.id,
        time=delivery.time,
        day=clock.london_day(delivery.time),
        network=delivery.network,
        person_id=person if about_persons else None,
        sector=getattr(delivery.data, "sector", None),
        organisation=getattr(delivery.data, "organisation", None) or getattr(delivery.data, "ods_code", None),
    )


def _person(delivery: Delivery[Signal]) -> UUID | None:
    found: UUID | None = getattr(delivery.data, "person_id", None)
    return found
