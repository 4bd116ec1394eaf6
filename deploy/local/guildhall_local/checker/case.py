"""One story to be judged: what was planned, what people were told, and what there is."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from guildhall_local.checker import history, records
from guildhall_local.checker.evidence import Evidence
from guildhall_local.checker.people import Somebody
from guildhall_local.checker.records import PROFILES, Record
from guildhall_local.checker.told import Told
from guildhall_local.story.plan import Plan

JOINING = "joining"


@dataclass(frozen=True)
class Case:
    plan: Plan
    people: Mapping[str, Somebody]
    """By `sub`."""
    told: Told
    evidence: Evidence

    @cached_property
    def facts(self) -> list[Record]:
        return records.facts(self.evidence.records)

    def history(self, label: str) -> list[Record]:
        """What the topic says about an event of the story."""
        return history.of_event(self.facts, self.told.event_ids[label])

    @cached_property
    def agreed_at(self) -> str:
        """When the partner body's agreement was made, by the topic."""
        return next(str(one.document["time"]) for one in self.facts if one.type == "membership.agreement-made")

    @cached_property
    def consents(self) -> dict[str, str]:
        """A person's id to when they first consented, by the topic."""
        given = [one for one in self.facts if one.type == "membership.consent-given"]
        return {one.data["person_id"]: str(one.document["time"]) for one in reversed(given)}

    @cached_property
    def label_of(self) -> dict[str, str]:
        """An event's id to the story's label."""
        return {event_id: label for label, event_id in self.told.event_ids.items()}

    def about(self, kind: str, event_id: Any, cause: str) -> str:
        """What somebody is told of, in the story's labels: an event, an announcement, or joining."""
        if event_id and str(event_id) != "None":
            return self.label_of.get(str(event_id), str(event_id))
        return JOINING if kind.startswith("join-") else self.told.announcements.get(cause, cause)

    @cached_property
    def email_of(self) -> dict[str, str]:
        """A person's id to their address, as the profiles' topics tell it to every service."""
        profiles = [record for record in self.evidence.records if record.stream == PROFILES and record.value]
        return {record.data["person_id"]: record.data["email"] for record in profiles}

    @cached_property
    def by_email(self) -> dict[str, Somebody]:
        return {somebody.email: somebody for somebody in self.people.values()}

    @cached_property
    def _owners(self) -> dict[str, str]:
        labels = self.plan.gatherings
        return {b.registration_id: b.sub for label in labels for b in self.told.bookings(label)}

    def name_of(self, registration_id: Any) -> str:
        """Whose registration it is, as the story calls them."""
        return self._owners.get(str(registration_id), f"registration {registration_id}")

    def person_named(self, person_id: Any) -> str:
        """The `sub` of the person with this id."""
        somebody = self.by_email.get(self.email_of.get(str(person_id), ""))
        return somebody.sub if somebody else f"person {person_id}"
