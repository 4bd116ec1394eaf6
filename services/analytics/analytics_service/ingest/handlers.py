"""Signals in, facts kept: the highest version wins, whichever topic was read first."""

from collections.abc import Sequence

from analytics_service.ingest import store
from events_contracts import EventState, RegistrationState
from notifications_contracts import NotificationTold
from servicekit.consumers import Delivery
from servicekit.database import Conn


async def keep_events(conn: Conn, deliveries: Sequence[Delivery[EventState]]) -> None:
    await store.keep_events(
        conn,
        [
            store.Event(
                event_id=event.event_id,
                version=event.version,
                network_id=event.network_id,
                cell=delivery.cell,
                kind=event.kind,
                title=event.title,
                starts_at=event.starts_at,
                ends_at=event.ends_at,
                capacity=event.capacity,
                open_to=event.rule.networks,
                sectors=event.rule.sectors,
                job_roles=event.rule.job_roles,
                published_at=event.published_at,
                cancelled=delivery.type == CANCELLED,
            )
            for delivery in deliveries
            for event in [delivery.data]
        ],
    )


CANCELLED = "guildhall.events.event-cancelled.v1"


async def keep_registrations(conn: Conn, deliveries: Sequence[Delivery[RegistrationState]]) -> None:
    await store.keep_registrations(
        conn,
        [
            store.Registration(
                registration_id=registration.registration_id,
                version=registration.version,
                event_id=registration.event_id,
                person_id=registration.person_id,
                status=registration.status,
                registered_at=registration.registered_at,
                waited=registration.waited,
                attended_at=registration.attended_at,
            )
            for delivery in deliveries
            for registration in [delivery.data]
        ],
    )


async def keep_tellings(conn: Conn, deliveries: Sequence[Delivery[NotificationTold]]) -> None:
    await store.keep_tellings(
        conn,
        [
            store.Telling(
                notification_id=told.notification_id,
                person_id=told.person_id,
                event_id=told.event_id,
                kind=told.kind,
                channel=told.channel,
                told_at=told.told_at,
            )
            for delivery in deliveries
            for told in [delivery.data]
        ],
    )
