"""Everything events listens to, on one page."""

from access import ACCESS
from events_service.people.handlers import forget_name, keep_names
from membership_contracts import Profile
from servicekit.consumers import Consumer, projects_many, projects_removal

PEOPLE = Consumer(
    name="people",
    projection="projection",
    subscriptions=[
        projects_many(Profile, keep_names),
        projects_removal(Profile, forget_name),
    ],
)

CONSUMERS: list[Consumer] = [*ACCESS, PEOPLE]
