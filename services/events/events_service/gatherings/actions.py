"""The verbs of events: decide, save, say so, and give new places to those who wait, in one transaction."""

from datetime import datetime
from uuid import UUID

from access import directory
from access.directory import NotYetKnown
from events_service.gatherings import signals, store
from events_service.gatherings.model import Event, OpenedTo, Status, WrongCell, refuse_held_wider, refuse_wider
from events_service.gatherings.plan import Changes, Plan
from events_service.registrations import line
from servicekit.cells import NATIONAL
from servicekit.database import Conn
from servicekit.outbox import publish


async def draft(conn: Conn, cell: str, network_id: UUID, plan: Plan, *, id: UUID, at: datetime) -> Event:
    """A new event of a network, seen only by those who prepare it."""
    network = await directory.network(conn, network_id)
    if network.cell != cell:
        raise WrongCell(f"{network.name} belongs to the cell {network.cell}: its events are drafted there.")
    plan = plan.fitting().held_by(network_id)
    await _refuse_wider(conn, cell, plan)
    event = Event(
        id=id,
        cell=cell,
        network_id=network_id,
        network_path=network.path,
        plan=plan,
        status=Status.DRAFT,
        published_at=None,
        revision=1,
        version=1,
        confirmed=0,
        waiting=0,
        changed_at=at,
    )
    await store.insert(conn, event)
    return event


async def publish_draft(conn: Conn, cell: str, event_id: UUID, *, at: datetime) -> Event:
    """Open it to those who may come."""
    event = (await store.lock(conn, cell, event_id)).publish(at=at)
    await store.save(conn, event)
    await publish(conn, signals.published(event), at=signals.origin(event))
    return event


async def change(conn: Conn, cell: str, event_id: UUID, changes: Changes, *, seen: int, at: datetime) -> Event:
    """Change what is named. seen: the version that the organiser looked at. More places go to those who wait."""
    before = await store.lock(conn, cell, event_id)
    before.refuse_change(seen=seen, at=at)
    plan = changes.applied(before.plan).held_by(before.network_id)
    if plan.networks != before.plan.networks:
        await _refuse_wider(conn, cell, plan)
    event = before.change(plan, at=at)
    if event == before:
        return before
    await store.save(conn, event)
    if event.published_at is None:
        return event
    changed = signals.changed(event, before.plan.differences(plan))
    await publish(conn, changed, at=signals.origin(event))
    return await line.fill(conn, event, at=at)


async def cancel(conn: Conn, cell: str, event_id: UUID, *, at: datetime) -> Event:
    """It will not take place. Registrations stay as they are: they tell who has to know."""
    event = (await store.lock(conn, cell, event_id)).cancel(at=at)
    await store.save(conn, event)
    if event.published_at is not None:
        await publish(conn, signals.cancelled(event), at=signals.origin(event))
    return event


async def _refuse_wider(conn: Conn, cell: str, plan: Plan) -> None:
    known = await directory.networks(conn, list(plan.networks))
    unknown = [str(network_id) for network_id in plan.networks if network_id not in known]
    if unknown:
        raise NotYetKnown(f"Not known here yet: {', '.join(unknown[:5])}; ask again shortly.", retry_after=1)
    if cell != NATIONAL:
        named = {network.network_id: OpenedTo(name=network.name, cell=network.cell) for network in known.values()}
        refuse_wider(cell, [named[network_id] for network_id in plan.rule.networks])
        refuse_held_wider(cell, [named[network_id] for network_id in plan.co_hosts])
