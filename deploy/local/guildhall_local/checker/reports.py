"""What analytics shows when all has come to rest: to the national lead, to a regional one, to a member."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from guildhall_local.checker import patience
from guildhall_local.checker.told import Told
from guildhall_local.instance import Instance
from guildhall_local.provider.client import sign_in
from guildhall_local.story import cast
from guildhall_local.story.plan import Plan

FIRST_DAY = "2018-01-01"
"""Before which nobody of the story was a member anywhere."""

Report = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What one reader was given."""

    members: Mapping[str, Report]
    """By the network's path."""
    funnels: Mapping[str, Report]
    """By the event's label."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reports:
    national: Shown
    """To the national lead."""
    regional: Shown
    """To the lead of the Midlands."""
    coverage: Report
    """Of the whole network, month by month, to the national lead."""
    member: int
    """The status with which a member without a grant was answered."""


async def read_reports(http: httpx.AsyncClient, instance: Instance, plan: Plan, told: Told) -> Reports:
    networks = {path: id_ for path, id_ in told.networks.items() if path.count(".") < 2}
    day = plan.day.isoformat()

    async def get(sub: str, cell: str, what: str, **query: str) -> httpx.Response:
        token = await sign_in(http, instance.issuer, sub)
        url = instance.url("gateway", f"/api/v1/cells/{cell}/reports/{what}")
        return await patience.get(http, url, params=query, headers={"authorization": f"Bearer {token}"})

    async def read(sub: str, cell: str, what: str, **query: str) -> Report:
        found: Report = patience.said(await get(sub, cell, what, **query))
        return found

    async def shown(sub: str) -> Shown:
        return Shown(
            members={
                path: await read(sub, cell_of(path), "members", network=id_, on=day) for path, id_ in networks.items()
            },
            funnels={
                label: await read(sub, gathering.cell, f"events/{told.event_ids[label]}/funnel", by="network")
                for label, gathering in plan.gatherings.items()
            },
        )

    whole = networks["national"]
    return Reports(
        national=await shown(cast.NATIONAL_LEAD),
        regional=await shown(cast.MIDLANDS_LEAD),
        coverage=await read(
            cast.NATIONAL_LEAD, "national", "coverage", **{"network": whole, "from": FIRST_DAY, "to": day}
        ),
        member=(await get(cast.MEMBER, "national", "members", network=whole)).status_code,
    )


REGIONS = {"london", "midlands", "east", "northeast", "southeast", "southwest", "northwest"}


def cell_of(path: str) -> str:
    """The cell of a network of the tree, by its path: the region's, else the national one."""
    region = path.split(".")[1:2]
    return region[0] if region and region[0] in REGIONS else "national"
