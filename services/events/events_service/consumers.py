"""Everything events listens to, on one page."""

from access import ACCESS
from events_service.erasures.handlers import carry_out_erasure, forget_person
from events_service.people.handlers import forget_name, keep_names
from membership_contracts import PersonErased, Profile
from servicekit.consumers import Consumer, projects, projects_many, projects_removal, tells

PEOPLE = Consumer(
    name="people",
    projection="projection",
    subscriptions=[
        projects_many(Profile, keep_names),
        projects_removal(Profile, forget_name),
        projects(PersonErased, forget_person),
        tells(PersonErased, carry_out_erasure),
    ],
)

CONSUMERS: list[Consumer] = [*ACCESS, PEOPLE]
