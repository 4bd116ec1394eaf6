"""The people's file that the import reads, with twelve bad rows of twelve kinds at fixed places."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from guildhall_local.story.organisations import region_names
from guildhall_local.story.people import Person

COLUMNS = ("given_name", "family_name", "email", "organisation", "job_role", "sector", "started", "region")

ONE_IN_BY_NAME = 5
ONE_IN_CAPITALS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What the import must say of a bad row; `row` counts as a spreadsheet does, with the header as row 1."""

    row: int
    column: str
    value_contains: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong: `value` instead of a good one in `column`; `seen` is what can be shown of it."""

    kind: str
    column: str
    value: str
    seen: str


def _fault(kind: str, column: str, value: str, *, seen: str | None = None) -> Fault:
    return Fault(kind=kind, column=column, value=value, seen=value if seen is None else seen)


def _faults(members: Sequence[Person]) -> list[Fault]:
    first = members[0]
    surplus_column = str(len(COLUMNS) + 1)
    return [
        _fault("unknown-organisation-code", "organisation", "RZ9"),
        _fault("unknown-organisation-name", "organisation", "Nowhere General Hospital NHS Trust"),
        _fault("email-malformed", "email", "nora.nobody.example"),
        _fault("email-header-injection", "email", "a@nhs.net <b@evil.example>"),
        _fault("email-twice-in-file", "email", first.email.upper()),
        _fault("shared-mailbox", "email", f"info@{first.organisation.domain}"),
        _fault("date-does-not-exist", "started", "2024-02-30"),
        _fault("date-in-the-future", "started", "2031-04-01"),
        _fault("name-missing", "family_name", ""),
        _fault("unknown-job-role", "job_role", "Director of Everything"),
        _fault("too-many-columns", surplus_column, "spare desk"),
        # An accented i in Latin-1 is no UTF-8; a surrogate stands for its byte until the file is written.
        _fault("broken-encoding", "family_name", "Garc\udceda", seen="Garc"),
    ]


def expected_refusals(members: Sequence[Person]) -> list[Refusal]:
    """One per bad row of `people_csv(members)`, in the file's order; no other row is refused."""
    return [
        Refusal(row=row, column=fault.column, value_contains=fault.seen, kind=fault.kind)
        for row, fault in _places(members)
    ]


def people_csv(members: Sequence[Person], *, bad_rows: bool = True) -> bytes:
    """The file: UTF-8 but for one row, CRLF, a header, the good rows in order, the bad ones among them."""
    rows = [_good_row(person) for person in members]
    if bad_rows:
        for row, fault in _places(members):
            rows.insert(row - 2, _bad_row(row, fault, members[0]))
    written = io.StringIO(newline="")
    csv.writer(written).writerows([list(COLUMNS), *rows])
    return written.getvalue().encode("utf-8", errors="surrogateescape")


def _places(members: Sequence[Person]) -> list[tuple[int, Fault]]:
    """The faults evenly through the file, each with its row; one moves those below it down by one."""
    faults = _faults(members)
    if len(members) <= len(faults):
        raise ValueError(f"{len(members)} people are too few to put {len(faults)} bad rows between them")
    apart = len(faults) + 1
    return [(turn * len(members) // apart + turn + 1, fault) for turn, fault in enumerate(faults, start=1)]


def _bad_row(row: int, fault: Fault, colleague: Person) -> list[str]:
    """Somebody who works where a colleague does and would be imported, but for the one fault."""
    values = {
        "given_name": "Robin",
        "family_name": "Refused",
        "email": f"robin.refused{row}@{colleague.organisation.domain}",
        "organisation": str(colleague.organisation.code),
        "job_role": colleague.job_role.code,
        "sector": "",
        "started": colleague.started.isoformat(),
        "region": "",
    }
    return list({**values, fault.column: fault.value}.values())


def _good_row(person: Person) -> list[str]:
    organisation = person.organisation
    by_name = organisation.code is None or person.number % ONE_IN_BY_NAME == 0
    known_sector = "" if organisation.code else organisation.sector
    return [
        person.given_name,
        person.family_name,
        person.email,
        _name(person) if by_name else str(organisation.code),
        person.job_role.title if person.number % 2 else person.job_role.code,
        person.own_sector or known_sector,
        person.started.isoformat(),
        "" if organisation.code else _region(person),
    ]


def _name(person: Person) -> str:
    """Trusts now and then in capitals, as the ODS publishes them."""
    capitals = person.organisation.code and person.number % (ONE_IN_BY_NAME * ONE_IN_CAPITALS) == 0
    return person.organisation.name.upper() if capitals else person.organisation.name


def _region(person: Person) -> str:
    """By code or by name, as people write it."""
    region = person.organisation.region
    if region is None:
        return person.organisation.cell
    return region if person.number % 3 else region_names()[region]
