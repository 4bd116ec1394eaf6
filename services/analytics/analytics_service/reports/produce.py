"""How each report comes about: exact within the reader's grant, from what has been published for everybody else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeAlias
from uuid import UUID

from analytics_service.counting import activity, funnels, retention
from analytics_service.counting import store as counting
from analytics_service.counting.model import REGION, TRUST, Event, Network
from analytics_service.disclosure.retention import AFTER
from analytics_service.reports import peers_store, store
from analytics_service.reports.activity_views import ActivityReport
from analytics_service.reports.asked import (
    AskActivity,
    AskCoverage,
    Asked,
    AskEventFunnel,
    AskMembers,
    AskPeers,
    AskPeriod,
    AskRetention,
)
from analytics_service.reports.funnel_views import FunnelReport, Groups
from analytics_service.reports.model import (
    MOST_EVENTS,
    NoPeers,
    NothingPublished,
    TooManyEvents,
    check_day,
    check_order,
    days_between,
    months_between,
)
from analytics_service.reports.peers_views import PeersReport
from analytics_service.reports.period_views import PeriodReport
from analytics_service.reports.retention_views import RetentionReport
from analytics_service.reports.table import AsOf, refuse_now
from analytics_service.reports.views import CoverageReport, MembersReport, NetworkView
from analytics_service.snapshots import store as snapshots
from servicekit.database import Conn

Report: TypeAlias = (
    MembersReport | CoverageReport | ActivityReport | RetentionReport | FunnelReport | PeriodReport | PeersReport
)

A_QUARTER = timedelta(days=91)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """For whom a report is made, and on which day."""

    exactly: bool
    """Whether the reader's grant covers what is asked about; the transaction runs in the reader's scope."""
    everywhere: bool = False
    """Whether it covers everything: only then nobody is elsewhere."""
    today: date
    regions: Mapping[str, str]
    """Each region's name by its path, where its own name has not been heard of here."""

    def day(self, asked: date | None) -> date:
        """The day that was asked for, or today. Raises DayAhead, DayTooLongAgo."""
        return check_day(asked or self.today, today=self.today)

    def tree_of(self, as_of: AsOf) -> date | None:
        """The day whose tree people are counted in: today's, or for None that of each day told of."""
        return self.today if as_of is AsOf.NOW else None


async def members(conn: Conn, network: Network, ask: AskMembers, reading: Reading) -> MembersReport:
    day = reading.day(ask.on)
    if reading.exactly:
        tree = reading.tree_of(ask.as_of) or day
        counts = await counting.members_below(conn, network.network_id, on=day, by_tree_of=tree)
        return MembersReport.exactly(network, counts, day, ask.as_of)
    refuse_now(ask.as_of)
    published = await store.published_members(conn, network.network_id, until=day)
    if not published:
        raise NothingPublished(f"No figures of {network.name} have been published for {day} or before.")
    return MembersReport.published(network, published)


async def coverage(conn: Conn, network: Network, ask: AskCoverage, reading: Reading) -> CoverageReport:
    last = reading.day(ask.to)
    days = days_between(ask.first, last, ask.step)
    if reading.exactly:
        tree = reading.tree_of(ask.as_of)
        found = await counting.coverage_on(conn, network.network_id, days, by_tree_of=tree)
        return CoverageReport.of(network, ask.first, last, found, as_of=ask.as_of, exact=True)
    refuse_now(ask.as_of)
    published = await store.published_coverage(conn, network.network_id, days)
    return CoverageReport.of(network, ask.first, last, published, exact=False)


async def active_members(conn: Conn, network: Network, ask: AskActivity, reading: Reading) -> ActivityReport:
    day = reading.day(ask.on)
    if reading.exactly:
        tree = reading.tree_of(ask.as_of) or day
        counts = await activity.activity_below(conn, network.network_id, on=day, by_tree_of=tree)
        return ActivityReport.exactly(network, counts, day, ask.as_of)
    refuse_now(ask.as_of)
    published = await store.published_activity(conn, network.network_id, until=day)
    if not published:
        raise NothingPublished(f"No active members of {network.name} have been published for {day} or before.")
    return ActivityReport.published(network, published)


async def who_stayed(conn: Conn, network: Network, ask: AskRetention, reading: Reading) -> RetentionReport:
    first, last = months_between(ask.first, ask.to, today=reading.today)
    if reading.exactly:
        tree = reading.tree_of(ask.as_of)
        cohorts = await retention.cohorts(
            conn, network.network_id, first=first, last=last, after=AFTER, today=reading.today, by_tree_of=tree
        )
        return RetentionReport.exactly(network, cohorts, ask.as_of)
    refuse_now(ask.as_of)
    if network.kind == TRUST:
        raise NothingPublished("Who stayed is published of regions and of the nation: too few join one trust.")
    tree_now = await counting.networks(conn, reading.today)
    regions = [one.network_id for one in tree_now if one.kind == REGION and one.path.startswith(network.path + ".")]
    figures = await store.published_retention(conn, regions or [network.network_id], first=first, last=last)
    if not figures:
        raise NothingPublished(f"Who stayed in {network.name} has not been published for these months.")
    return RetentionReport.published(network, figures)


async def period(conn: Conn, network: Network, ask: AskPeriod, reading: Reading) -> PeriodReport:
    last = reading.day(ask.to)
    first = check_order(ask.first or last - A_QUARTER, last)
    if not reading.exactly:
        refuse_now(ask.as_of)
        if ask.by != "network":
            raise NothingPublished("Figures by sector and job role are told to those who lead the network only.")
    tree = reading.tree_of(ask.as_of)
    ids = await funnels.events_within(
        conn, network.network_id, first=first, last=last, by_tree_of=tree, limit=MOST_EVENTS + 1
    )
    if len(ids) > MOST_EVENTS:
        raise TooManyEvents(f"More than {MOST_EVENTS} events began from {first} to {last}: take a shorter period.")
    published = {} if reading.everywhere or tree else await store.published_sums(conn, ids)
    if not reading.exactly:
        return PeriodReport.published(network, (first, last), len(ids), published)
    groups = await _groups(conn, network, ids, ask, reading)
    return PeriodReport.exactly(network, (first, last), len(ids), groups, published, ask.as_of)


async def event_funnel(conn: Conn, event: Event, ask: AskEventFunnel, reading: Reading) -> FunnelReport:
    published = (await snapshots.funnels_published(conn, [event.event_id])).get(event.event_id, [])
    newest = published[-1] if published else None
    plainly = ask.by == "network" and ask.as_of is AsOf.THEN
    if reading.exactly and plainly:
        parts = await counting.funnel(conn, event.event_id)
        if reading.everywhere:
            return FunnelReport.exactly(event, parts)
        return FunnelReport.own_exactly(event, parts, newest)
    if reading.exactly:
        groups = await _groups(conn, event.network, [event.event_id], ask, reading)
        return FunnelReport.grouped(event, groups, newest if ask.as_of is AsOf.THEN else None, ask.as_of)
    refuse_now(ask.as_of)
    if ask.by != "network":
        raise NothingPublished("Figures by sector and job role are told to those who hold the event only.")
    if newest is None:
        raise NothingPublished(f"No figures of {event.title} have been published yet.")
    return FunnelReport.published(event, newest, await _views(conn, on=event.published_on))


async def peers(conn: Conn, network: Network, ask: AskPeers, reading: Reading) -> PeersReport:
    until = reading.day(ask.on)
    if network.kind == REGION:
        among = "the other regions"
        day, found = await peers_store.regions(conn, network.network_id, labels=reading.regions, until=until)
    elif network.kind == TRUST:
        of_region = ask.among == "region"
        among = "the other trusts of its region" if of_region else "other trusts of its sector"
        day, found = await peers_store.trusts_like(conn, network.network_id, of_region=of_region, until=until)
    else:
        raise NoPeers(f"{network.name} has no peers: ask for a region or a trust.")
    if day is None:
        raise NothingPublished(f"No figures of {network.name} have been published for {until} or before.")
    return PeersReport.of(network, among, day, found)


async def _groups(
    conn: Conn, network: Network, event_ids: Sequence[UUID], ask: AskPeriod | AskEventFunnel, reading: Reading
) -> Groups:
    """The exact funnel of these events, by what is asked for. network: whose reader it is."""
    placed_on = reading.tree_of(ask.as_of)
    found = await funnels.grouped(conn, network.network_id, event_ids, by=ask.by, placed_on=placed_on)
    views = await _views(conn, on=reading.today)
    return Groups.of(found, by=ask.by, everybody=reading.everywhere, networks=views)


async def _views(conn: Conn, *, on: date) -> dict[object, NetworkView]:
    """Every network as it is shown, by its id, as the tree was on that day."""
    return {one.network_id: NetworkView.of(one) for one in await counting.networks(conn, on)}


async def report_of(conn: Conn, subject: Network | Event, ask: Asked, reading: Reading) -> Report:
    """Whichever report is asked for. subject: the event of an event's funnel, else the network."""
    match ask, subject:
        case AskEventFunnel(), Event():
            return await event_funnel(conn, subject, ask, reading)
        case AskActivity(), Network():
            return await active_members(conn, subject, ask, reading)
        case AskMembers(), Network():
            return await members(conn, subject, ask, reading)
        case AskCoverage(), Network():
            return await coverage(conn, subject, ask, reading)
        case AskRetention(), Network():
            return await who_stayed(conn, subject, ask, reading)
        case AskPeriod(), Network():
            return await period(conn, subject, ask, reading)
        case AskPeers(), Network():
            return await peers(conn, subject, ask, reading)
    raise TypeError(type(ask).__name__)
