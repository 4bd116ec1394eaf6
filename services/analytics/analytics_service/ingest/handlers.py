"""What is kept of others' facts; a report must not depend on the order in which they arrive."""

from collections.abc import Sequence

from analytics_service.ingest import store
from analytics_service.ingest.store import Event, MembershipVersion, NetworkVersion, Telling
from events_contracts import EventCancelled, EventState, RegistrationState
from membership_contracts.memberships import MembershipState
from membership_contracts.networks import NetworkState
from notifications_contracts import NotificationTold, PeopleTold
from servicekit import clock
from servicekit.consumers import Delivery
from servicekit.database import Conn

ANNOUNCED = "event-announced"
"""The telling that a funnel counts: that the event is there. Confirmations and changes go to those who came anyway."""


async def record_networks(conn: Conn, deliveries: Sequence[Delivery[NetworkState]]) -> None:
    await store.add_network_versions(
        conn,
        [
            NetworkVersion(
                network_id=told.data.network_id,
                version=told.data.version,
                told_on=clock.london_day(told.time),
                kind=told.data.kind,
                name=told.data.name,
                path=told.data.path,
                cell=told.data.cell,
                ods_code=told.data.ods_code,
                since=told.data.since,
                until=told.data.until,
                sector=told.data.sector,
            )
            for told in deliveries
        ],
    )


async def record_memberships(conn: Conn, deliveries: Sequence[Delivery[MembershipState]]) -> None:
    await store.add_membership_versions(
        conn,
        [
            MembershipVersion(
                membership_id=told.data.membership_id,
                version=told.data.version,
                told_at=told.time,
                person_id=told.data.person_id,
                network_id=told.data.network_id,
                main=told.data.main,
                since=told.data.since,
                until=told.data.until,
                job_role=told.data.job_role,
                sector=told.data.sector,
                described_from=told.data.described_from,
            )
            for told in deliveries
        ],
    )


async def record_events(conn: Conn, deliveries: Sequence[Delivery[EventState]]) -> None:
    await store.keep_events(
        conn,
        [
            Event(
                event_id=told.data.event_id,
                version=told.data.version,
                network_id=told.data.network_id,
                kind=told.data.kind,
                title=told.data.title,
                starts_at=told.data.starts_at,
                ends_at=told.data.ends_at,
                published_at=told.data.published_at,
                cancelled=isinstance(told.data, EventCancelled),
                open_to=told.data.rule.networks,
                sectors=told.data.rule.sectors,
                job_roles=told.data.rule.job_roles,
            )
            for told in deliveries
        ],
    )


async def record_registrations(conn: Conn, deliveries: Sequence[Delivery[RegistrationState]]) -> None:
    await store.keep_registrations(conn, [told.data for told in deliveries])


async def record_tellings(conn: Conn, deliveries: Sequence[Delivery[NotificationTold]]) -> None:
    await store.keep_tellings(
        conn,
        [
            Telling(
                event_id=told.data.event_id,
                person_id=told.data.person_id,
                channel=told.data.channel,
                told_at=told.data.told_at,
            )
            for told in deliveries
            if told.data.event_id is not None and told.data.kind == ANNOUNCED
        ],
    )


async def record_tellings_of_many(conn: Conn, deliveries: Sequence[Delivery[PeopleTold]]) -> None:
    await store.keep_tellings(
        conn,
        [
            Telling(
                event_id=told.data.event_id,
                person_id=person_id,
                channel=told.data.channel,
                told_at=told.data.told_at,
            )
            for told in deliveries
            if told.data.event_id is not None and told.data.kind == ANNOUNCED
            for person_id in told.data.people
        ],
    )
