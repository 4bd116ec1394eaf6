"""Promises 1 and 2: an owner's tables are the fold of what it published, where its signals carry the whole state."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from judging.claims import Claim, claim
from judging.evidence import Evidence, Row

FOLDED = "tables are the fold of their ledgers: {}"


@dataclass(frozen=True, slots=True)
class Fold:
    """A table, and how its rows read in the signals that carry them."""

    table: str
    types: tuple[str, ...]
    """Beginnings of the types that carry its rows."""
    subject: Callable[[Mapping[str, Any]], str]
    columns: Mapping[str, str]
    """Column to field."""
    belongs: Callable[[Row], bool] = lambda row: True
    """Whether the row was ever told."""
    identity: Callable[[Row], str] = lambda row: str(row["id"])


def _alike(names: str) -> dict[str, str]:
    """Columns that are told under their own names."""
    return {name: name for name in names.split()}


FOLDS = (
    Fold(
        "events",
        ("events.event-",),
        lambda data: data["event_id"],
        _alike(
            "network_id kind title summary venue starts ends"
            " zone starts_at ends_at capacity published_at revision version"
        ),
        belongs=lambda row: row["status"] != "draft",
    ),
    Fold(
        "registrations",
        ("events.registration-", "events.attendance-"),
        lambda data: data["registration_id"],
        _alike("event_id person_id status code registered_at waited attended_at version"),
    ),
    Fold(
        "networks",
        ("membership.network-",),
        lambda data: data["network_id"],
        _alike("kind name path cell ods_code sector since until successor_id version"),
    ),
    Fold(
        "memberships",
        ("membership.membership-",),
        lambda data: data["membership_id"],
        _alike("person_id network_id main since until version"),
    ),
    Fold(
        "agreements",
        ("membership.agreement-",),
        lambda data: data["agreement_id"],
        _alike("network_id body client_id issuer purpose networks starts_on ends_on version"),
    ),
    Fold(
        "consents",
        ("membership.consent-",),
        lambda data: f"{data['person_id']}:{data['agreement_id']}",
        _alike("given at version"),
        identity=lambda row: f"{row['person_id']}:{row['agreement_id']}",
    ),
    Fold(
        "join-requests",
        ("membership.join-",),
        lambda data: data["request_id"],
        {
            "by": "way",
            **_alike("person_id network_id state requested_at decided_at decided_by membership_id version"),
        },
    ),
    Fold(
        "identities",
        ("membership.identity-linked",),
        lambda data: f"{data['issuer']} {data['subject_hash']}",
        {"person_id": "person_id"},
        identity=lambda row: f"{row['issuer']} {row['subject_hash']}",
    ),
)


def judge(evidence: Evidence) -> list[Claim]:
    return [*(_folded(evidence, fold) for fold in FOLDS), _grants(evidence), _profiles(evidence)]


def _folded(evidence: Evidence, fold: Fold) -> Claim:
    told: dict[str, Mapping[str, Any]] = {}
    for record in evidence.facts():
        if record.type.startswith(fold.types) and _newer(told.get(fold.subject(record.data)), record.data):
            told[fold.subject(record.data)] = record.data
    stored = {fold.identity(row): row for row in evidence.tables.get(fold.table, ()) if fold.belongs(row)}
    differences = [f"{one} is in the table and was never told" for one in sorted(stored.keys() - told.keys())]
    differences += [f"{one} was told and is not in the table" for one in sorted(told.keys() - stored.keys())]
    for one in sorted(stored.keys() & told.keys()):
        differences += _unlike(one, stored[one], told[one], fold.columns)
    return claim((1, 2), FOLDED.format(fold.table), len(stored), differences)


def _newer(before: Mapping[str, Any] | None, now: Mapping[str, Any]) -> bool:
    return before is None or now.get("version", 1) >= before.get("version", 1)


def _unlike(one: str, row: Row, data: Mapping[str, Any], columns: Mapping[str, str]) -> Iterator[str]:
    for field, column in columns.items():
        stored, said = row[column], data.get(field)
        if not _same(stored, said):
            yield f"{column} of {one} is {stored!r}, and {said!r} was told"


def _same(stored: object, said: object) -> bool:
    """Times and days as the wire writes them."""
    if isinstance(stored, datetime) and isinstance(said, str):
        return stored == datetime.fromisoformat(said)
    if hasattr(stored, "isoformat"):
        return bool(stored.isoformat() == said)
    return stored == said


def _last_of_each_key(evidence: Evidence, stream: str) -> dict[tuple[str, str], Mapping[str, Any] | None]:
    """Cell and key to what the newest record says; None for a tombstone."""
    found: dict[tuple[str, str], Mapping[str, Any] | None] = {}
    for record in evidence.records:
        if record.stream == stream and not record.is_heartbeat and record.key is not None:
            said = json.loads(record.value)["data"] if record.value is not None else None
            found[record.cell, record.key.decode()] = said
    return found


def _grants(evidence: Evidence) -> Claim:
    """The newest record of each person and cell names what they hold there, and nothing else."""
    told = {
        (cell, person, one["grant_id"], one["role"], one["network_id"])
        for (cell, person), said in _last_of_each_key(evidence, "membership.grants").items()
        for one in (said or {"grants": []})["grants"]
    }
    live = [row for row in evidence.tables.get("grants", ()) if row["ends_at"] is None]
    stored = {(row["cell"], row["person_id"], row["id"], row["role"], row["network_id"]) for row in live}
    return claim((1, 2), FOLDED.format("grants"), len(stored), _apart(stored, told))


def _profiles(evidence: Evidence) -> Claim:
    """Who is known where, by which name and address; where they are no longer, a tombstone is the last word."""
    people = {row["id"]: row for row in evidence.tables.get("people", ()) if row["erased_at"] is None}
    stored = {
        (row["cell"], row["person_id"], *(people[row["person_id"]][name] for name in NAMES))
        for row in evidence.tables.get("profiles", ())
        if row["person_id"] in people
    }
    told = {
        (cell, person, *(said[name] for name in NAMES))
        for (cell, person), said in _last_of_each_key(evidence, "membership.profiles").items()
        if said is not None
    }
    return claim((1, 2), FOLDED.format("profiles"), len(stored), _apart(stored, told))


NAMES = ("given_name", "family_name", "email")


def _apart(stored: set[Any], told: set[Any]) -> Sequence[str]:
    return [
        *(f"{one} is in the tables and was not told" for one in sorted(stored - told)),
        *(f"{one} was told and is not in the tables" for one in sorted(told - stored)),
    ]
