"""Persons: the link from an identity, and the one place where names and addresses travel."""

from hashlib import sha256
from typing import ClassVar

from servicekit.contract import PROFILES, Fact, Personal, PersonId, Pseudonym, Signal


def subject_hash(issuer: str, subject: str) -> str:
    """How a signal names an identity: SHA-256 of issuer, line feed and subject, in hex."""
    return sha256(f"{issuer}\n{subject}".encode()).hexdigest()


class IdentityLinked(Signal):
    """Whoever signs in with this identity is this person. Travels on `national.membership`."""

    type: ClassVar[str] = "guildhall.membership.identity-linked.v1"

    person_id: PersonId
    issuer: Fact[str]
    subject_hash: Pseudonym[str]

    @property
    def key(self) -> str:
        return str(self.person_id)


class Profile(Signal):
    """Who a person is, once in each cell where they have a current membership (a guest: in the national cell).

    The topic is compacted; a tombstone takes away only what came from its cell.
    """

    type: ClassVar[str] = "guildhall.membership.profile.v1"
    stream: ClassVar[str] = PROFILES

    person_id: PersonId
    given_name: Personal[str]
    family_name: Personal[str]
    email: Personal[str]
    language: Fact[str] = "en"

    @property
    def key(self) -> str:
        return str(self.person_id)
