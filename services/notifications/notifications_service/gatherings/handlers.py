"""Keep what events tells of itself and of its registrations; nothing is told to anybody here."""

from collections.abc import Sequence

from events_contracts.gatherings import EventState
from events_contracts.registrations import RegistrationState
from notifications_service.gatherings import store
from notifications_service.gatherings.model import Gathering, Session
from notifications_service.gatherings.store import KeptGathering, KeptRegistration
from servicekit.consumers import Delivery
from servicekit.database import Conn
from servicekit.subjects import erased


async def keep_gatherings(conn: Conn, deliveries: Sequence[Delivery[EventState]]) -> None:
    await store.keep_gatherings(conn, [_gathering(delivery) for delivery in deliveries])


async def keep_registrations(conn: Conn, deliveries: Sequence[Delivery[RegistrationState]]) -> None:
    """But for those of people who are erased: nobody is told of them any more."""
    gone = await erased(conn, [delivery.data.person_id for delivery in deliveries])
    await store.keep_registrations(
        conn, [_registration(delivery.data) for delivery in deliveries if delivery.data.person_id not in gone]
    )


def _gathering(delivery: Delivery[EventState]) -> KeptGathering:
    state = delivery.data
    gathering = Gathering(
        event_id=state.event_id,
        version=state.version,
        cell=delivery.cell,
        title=state.title,
        venue=state.venue,
        starts=state.starts,
        ends=state.ends,
        zone=state.zone,
        revision=state.revision,
        held_by=None,
        mode=state.mode,
        sessions=tuple(Session(one.title, one.starts, one.ends) for one in state.sessions),
    )
    return KeptGathering(gathering=gathering, network_id=state.network_id)


def _registration(state: RegistrationState) -> KeptRegistration:
    return KeptRegistration(
        registration_id=state.registration_id,
        version=state.version,
        event_id=state.event_id,
        person_id=state.person_id,
        status=state.status,
        code=state.code,
    )
