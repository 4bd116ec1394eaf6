"""The rules of consent: a person's own word on one agreement, given and taken back as often as they like."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from servicekit.problem import Conflict, NothingHere


class NothingAsked(Conflict):
    code = "nothing-asked"
    title = "This agreement is about nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """A person's word on an agreement. Version 0, not given: they never answered."""

    person_id: UUID
    agreement_id: UUID
    given: bool = False
    at: datetime | None = None
    version: int = 0

    def give(self, *, at: datetime) -> "Consent":
        """The same version where it is given already."""
        return self if self.given else replace(self, given=True, at=at, version=self.version + 1)

    def withdraw(self, *, at: datetime) -> "Consent":
        """The same version where it is not given."""
        return replace(self, given=False, at=at, version=self.version + 1) if self.given else self


def check_asked(*, concerned: bool, needs_consent: bool, body: str, agreement_id: UUID) -> None:
    """Only whoever an agreement is about answers it. Raises NothingHere or NothingAsked."""
    if not concerned:
        raise NothingHere
    if not needs_consent:
        raise NothingAsked(f"The agreement with {body} is about nobody in particular: there is nothing to consent to.")
