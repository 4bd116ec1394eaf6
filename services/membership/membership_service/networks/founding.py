"""What a founding would do: reference data decide who is open, the published file is compared, nothing is guessed.

What has a day of its own (another name, another region, an end) is not done but wished for: planned for that day.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from membership_service.changes.model import CLOSURE, MOVE, RENAME, Wish
from membership_service.networks.model import BEGINNING, Network, national, network_id
from membership_service.reference import Reference, Region, Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class OdsTrust:
    """A trust as the Organisation Data Service publishes it."""

    code: str
    name: str
    region: str
    opened: date | None
    closed: date | None


@dataclass(frozen=True, slots=True)
class Finding:
    """What was done about one code, or what the two files disagree on, and why."""

    code: str
    name: str
    what: str
    why: str = ""


@dataclass(slots=True)
class Plan:
    """Networks as they shall be, by what happens to them; findings for the report."""

    founded: list[Network] = field(default_factory=list)
    changed: list[Network] = field(default_factory=list)
    wishes: list[Wish] = field(default_factory=list)
    undated: set[Wish] = field(default_factory=set)
    """Those of the wishes whose day is only the one on which the file is read."""
    unchanged: int = 0
    refused: list[Finding] = field(default_factory=list)
    differences: list[Finding] = field(default_factory=list)

    @property
    def networks(self) -> list[Network]:
        return [*self.founded, *self.changed]

    def wish(self, wish: Wish, *, undated: bool = False) -> None:
        self.wishes.append(wish)
        if undated:
            self.undated.add(wish)


@dataclass(frozen=True, slots=True)
class Known:
    """What a file is held against."""

    reference: Reference
    existing: Mapping[UUID, Network]
    today: date
    day: date | None
    """The day of whatever the reference data give none; None: today, unless it is planned for another already."""


def plan(
    ods: Sequence[OdsTrust],
    reference: Reference,
    existing: Mapping[UUID, Network],
    *,
    today: date,
    day: date | None = None,
) -> Plan:
    """Compare both files with the networks that there are. Pure; twice in a row the second changes nothing.

    day: of whatever the reference data give none.
    """
    found, known = Plan(), Known(reference, existing, today, day)
    published = {trust.code: trust for trust in ods}
    _settle(found, national(), existing)
    for region in reference.regions.values():
        _settle(found, _region(region), existing)
    for code in sorted(published.keys() | reference.trusts.keys()):
        trust, row = reference.trusts.get(code), published.get(code)
        if trust is None and row is not None:
            found.refused.append(Finding(row.code, row.name, "refused", _stranger(row, reference)))
        elif trust is not None:
            found.differences.extend(_differences(trust, row))
            _settle_trust(found, trust, row, known)
    for network in existing.values():
        if network.kind == "trust" and network.ods_code not in published.keys() | reference.trusts.keys():
            why = "in neither file any more: left as it is"
            found.refused.append(Finding(str(network.ods_code), network.name, "refused", why))
    return found


def _settle_trust(found: Plan, trust: Trust, row: OdsTrust | None, known: Known) -> None:
    present = known.existing.get(network_id(trust.code))
    if not trust.open and not (trust.until is not None and trust.until >= known.today):
        _settle_closed(found, trust, present, known)
        return
    wanted = _trust(trust, row, known.reference)
    if present is None:
        _settle(found, wanted, known.existing)
    elif present.until is not None:
        why = f"closed on {present.until}, and open in the reference data: left as it is"
        found.refused.append(Finding(trust.code, trust.name, "refused", why))
        return
    else:
        standing = replace(wanted, name=present.name, path=present.path, cell=present.cell)
        _settle(found, standing, known.existing)
        _wish_changes(found, present, wanted, trust, known)
    if not trust.open:
        _wish_closure(found, trust, known)
    if trust.since is None:
        since = f"counts from {wanted.since}"
        found.differences.append(Finding(trust.code, trust.name, "no-opening-date", f"no source gives one: {since}"))


def _wish_changes(found: Plan, present: Network, wanted: Network, trust: Trust, known: Known) -> None:
    undated = known.day or known.today
    if wanted.name != present.name:
        named = [one.since for one in known.reference.names if (one.code, one.name) == (trust.code, trust.name)]
        rename = Wish(network_id=present.id, what=RENAME, day=max(named, default=undated), name=wanted.name)
        found.wish(rename, undated=not named and known.day is None)
    if wanted.path != present.path:
        parent = network_id(trust.region) if trust.region else national().id
        move = Wish(network_id=present.id, what=MOVE, day=undated, parent_id=parent)
        found.wish(move, undated=known.day is None)


def _settle_closed(found: Plan, trust: Trust, present: Network | None, known: Known) -> None:
    after = f", succeeded by {trust.successor}" if trust.successor else ", without a successor that is known"
    if trust.until is None:
        why = f"closed on a day that no source gives{after}: reported, not guessed"
        found.refused.append(Finding(trust.code, trust.name, "refused", why))
    elif present is None:
        why = f"closed on {trust.until}{after}: no network is founded for a closed trust"
        found.refused.append(Finding(trust.code, trust.name, "refused", why))
    elif present.until is not None:
        found.unchanged += 1
    else:
        found.unchanged += 1
        _wish_closure(found, trust, known)


def _wish_closure(found: Plan, trust: Trust, known: Known) -> None:
    heir = _heir(trust, known.reference, known.existing)
    if trust.successor and heir is None:
        why = f"closes on {trust.until}, and {trust.successor}, its successor, has no network: its members go nowhere"
        found.refused.append(Finding(trust.code, trust.name, "refused", why))
    elif trust.until is not None:
        found.wish(Wish(network_id=network_id(trust.code), what=CLOSURE, day=trust.until, successor_id=heir))


def _settle(found: Plan, wanted: Network, existing: Mapping[UUID, Network]) -> None:
    present = existing.get(wanted.id)
    if present is None:
        found.founded.append(wanted)
        return
    now = replace(wanted, version=present.version)
    if now == present:
        found.unchanged += 1
    else:
        found.changed.append(replace(now, version=present.version + 1))


def _region(region: Region) -> Network:
    return Network(
        id=network_id(region.code),
        kind="region",
        name=region.name,
        path=f"national.{region.label}",
        cell=region.cell,
        ods_code=region.code,
        since=BEGINNING,
    )


def _trust(trust: Trust, row: OdsTrust | None, reference: Reference) -> Network:
    parent = _region(reference.regions[trust.region]) if trust.region else national()
    opened = trust.since or (row.opened if row else None)
    return Network(
        id=network_id(trust.code),
        kind="trust",
        name=trust.name,
        path=f"{parent.path}.{trust.code.lower()}",
        cell=parent.cell,
        ods_code=trust.code,
        sector=trust.sector,
        since=opened or parent.since,
    )


def _heir(trust: Trust, reference: Reference, existing: Mapping[UUID, Network]) -> UUID | None:
    """The successor's network, where it has one or is founded with the rest."""
    successor = reference.trusts.get(trust.successor or "")
    if successor is None:
        return None
    heir = network_id(successor.code)
    return heir if successor.open or heir in existing else None


def _stranger(row: OdsTrust, reference: Reference) -> str:
    if row.region not in reference.regions:
        return f"the region {row.region} is not one of the seven regions of NHS England"
    return "not in the reference data, which decide who is open"


def _differences(trust: Trust, row: OdsTrust | None) -> Iterator[Finding]:
    def differs(what: str, here: object, there: object) -> Finding:
        return Finding(
            trust.code, trust.name, what, f"{there} as published, {here} in the reference data, which counts"
        )

    published_open = row is not None and row.closed is None
    if published_open and not trust.open:
        yield Finding(trust.code, trust.name, "open-only-as-published", "closed since, says the reference data")
    if trust.open and not published_open:
        yield Finding(trust.code, trust.name, "open-only-in-reference", "not open in the published file")
    if row is None:
        return
    if _plain(row.name) != _plain(trust.name):
        yield differs("name-differs", trust.name, row.name)
    if row.region != (trust.region or ""):
        yield differs("region-differs", trust.region, row.region)
    if row.opened is not None and trust.since is not None and row.opened != trust.since:
        yield differs("opening-date-differs", trust.since, row.opened)
    if row.closed is not None and row.closed != trust.until:
        yield differs("closing-date-differs", trust.until, row.closed)


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()
