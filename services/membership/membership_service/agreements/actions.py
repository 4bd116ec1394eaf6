"""Making and ending agreements, under the agreement's own row, on the cell of the network that makes them."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date
from uuid import UUID

from membership_contracts import AgreementEnded, AgreementMade
from membership_contracts.agreements import AgreementState
from membership_service.agreements import model, store
from membership_service.agreements.model import Agreement
from membership_service.networks import store as networks
from servicekit.database import Conn
from servicekit.envelope import Origin
from servicekit.outbox import publish


async def make(conn: Conn, agreement: Agreement, *, trusted_issuers: Collection[str], today: date) -> Agreement:
    """Raises a refusal that says what cannot be agreed."""
    model.check_days(agreement.starts_on, agreement.ends_on, today=today)
    model.check_issuer(agreement.issuer, trusted_issuers)
    model.check_fields(agreement.fields)
    agreement = replace(
        agreement,
        body=model.checked_text(agreement.body, "body"),
        purpose=model.checked_text(agreement.purpose, "purpose"),
        networks=tuple(dict.fromkeys(agreement.networks)),
        fields={name: sorted(set(wanted)) for name, wanted in agreement.fields.items()},
        consent_needed=model.consent_needed(agreement.fields),
    )
    found = await networks.get_many(conn, [agreement.network_id, *agreement.networks])
    maker = found[agreement.network_id]
    for network_id in agreement.networks:
        if not maker.covers(found[network_id].path):
            raise model.NetworkOutside(f"{found[network_id].name} is not part of {maker.name}.")
    await store.add(conn, agreement)
    await publish(conn, _state(AgreementMade, agreement), at=Origin(maker.cell, maker.path))
    return agreement


async def end(conn: Conn, agreement_id: UUID, *, on: date, today: date) -> Agreement:
    agreement = await store.lock(conn, agreement_id)
    ended = agreement.end(on=on, today=today)
    maker = await networks.get(conn, ended.network_id)
    await store.save(conn, ended)
    await publish(conn, _state(AgreementEnded, ended), at=Origin(maker.cell, maker.path))
    return ended


def _state(signal: type[AgreementState], agreement: Agreement) -> AgreementState:
    return signal(
        version=agreement.version,
        agreement_id=agreement.id,
        network_id=agreement.network_id,
        body=agreement.body,
        client_id=agreement.client_id,
        issuer=agreement.issuer,
        purpose=agreement.purpose,
        networks=list(agreement.networks),
        fields={name: list(fields) for name, fields in agreement.fields.items()},
        consent_needed=list(agreement.consent_needed),
        starts_on=agreement.starts_on,
        ends_on=agreement.ends_on,
    )
