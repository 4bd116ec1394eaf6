"""What the story's people asked for and were told, read from the journal and from nowhere else."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from guildhall_local.story.journal import Wish


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """What somebody was told when they asked for a place."""

    sub: str
    registration_id: str
    person_id: str
    status: str
    place_in_line: int | None
    sent: float
    answered: float


@dataclass(frozen=True)
class Told:
    wishes: Sequence[Wish]

    def of(self, deed: str, about: str | None = None) -> list[Wish]:
        """Those with a known outcome, in the order of their sending."""
        return [wish for wish in self.wishes if wish.last.deed == deed and (about is None or wish.last.about == about)]

    def done(self, deed: str, about: str | None = None) -> list[Wish]:
        return [wish for wish in self.of(deed, about) if wish.done]

    def only(self, deed: str, about: str | None = None) -> Any:
        """The answer to the one such wish."""
        [wish] = self.done(deed, about)
        return wish.answer

    @cached_property
    def event_ids(self) -> dict[str, str]:
        """By the story's label."""
        return {wish.last.about: wish.answer["id"] for wish in self.done("publish-event")}

    @cached_property
    def networks(self) -> dict[str, str]:
        """Path to id."""
        return {item["path"]: item["id"] for wish in self.done("read-networks") for item in wish.answer["items"]}

    @cached_property
    def paths(self) -> dict[str, str]:
        """Id to path."""
        return {id_: path for path, id_ in self.networks.items()}

    @cached_property
    def announcements(self) -> dict[str, str]:
        """What causes its notifications, to the story's label."""
        return {f"announcement:{wish.answer['id']}": wish.last.about for wish in self.done("announce")}

    def unsubscribed(self, label: str) -> set[str]:
        """Who had ended the mails of announcements when this one was made."""
        [announced] = self.done("announce", label)
        return {wish.last.about for wish in self.done("unsubscribe") if wish.answered < announced.sent}

    def leads(self, path: str) -> set[str]:
        """Who was given the lead of the network at this path."""
        return {
            wish.last.about
            for wish in self.done("give-grant")
            if wish.body["role"] == "lead" and self.paths[wish.body["network_id"]] == path
        }

    @cached_property
    def consenting(self) -> set[str]:
        """Who consented to the partner body's agreement."""
        return {wish.who for wish in self.done("consent")}

    @cached_property
    def calendar(self) -> str:
        """Path of the calendar's feed, its secret in it."""
        return self.done("read-calendar")[0].last.path

    @cached_property
    def secrets(self) -> set[str]:
        """What opens something to whoever has it: the ends of such addresses, and what webhooks are signed with."""
        links = [wish.last.path for deed in ("read-calendar", "look-at-unsubscribe") for wish in self.done(deed)]
        signing = [wish.answer["secret"] for wish in self.done("subscribe")]
        return {link.rpartition("/")[2].removesuffix(".ics") for link in links} | set(signing)

    def bookings(self, label: str) -> list[Booking]:
        return [
            Booking(
                sub=wish.who,
                registration_id=wish.answer["id"],
                person_id=wish.answer["person_id"],
                status=wish.answer["status"],
                place_in_line=wish.answer["place_in_line"],
                sent=wish.sent,
                answered=wish.answered,
            )
            for wish in self.done("register", label)
        ]

    def cancelled(self, label: str) -> list[str]:
        """Registrations that were given up, in the order of the requests."""
        return [wish.answer["id"] for wish in self.done("cancel-registration", label)]

    def attended(self, label: str) -> list[str]:
        return [wish.answer["registration_id"] for wish in self.done("check-in", label)]

    def promoted(self, label: str) -> list[Booking]:
        """Who must have been given the places that became free: so many from the front of the line."""
        line = sorted(
            (booking for booking in self.bookings(label) if booking.place_in_line is not None),
            key=lambda booking: booking.place_in_line or 0,
        )
        return line[: len(self.cancelled(label))]

    def finally_confirmed(self, label: str) -> set[str]:
        """Registrations that hold a place at the end."""
        confirmed = {b.registration_id for b in self.bookings(label) if b.status == "confirmed"}
        promoted = {booking.registration_id for booking in self.promoted(label)}
        return (confirmed | promoted) - set(self.cancelled(label))

    def finally_waiting(self, label: str) -> set[str]:
        waiting = {b.registration_id for b in self.bookings(label) if b.status == "waiting"}
        return waiting - {booking.registration_id for booking in self.promoted(label)}
