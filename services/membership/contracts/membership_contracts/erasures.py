"""Erasure: a person is forgotten by everybody, and says so once to each cell."""

from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime

from servicekit.contract import Fact, PersonId, Signal


class PersonErased(Signal):
    """Whoever hears it takes away what is personal about them, queued, kept or shown, and answers for its cell.

    It travels on every cell and beats every version: nothing that is told later about the person brings them back.
    """

    type: ClassVar[str] = "guildhall.membership.person-erased.v1"

    erasure_id: Fact[UUID]
    person_id: PersonId
    at: Fact[AwareDatetime]

    @property
    def key(self) -> str:
        return str(self.person_id)

    @property
    def subject(self) -> str:
        return str(self.person_id)
