"""Figures as the nation published them, arriving like any other signal."""

from datetime import date, timedelta

from analytics_house import FOUNDED, network_id

from analytics_contracts import ActiveMembersCounted, MembersCounted, RetentionCounted, Stayed
from servicekit.consumers.delivery import Record
from servicekit.envelope import Origin
from servicekit.testing.deliveries import as_record


def figures_heard(path: str, *, day: date, version: int = 1, people: int | None = 20) -> list[Record]:
    """What the nation published of this network: its members, the active, and who stayed of January's cohort."""
    at, of = Origin("national", path), network_id(path)
    month = date(2026, 1, 1)
    signals = [
        MembersCounted(version=version, network_id=of, day=day, members=people, trusts=2, trusts_with_members=1),
        ActiveMembersCounted(version=version, network_id=of, day=day, active=people),
        RetentionCounted(
            version=version, network_id=of, month=month, joined=people, stayed=[Stayed(after=1, people=people)]
        ),
    ]
    return [as_record(signal, at=at, time=FOUNDED + timedelta(days=version)) for signal in signals]
