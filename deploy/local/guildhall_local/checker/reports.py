"""What analytics shows, to whom."""

from dataclasses import dataclass

import httpx

from guildhall_local.checker.told import Told
from guildhall_local.instance import Instance
from guildhall_local.story.plan import Plan


@dataclass(frozen=True)
class Reports:
    pass


async def read_reports(http: httpx.AsyncClient, instance: Instance, plan: Plan, told: Told) -> Reports:
    return Reports()
