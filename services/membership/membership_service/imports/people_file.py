"""The people's file, row by row: who is to be a member where, or what is wrong with the row."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from membership_service.imports.csv_file import check_header, rows
from membership_service.imports.model import FileRefused, Refusal, RowRefused, is_broken
from membership_service.networks.model import Network
from membership_service.organisations import model as organisations
from membership_service.organisations.model import Directory, Organisation
from membership_service.people import model as people
from membership_service.reference import JobRoles
from servicekit.problem import Invalid

COLUMNS = ("given_name", "family_name", "email", "organisation", "job_role", "sector", "started", "region")
BLANKS = " \t\u00a0"
"""Stripped at both ends; line ends are not, since they are how a header is smuggled in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A good row: somebody who is to be a member."""

    row: int
    given_name: str
    family_name: str
    email: str
    network: Network
    organisation: Organisation
    job_role: str
    sector: str | None
    started: date


@dataclass(slots=True, kw_only=True)
class Checker:
    """What the rows are held against; it remembers the addresses and organisations of the rows before."""

    directory: Directory
    networks: Mapping[UUID, Network]
    job_roles: JobRoles
    today: date
    _addresses: dict[str, int] = field(default_factory=dict)
    _regions: dict[str, Network] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for network in self.networks.values():
            if network.kind in ("national", "region"):
                names = (network.ods_code, network.name, network.path.rpartition(".")[2])
                self._regions |= {name.casefold(): network for name in names if name}

    def check(self, body: bytes) -> Iterator[Candidate | Refusal]:
        """Every row of the file. Raises FileRefused."""
        found = rows(body)
        _, header = next(found, (0, []))
        if not header:
            raise FileRefused(f"The file is empty. Expected a header: {','.join(COLUMNS)}.")
        check_header(header, COLUMNS)
        for number, values in found:
            try:
                yield self._candidate(number, values)
            except RowRefused as refusal:
                yield refusal.at(number)

    def _candidate(self, row: int, values: list[str]) -> Candidate:
        value = _by_column(values)
        given_name = _told("given_name", value, people.checked_name, kind="name")
        family_name = _told("family_name", value, people.checked_name, kind="name")
        email = _told("email", value, people.checked_address)
        self._check_only_here(email, value["email"])
        network, organisation = self._employer(value)
        job_role = self.job_roles.find(value["job_role"])
        if job_role is None:
            raise RowRefused("job_role", value["job_role"], "a job role by its code or title", kind="unknown-job-role")
        sector = _told("sector", value, organisations.checked_sector) if value["sector"] else None
        started = self._started(value["started"], network)
        self._addresses[email.casefold()] = row
        return Candidate(
            row=row,
            given_name=given_name,
            family_name=family_name,
            email=email,
            network=network,
            organisation=organisation,
            job_role=job_role,
            sector=sector or organisation.sector,
            started=started,
        )

    def _check_only_here(self, email: str, value: str) -> None:
        if first := self._addresses.get(email.casefold()):
            raise RowRefused(
                "email", value, f"an address of their own: row {first} has it already", kind="email-twice-in-file"
            )

    def _employer(self, value: Mapping[str, str]) -> tuple[Network, Organisation]:
        text, region = value["organisation"], value["region"]
        if organisations.is_code(text):
            trust = self.directory.by_code.get(text)
            kind, expected = "unknown-organisation-code", "the ODS code of an open trust"
        else:
            trust = self.directory.named(text)
            kind, expected = "unknown-organisation-name", "the name of an open trust, or a region beside the name"
        if trust is None and (organisations.is_code(text) or not region):
            raise RowRefused("organisation", text, expected, kind=kind)
        if trust is None:
            return self._without_network(text, region, value["sector"])
        network = self.networks.get(trust.network_id) if trust.network_id else None
        if trust.closed or network is None:
            raise RowRefused("organisation", text, _open_one(trust, self.directory), kind=kind)
        if region and not self._region(region).covers(network.path):
            above = self._above(network)
            raise RowRefused("region", region, f"nothing, or {above}: where {trust.name} is", kind="other-region")
        return network, trust

    def _above(self, network: Network) -> str:
        parent = network.path.rpartition(".")[0]
        return next(one.name for one in self._regions.values() if one.path == parent)

    def _without_network(self, text: str, region: str, sector: str) -> tuple[Network, Organisation]:
        home = self._region(region)
        known = self.directory.without_code(text, home.id)
        if known is not None:
            return home, known
        try:
            name = organisations.checked_name(text)
        except Invalid as refusal:
            raise RowRefused("organisation", text, refusal.detail, kind=refusal.code) from None
        organisation = organisations.without_network(name, home.id, sector or None)
        self.directory.add(organisation, organisations.searched(name))
        return home, organisation

    def _region(self, text: str) -> Network:
        found = self._regions.get(" ".join(text.split()).casefold())
        if found is None:
            raise RowRefused(
                "region",
                text,
                "a region by its code or name, such as Y60 or Midlands, or national",
                kind="unknown-region",
            )
        return found

    def _started(self, text: str, network: Network) -> date:
        started = _day(text)
        if started > self.today:
            raise RowRefused("started", text, f"a day that is not after today, {self.today}", kind="date-in-the-future")
        if started < network.since:
            expected = f"{network.since} or later, when {network.name} began"
            raise RowRefused("started", text, expected, kind="date-before-the-network")
        if network.until is not None:
            expected = f"a network that goes on: {network.name} ends on {network.until}"
            raise RowRefused("organisation", network.name, expected, kind="network-ends")
        return started


def _by_column(values: list[str]) -> dict[str, str]:
    if len(values) > len(COLUMNS):
        raise RowRefused(
            str(len(COLUMNS) + 1),
            values[len(COLUMNS)],
            f"{len(COLUMNS)} values, here are {len(values)}: put text with a comma between quotation marks",
            kind="too-many-columns",
        )
    if len(values) < len(COLUMNS):
        raise RowRefused(
            COLUMNS[len(values)], "", f"{len(COLUMNS)} values, here are {len(values)}", kind="too-few-columns"
        )
    for column, value in zip(COLUMNS, values, strict=True):
        if is_broken(value):
            raise RowRefused(column, value, "text in UTF-8", kind="broken-encoding")
        if "\0" in value:
            raise RowRefused(column, value, "text without the character U+0000", kind="broken-encoding")
    return {column: value.strip(BLANKS) for column, value in zip(COLUMNS, values, strict=True)}


def _told(column: str, value: Mapping[str, str], check: Callable[[str], str], *, kind: str | None = None) -> str:
    """The value as a rule leaves it; where the rule refuses it, in the rule's words."""
    try:
        return check(value[column])
    except Invalid as refusal:
        missing = "missing" if not value[column] else "malformed"
        raise RowRefused(
            column, value[column], refusal.detail, kind=f"{kind}-{missing}" if kind else refusal.code
        ) from None


def _day(text: str) -> date:
    expected = "a day that exists, as YYYY-MM-DD"
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise RowRefused("started", text, expected, kind="date-does-not-exist")


def _open_one(trust: Organisation, directory: Directory) -> str:
    if not trust.closed:
        return f"a trust whose network has been founded: {trust.name} has none yet"
    when = f"closed on {trust.until}" if trust.until else "is closed"
    heir = directory.by_code.get(trust.successor_code or "")
    after = f"; its successor is {heir.ods_code}, {heir.name}" if heir else ""
    return f"an open trust: {trust.name} {when}{after}"
