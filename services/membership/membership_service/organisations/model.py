"""The rules of organisations: employers, known by a code or by no more than a name, whose sector is an open list."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID, uuid5

from membership_service.networks.model import NAMESPACE
from servicekit.problem import Invalid

_SECTOR = re.compile(r"[a-z][a-z0-9_]{0,39}")
_CODE = re.compile(r"[A-Z0-9]{3}|[A-Z0-9]{5}")
_LEGAL_FORM = re.compile(r"( nhs)?( foundation)? trust$")


class SectorUnknown(Invalid):
    code = "sector-malformed"


class OrganisationNameRefused(Invalid):
    code = "organisation-name-refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    id: UUID
    name: str
    ods_code: str | None = None
    sector: str | None = None
    network_id: UUID | None = None
    """The network that stands for it; a trust's."""
    home_id: UUID | None = None
    """Without one: the regional or national network that its people belong to."""
    closed: bool = False
    until: date | None = None
    """The last day of the legal entity, where it is closed and a source says so."""
    successor_code: str | None = None


@dataclass(slots=True)
class Directory:
    """Organisations as people refer to them."""

    by_code: dict[str, Organisation] = field(default_factory=dict)
    _by_name: dict[str, set[UUID]] = field(default_factory=dict)
    _by_id: dict[UUID, Organisation] = field(default_factory=dict)
    _without_code: dict[tuple[str, UUID], Organisation] = field(default_factory=dict)

    @classmethod
    def of(cls, named: Iterable[tuple[Organisation, str]]) -> "Directory":
        """Each organisation with each name, present or former, as names are compared (`searched`)."""
        directory = cls()
        for organisation, name in named:
            directory.add(organisation, name)
        return directory

    def add(self, organisation: Organisation, name: str) -> None:
        if organisation.ods_code is None:
            if organisation.home_id is not None:
                self._without_code[name, organisation.home_id] = organisation
            return
        self.by_code[organisation.ods_code] = organisation
        self._by_id[organisation.id] = organisation
        self._by_name.setdefault(name, set()).add(organisation.id)

    def named(self, name: str) -> Organisation | None:
        """The one with a code that has, or had, this name; None where none or several have."""
        found = [self._by_id[one] for one in self._by_name.get(searched(name), ())]
        open_ones = [one for one in found if not one.closed] or found
        return open_ones[0] if len(open_ones) == 1 else None

    def without_code(self, name: str, home_id: UUID) -> Organisation | None:
        return self._without_code.get((searched(name), home_id))


def organisation_id(code: str) -> UUID:
    """The id of the organisation with this ODS code, the same wherever it is written down."""
    return uuid5(NAMESPACE, f"organisation {code}")


def without_network(name: str, home_id: UUID, sector: str | None) -> Organisation:
    """An organisation known by its name, whose people belong to the network `home_id`; one name there is one id."""
    its_id = uuid5(NAMESPACE, f"organisation {searched(name)} {home_id}")
    return Organisation(id=its_id, name=name, sector=sector, home_id=home_id)


def is_code(text: str) -> bool:
    """Whether this has the form of an ODS code: three or five capital letters and digits."""
    return _CODE.fullmatch(text) is not None


def searched(name: str) -> str:
    """A name as names are compared: without case, punctuation, article and legal form."""
    plain = name.casefold().replace("&", " and ").replace("’", "'")
    plain = " ".join(re.sub(r"[^\w\s]", "", plain).split())
    short = _LEGAL_FORM.sub("", plain.removeprefix("the "))
    return short or plain


def checked_sector(text: str) -> str:
    """A sector's code, such as mental_health; the list of sectors is open. Raises SectorUnknown."""
    if not _SECTOR.fullmatch(text):
        raise SectorUnknown("a sector's code in small letters, such as acute or mental_health")
    return text


def checked_name(text: str) -> str:
    """An organisation's name. Raises OrganisationNameRefused."""
    name = " ".join(text.split())
    if not 0 < len(name) <= 200 or not name.isprintable() or not searched(name):
        raise OrganisationNameRefused("the organisation's name, in at most 200 letters")
    return name
