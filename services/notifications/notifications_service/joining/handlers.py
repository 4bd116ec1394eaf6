"""Tell of requests to join, once each: to those who decide, and then to whoever asked."""

from membership_contracts import JoinDecided, JoinRequested
from notifications_service.joining import store
from notifications_service.tellings import actions
from notifications_service.tellings import store as ledger
from notifications_service.tellings.model import Channel, Kind, Telling
from servicekit import clock
from servicekit.consumers import Delivery
from servicekit.database import Conn

TOLD = {"approved": Kind.JOIN_APPROVED, "refused": Kind.JOIN_REFUSED}
"""Of what becomes of a request, what the applicant does not know already."""


async def tell_leads_of_the_request(conn: Conn, requested: Delivery[JoinRequested]) -> None:
    """Those who decide at this moment; who becomes a lead later finds it in the list of requests."""
    if not await ledger.first_time(conn, str(requested.id)):
        return
    leads = await store.deciding_leads(conn, requested.data.network_id, now=clock.now())
    await actions.tell(
        conn,
        [
            Telling(
                cause=str(requested.id),
                person_id=person_id,
                kind=Kind.JOIN_REQUESTED,
                event_id=None,
                cell=requested.cell,
                network=requested.network,
                before_start=requested.before_start,
            )
            for person_id in leads
            if person_id != requested.data.person_id
        ],
    )


async def tell_the_applicant(conn: Conn, decided: Delivery[JoinDecided]) -> None:
    """A profile arrives with the first membership: whoever is refused and has none reads it in the application."""
    kind = TOLD.get(decided.data.state)
    if kind is None:
        return
    reachable = kind is Kind.JOIN_APPROVED or await store.has_address(conn, decided.data.person_id)
    await actions.tell(
        conn,
        [
            Telling(
                cause=str(decided.id),
                person_id=decided.data.person_id,
                kind=kind,
                event_id=None,
                cell=decided.cell,
                network=decided.network,
                untold={} if reachable else {Channel.EMAIL: "no address"},
                before_start=decided.before_start,
            )
        ],
    )
