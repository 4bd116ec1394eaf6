"""Ten years of 10,000 members: no report costs the serving process much, and none runs away in the database."""

import hashlib
import time
from datetime import timedelta
from uuid import UUID

from analytics_decade import live_through_a_decade
from analytics_house import MIDLANDS, NATIONAL, House, network_id

from servicekit import clock

CPU_SECONDS = 0.2
A_PLAN_GONE_WRONG = 10.0
"""Seconds. A report takes well under one of them; a plan that counts anew for each row would take a minute."""

REGION, TRUST = (UUID(hashlib.md5(name).hexdigest()) for name in (b"region1", b"trust7"))
EVENT = UUID(hashlib.md5(b"event472").hexdigest())
TODAY = clock.today()

OF_THE_NATION = {
    "members": "members?network={network}",
    "members as now": "members?network={network}&on=2022-01-01&as=now",
    "coverage of ten years": "coverage?network={network}&from=2016-12-01",
    "active members": "active-members?network={network}",
    "retention of two years": "retention?network={network}",
    "retention of ten years as now": "retention?network={network}&from=2017-01-01&as=now",
    "funnel of a quarter": "funnel?network={network}",
    "funnel of half a year by sector": f"funnel?network={{network}}&by=sector&from={TODAY - timedelta(days=180)}",
    "funnel of a quarter by job role as now": "funnel?network={network}&by=job-role&as=now",
    "an event's funnel": f"events/{EVENT}/funnel",
    "an event's funnel by sector": f"events/{EVENT}/funnel?by=sector",
}
AS_PUBLISHED = {
    "active members, published": f"active-members?network={REGION}",
    "retention, published": f"retention?network={REGION}&from=2022-01-01",
    "peers in the region": f"peers?network={TRUST}",
    "peers in the sector": f"peers?network={TRUST}&among=sector",
}


async def test_every_report_of_ten_years_is_quick(empty_house: House) -> None:
    house = empty_house
    await live_through_a_decade(house.database.owner, network_id(NATIONAL))
    await house.directory.network(NATIONAL)
    await house.directory.network(MIDLANDS)
    national, other = await house.lead(NATIONAL), await house.lead(MIDLANDS)
    cost: dict[str, tuple[float, float]] = {}

    async def timed(name: str, path: str, *, cell: str, bearer: dict[str, str]) -> None:
        began, cpu = time.perf_counter(), time.process_time()
        answer = await house.http.get(
            f"/api/v1/cells/{cell}/reports/{path.format(network=network_id(NATIONAL))}",
            headers={**bearer, "Accept": "text/html"},
        )
        cost[name] = time.perf_counter() - began, time.process_time() - cpu
        assert answer.status_code == 200, answer.text

    for name, path in OF_THE_NATION.items():
        await timed(name, path, cell="national", bearer=national.bearer)
    began = time.perf_counter()
    for network, cell in ((network_id(NATIONAL), "national"), (REGION, "midlands")):
        body = {"network_id": str(network), "day": TODAY.isoformat()}
        await house.http.post(f"/api/v1/cells/{cell}/reports/snapshots", json=body, headers=national.bearer)
        assert await house.take_snapshots() >= 1
    assert time.perf_counter() - began < 2 * A_PLAN_GONE_WRONG
    for name, path in AS_PUBLISHED.items():
        await timed(name, path, cell="midlands", bearer=other.bearer)

    print(
        "\n".join(f"{name}: {wall * 1000:.0f} ms, {cpu * 1000:.0f} ms of own CPU" for name, (wall, cpu) in cost.items())
    )
    assert {name for name, (_, cpu) in cost.items() if cpu > CPU_SECONDS} == set()
    assert {name for name, (wall, _) in cost.items() if wall > A_PLAN_GONE_WRONG} == set()
