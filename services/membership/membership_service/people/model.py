"""The rules of persons: names as people write them, and addresses that are one person's and nothing else."""

import re
import unicodedata
from dataclasses import dataclass, replace
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.utils import parseaddr
from uuid import UUID

from servicekit.problem import Conflict, Invalid, NotFound, PreconditionFailed

LONGEST_NAME = 100
LONGEST_ADDRESS, LONGEST_LOCAL_PART = 254, 64

_SHARED = """
    admin administrator booking bookings communications comms contact contactus customerservice enquiries enquiry
    events feedback general hello help helpdesk hr info information inquiries it mail mailbox marketing media
    membership no-reply noreply office operations pa postmaster press reception recruitment secretariat secretary
    shared staff support team training webmaster
"""
SHARED = frozenset(_SHARED.split())
"""Local parts of mailboxes that several people read."""

_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"({_LABEL}\.)+[A-Za-z]([A-Za-z0-9-]{{0,61}}[A-Za-z0-9])")
_BETWEEN_LETTERS = frozenset(" '’ʼ-‐‑.")


class PersonNotFound(NotFound):
    code = "person-not-found"


class NameRefused(Invalid):
    code = "name-refused"
    title = "This cannot be a person's name"


class AddressMalformed(Invalid):
    code = "email-malformed"
    title = "This is not one plain e-mail address"


class AddressUnsafe(Invalid):
    code = "email-header-injection"
    title = "This is not one plain e-mail address"


class SharedMailbox(Invalid):
    code = "shared-mailbox"
    title = "This address belongs to several people"


class AddressInUse(Conflict):
    code = "email-in-use"
    title = "Somebody else has this address"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    id: UUID
    given_name: str
    family_name: str
    email: str
    language: str = "en"
    version: int = 1

    def check_version(self, expected: int) -> None:
        """Raises PreconditionFailed where somebody changed this person meanwhile."""
        if expected != self.version:
            raise PreconditionFailed(
                f"You have changed version {expected}, but version {self.version} is there by now: read it again.",
                version=self.version,
            )

    def changed(
        self, *, given_name: str | None, family_name: str | None, email: str | None, language: str | None
    ) -> "Person":
        """With these in place of what was there; the same version where nothing differs."""
        then = replace(
            self,
            given_name=self.given_name if given_name is None else checked_name(given_name),
            family_name=self.family_name if family_name is None else checked_name(family_name),
            email=self.email if email is None else checked_address(email),
            language=self.language if language is None else language,
        )
        return then if then == self else replace(then, version=self.version + 1)


def checked_name(text: str) -> str:
    """A given or family name in any script, tidied. Raises NameRefused, whose words say what is expected."""
    name = unicodedata.normalize("NFC", " ".join(text.split(" ")).strip())
    if not name:
        raise NameRefused("a name: it is required")
    if len(name) > LONGEST_NAME:
        raise NameRefused(f"a name of at most {LONGEST_NAME} letters")
    if not all(_belongs_in_a_name(char) for char in name) or not any(char.isalpha() for char in name):
        raise NameRefused("a name: letters, apostrophes, hyphens and spaces only")
    return " ".join(name.split())


def checked_address(text: str) -> str:
    """One plain address that is one person's. Raises a refusal whose words say what is expected."""
    address = text.strip(" ")
    _refuse_what_could_be_a_header(address)
    local_part, at, domain = address.rpartition("@")
    plain = (
        at
        and len(address) <= LONGEST_ADDRESS
        and len(local_part) <= LONGEST_LOCAL_PART
        and _LOCAL_PART.fullmatch(local_part)
        and _DOMAIN.fullmatch(domain)
        and _reads_back(address)
    )
    if not plain:
        raise AddressMalformed("one plain address such as ada.obi@trust.nhs.uk")
    if _is_shared(local_part):
        raise SharedMailbox(
            f"an address of one person's own: {local_part}@ is read by several, and whoever reads it"
            " could sign in as this person and see what is theirs"
        )
    return address


def domain_of(address: str) -> str:
    return address.rpartition("@")[2].casefold()


def _refuse_what_could_be_a_header(address: str) -> None:
    """Line ends, encoded words and a second address are how a header is smuggled in."""
    if any(char in address for char in '\r\n\0<>"(),:;') or "=?" in address or not address.isascii():
        raise AddressUnsafe("one plain address such as ada.obi@trust.nhs.uk, without a name or brackets")


def _reads_back(address: str) -> bool:
    """Whether the mail library reads exactly this address, and nothing beside it."""
    try:
        again = Address(addr_spec=address)
    except (HeaderParseError, ValueError, IndexError):
        return False
    return again.addr_spec == address and parseaddr(address) == ("", address)


def _is_shared(local_part: str) -> bool:
    name = local_part.casefold().partition("+")[0]
    return name in SHARED or name.replace(".", "").replace("_", "").replace("-", "") in SHARED


def _belongs_in_a_name(char: str) -> bool:
    return char in _BETWEEN_LETTERS or unicodedata.category(char)[0] in "LM"
