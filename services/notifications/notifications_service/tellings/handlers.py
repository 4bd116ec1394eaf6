"""Tell registrants what became of their registration or event; rows only, so that a rollback unsends nothing."""

from collections.abc import Sequence

from events_contracts import (
    EventCancelled,
    EventChanged,
    RegistrationCancelled,
    RegistrationConfirmed,
    RegistrationPromoted,
    RegistrationWaitlisted,
)
from events_contracts.gatherings import EventState
from events_contracts.registrations import RegistrationState
from notifications_service.gatherings import store as gatherings
from notifications_service.gatherings.model import must_be_told
from notifications_service.tellings import actions, store
from notifications_service.tellings.model import Kind, Telling
from servicekit.consumers import Delivery
from servicekit.database import Conn


async def tell_of_places(conn: Conn, deliveries: Sequence[Delivery[RegistrationConfirmed]]) -> None:
    await actions.tell(conn, [_of_registration(d, Kind.REGISTRATION_CONFIRMED) for d in deliveries])


async def tell_of_places_in_line(conn: Conn, deliveries: Sequence[Delivery[RegistrationWaitlisted]]) -> None:
    await actions.tell(
        conn,
        [_of_registration(d, Kind.REGISTRATION_WAITLISTED, place_in_line=d.data.place_in_line) for d in deliveries],
    )


async def tell_of_promotions(conn: Conn, deliveries: Sequence[Delivery[RegistrationPromoted]]) -> None:
    await actions.tell(conn, [_of_registration(d, Kind.REGISTRATION_PROMOTED) for d in deliveries])


async def tell_of_registrations_cancelled(conn: Conn, deliveries: Sequence[Delivery[RegistrationCancelled]]) -> None:
    await actions.tell(conn, [_of_registration(d, Kind.REGISTRATION_CANCELLED) for d in deliveries])


async def tell_registrants_of_the_change(conn: Conn, changed: Delivery[EventChanged]) -> None:
    """Only what attendees must know: more places or another summary is nobody's news."""
    event = changed.data
    before = await gatherings.revision_before(conn, event.event_id, event.version)
    if must_be_told(before, event.revision, event.changed):
        await _tell_registrants(conn, changed, Kind.EVENT_CHANGED)


async def tell_registrants_of_the_cancellation(conn: Conn, cancelled: Delivery[EventCancelled]) -> None:
    await _tell_registrants(conn, cancelled, Kind.EVENT_CANCELLED)


async def _tell_registrants(conn: Conn, delivery: Delivery[EventState], kind: Kind) -> None:
    """Everybody with a place or a place in line at this moment; not those who register after a replay."""
    if not await store.first_time(conn, str(delivery.id)):
        return
    event = delivery.data
    await actions.tell(
        conn,
        [
            Telling(
                cause=str(delivery.id),
                person_id=registrant.person_id,
                kind=kind,
                event_id=event.event_id,
                event_version=event.version,
                registration_id=registrant.registration_id,
                cell=delivery.cell,
                network=delivery.network,
                before_start=delivery.before_start,
            )
            for registrant in await gatherings.registrants(conn, event.event_id)
        ],
    )


def _of_registration(delivery: Delivery[RegistrationState], kind: Kind, *, place_in_line: int | None = None) -> Telling:
    registration = delivery.data
    return Telling(
        cause=str(delivery.id),
        person_id=registration.person_id,
        kind=kind,
        event_id=registration.event_id,
        registration_id=registration.registration_id,
        place_in_line=place_in_line,
        cell=delivery.cell,
        network=delivery.network,
        before_start=delivery.before_start,
    )
