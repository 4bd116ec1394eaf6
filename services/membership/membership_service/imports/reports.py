"""What an import of networks did or would do, as its job reports it: everything by name, and from which day."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from membership_service.changes import store as change_store
from membership_service.changes.model import MOVE, RENAME, Change, Reconciled, Wish
from membership_service.imports.model import MOST_REFUSALS, Refusal
from membership_service.networks.founding import Finding, Plan
from membership_service.networks.model import Network
from servicekit.database import Conn


async def changes_of(
    conn: Conn, found: Reconciled, networks: Mapping[UUID, Network], *, now: datetime
) -> dict[str, list[dict[str, Any]]]:
    """What is planned, stays so, or is planned no longer, with how many people each concerns."""
    by_heading: dict[str, Sequence[Wish]] = {
        "planned": found.new,
        "planned_already": [change.wish for change in found.standing],
        "replaced": [change.wish for change in found.replaced],
        "withdrawn": [change.wish for change in found.withdrawn],
    }
    everything = [wish for wishes in by_heading.values() for wish in wishes]
    counted = dict(zip(everything, await change_store.counts(conn, everything, now=now), strict=True))
    shown = {
        heading: [_wish(wish, networks, *counted[wish]) for wish in sorted(wishes, key=lambda one: (one.day, one.what))]
        for heading, wishes in by_heading.items()
    }
    return shown | {"not_planned_again": [_refused(change, networks) for change in found.refused]}


def founding(
    plan: Plan, changes: Mapping[str, list[dict[str, Any]]], refused: Sequence[Refusal], *, dry_run: bool
) -> dict[str, Any]:
    def named(findings: Sequence[Finding]) -> list[dict[str, Any]]:
        return [asdict(finding) for finding in findings]

    return {
        "dry_run": dry_run,
        "founded": [_network(network) for network in plan.founded],
        "changed": [_network(network) for network in plan.changed],
        **changes,
        "unchanged": plan.unchanged,
        "refused": named(plan.refused),
        "refused_rows": [refusal.told() for refusal in refused[:MOST_REFUSALS]],
        "differences": named(plan.differences),
    }


def _network(network: Network) -> dict[str, Any]:
    return {"code": network.ods_code, "name": network.name, "path": network.path}


def _wish(wish: Wish, networks: Mapping[UUID, Network], members: int, grants: int) -> dict[str, Any]:
    network = networks[wish.network_id]
    return {
        "code": network.ods_code,
        "name": network.name,
        "what": wish.what,
        "day": str(wish.day),
        "from": network.name if wish.what == RENAME else network.path if wish.what == MOVE else None,
        "to": _to(wish, networks),
        "members": members,
        "grants": grants,
    }


def _to(wish: Wish, networks: Mapping[UUID, Network]) -> str | None:
    if wish.what == RENAME:
        return wish.name
    other = networks.get(wish.parent_id or wish.successor_id or wish.network_id)
    if other is None or other.id == wish.network_id:
        return None
    return other.path if wish.what == MOVE else f"{other.ods_code} {other.name}"


def _refused(change: Change, networks: Mapping[UUID, Network]) -> dict[str, Any]:
    network = networks[change.wish.network_id]
    return {
        "code": network.ods_code,
        "name": network.name,
        "what": change.wish.what,
        "day": str(change.wish.day),
        "why": change.why or "cancelled by hand: plan it by hand where it is to happen after all",
    }
