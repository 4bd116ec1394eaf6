"""No name and no address stands on any topic but the profiles, nor in any log."""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

from guildhall_local.checker.case import Case
from guildhall_local.checker.finding import Check, Finding, found
from guildhall_local.checker.records import PROFILES, Record
from guildhall_local.checker.reports import cell_of

ADDRESS = re.compile(rb"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
"""At a domain: the cause of a reminder, `starts@3`, is no address."""
WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
TOKEN = re.compile(rb"eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}")


class Names:
    """Finds people by their whole names, and by either name where it stands as a value of its own."""

    def __init__(self, case: Case) -> None:
        self._whole = {
            (somebody.given_name.casefold(), somebody.family_name.casefold()) for somebody in case.people.values()
        }
        self._single = {name for pair in self._whole for name in pair}

    def in_text(self, text: str) -> str | None:
        """The first whole name, given name first or last."""
        words = WORD.findall(text.casefold())
        for first, second in pairwise(words):
            if (first, second) in self._whole or (second, first) in self._whole:
                return f"{first} {second}"
        return None

    def in_value(self, value: str) -> str | None:
        return value if value.casefold() in self._single else self.in_text(value)


def _topics(case: Case) -> Finding:
    names, looked, differences = Names(case), 0, []
    for record in case.evidence.records:
        if record.stream == PROFILES:
            continue
        looked += 1
        where = f"{record.topic}/{record.partition}/{record.offset}"
        if _address_in(record):
            differences.append(f"an address stands on {where}")
        name = next(filter(None, map(names.in_value, _values(record))), None)
        if name:
            differences.append(f"the name {name!r} stands on {where}")
    return found(f"{looked} records on the other topics", differences)


def _address_in(record: Record) -> bool:
    parts = [record.key, record.value, *record.headers.values()]
    return any(ADDRESS.search(part) for part in parts if part)


def _values(record: Record) -> Iterator[str]:
    if record.value is not None and not record.is_heartbeat:
        yield from strings(record.document)


def strings(value: Any) -> Iterator[str]:
    """Every text in a JSON value."""
    match value:
        case str():
            yield value
        case list():
            for item in value:
                yield from strings(item)
        case dict():
            for item in value.values():
                yield from strings(item)


def _logs(case: Case) -> Finding:
    names, lines, differences = Names(case), 0, []
    addresses = {somebody.email.encode() for somebody in case.people.values()}
    secrets = [secret.encode() for secret in case.told.secrets]
    for log in case.evidence.logs:
        for number, line in enumerate(_lines(log.read_bytes()), start=1):
            lines += 1
            where = f"{log.name}, line {number}"
            if any(address.lower() in addresses for address in ADDRESS.findall(line)):
                differences.append(f"a person's address stands in {where}")
            if name := names.in_text(line.decode(errors="replace")):
                differences.append(f"the name {name!r} stands in {where}")
            if TOKEN.search(line):
                differences.append(f"a token stands in {where}")
            if any(secret in line for secret in secrets):
                differences.append(f"a secret address, or a secret, stands in {where}")
    return found(f"{lines} lines of {len(case.evidence.logs)} logs", differences)


def _lines(content: bytes) -> Iterable[bytes]:
    return content.splitlines()


def _profiles(case: Case) -> Finding:
    """Where names may stand: each person in the cells where they belong, as they are, and nowhere else."""
    latest: dict[tuple[str, bytes | None], Record] = {}
    for record in case.evidence.records:
        if record.stream == PROFILES:
            latest[record.cell, record.key] = record
    standing = {(record.cell, record.data["email"]): record for record in latest.values() if record.value is not None}
    expected = {
        (cell_of(somebody.stays[-1].network) if somebody.stays else "national", somebody.email): somebody
        for somebody in case.people.values()
    }
    differences = [
        *(f"{expected[one].sub} has no profile in {one[0]}" for one in expected.keys() - standing.keys()),
        *(f"a profile stands in {one[0]} that belongs to nobody there" for one in standing.keys() - expected.keys()),
        *(
            f"{expected[one].sub} has another name in their profile"
            for one in expected.keys() & standing.keys()
            if (standing[one].data["given_name"], standing[one].data["family_name"])
            != (expected[one].given_name, expected[one].family_name)
        ),
    ]
    return found(f"{len(standing)} profiles", differences)


CHECKS = [
    Check("no name or address stands on any topic but the profiles", _topics),
    Check("each person has one profile, in the cell where they belong", _profiles),
    Check("no name, address or token stands in any log", _logs),
]
