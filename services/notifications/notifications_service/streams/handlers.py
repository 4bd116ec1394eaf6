"""Keep agreements, and append to partners' feeds; what arrived before its agreement is never filled in."""

from collections.abc import Sequence

from membership_contracts.agreements import AgreementState
from notifications_service.streams import actions, store
from notifications_service.streams.model import Agreement
from notifications_service.streams.store import KeptAgreement, Sent
from servicekit import clock
from servicekit.consumers import Delivery
from servicekit.contract import Signal
from servicekit.database import Conn


async def keep_agreement(conn: Conn, delivery: Delivery[AgreementState]) -> None:
    state = delivery.data
    agreement = Agreement(
        agreement_id=state.agreement_id,
        cell=delivery.cell,
        issuer=state.issuer,
        client_id=state.client_id,
        fields=state.fields,
        starts_on=state.starts_on,
        ends_on=state.ends_on,
    )
    kept = KeptAgreement(
        agreement=agreement,
        version=state.version,
        body=state.body,
        networks=state.networks,
        made_at=delivery.time,
    )
    await store.keep(conn, kept)


async def append_to_streams(conn: Conn, deliveries: Sequence[Delivery[Signal]]) -> None:
    """Deliveries of one type and topic, as the runtime groups them."""
    fresh = [delivery for delivery in deliveries if not delivery.before_start]
    if not fresh:
        return
    sent = [
        Sent(
            signal_id=delivery.id,
            time=delivery.time,
            day=clock.london_day(delivery.time),
            network=delivery.network,
        )
        for delivery in fresh
    ]
    data = [delivery.data.model_dump(mode="json") for delivery in fresh]
    await actions.append(conn, fresh[0].cell, type(fresh[0].data), sent, data)
