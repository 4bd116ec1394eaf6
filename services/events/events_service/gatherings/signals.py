"""What the world is told of an event: its whole state, field by field."""

from typing import Any

from events_contracts import EventCancelled, EventChanged, EventPublished, Rule, Session
from events_service.gatherings import plan as plans
from events_service.gatherings.model import Event
from events_service.gatherings.plan import AdmissionRule
from servicekit.envelope import Origin


def origin(event: Event) -> Origin:
    return Origin(event.cell, event.network_path)


def promised(rule: AdmissionRule) -> Rule:
    return Rule(networks=list(rule.networks), sectors=list(rule.sectors), job_roles=list(rule.job_roles))


def published(event: Event) -> EventPublished:
    return EventPublished(**_state(event))


def changed(event: Event, fields: list[str]) -> EventChanged:
    return EventChanged(changed=fields, **_state(event))


def cancelled(event: Event) -> EventCancelled:
    return EventCancelled(**_state(event))


def _state(event: Event) -> dict[str, Any]:
    plan, when = event.plan, event.plan.when
    return {
        "event_id": event.id,
        "network_id": event.network_id,
        "kind": plan.kind,
        "title": plan.title,
        "summary": plan.summary,
        "venue": plan.venue,
        "starts": when.starts,
        "ends": when.ends,
        "zone": when.zone,
        "starts_at": when.starts_at,
        "ends_at": when.ends_at,
        "capacity": plan.capacity,
        "rule": promised(plan.rule),
        "published_at": event.published_at,
        "revision": event.revision,
        "version": event.version,
        "mode": plan.mode.value,
        "sessions": [_session(session) for session in plan.sessions],
        "co_hosts": list(plan.co_hosts),
        "partners": list(plan.partners),
        "opens": plan.window.opens,
        "closes": plan.window.closes,
        "opens_at": plan.window.opens_at,
        "closes_at": plan.window.closes_at,
    }


def _session(session: plans.Session) -> Session:
    return Session(
        title=session.title,
        starts=session.starts,
        ends=session.ends,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        room=session.room,
    )
