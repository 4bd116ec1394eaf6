"""Short words for things of the matrix, in the services that know networks by their paths."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from places import (
    ERASED,
    LONDON,
    MIDLANDS,
    NATIONAL,
    OTHER_REGION,
    OWN,
    PEOPLE,
    RJ1,
    RRK,
    RWP,
    SAME_REGION,
    SAME_TRUST,
    UNKNOWN,
    Found,
    Principal,
    Things,
)
from rights_model import Thing

from servicekit.ids import new_id

PATHS = (NATIONAL, MIDLANDS, RWP, RRK, LONDON, RJ1)
NEAR_AND_FAR = {SAME_TRUST: RWP, SAME_REGION: RRK, OTHER_REGION: RJ1}
NETWORKS = NEAR_AND_FAR | {"the region": MIDLANDS, "the nation": NATIONAL}


def id_at(path: str) -> str:
    """As `access.testing.Directory` gives ids."""
    return str(uuid5(NAMESPACE_URL, path))


def cell_of(path: str) -> str:
    return path.split(".")[1] if path.count(".") else NATIONAL


def at(*paths: str, **given: Any) -> Thing:
    return Thing(at=tuple(frozenset([path]) for path in paths), **given)


def found(where: str, thing: Thing, path: str = MIDLANDS, marks: Sequence[str] = (), **fill: Any) -> Found:
    """path: of the network in whose cell it lies."""
    return Found(where, thing, {"cell": cell_of(path), **fill}, marks)


def unknown(*names: str, path: str = MIDLANDS, **fill: Any) -> Found:
    return found(UNKNOWN, Thing(exists=False), path, **{name: str(new_id()) for name in names}, **fill)


def all_networks(**fill: Any) -> list[Found]:
    known = [found(where, at(path), path, network_id=id_at(path), **fill) for where, path in NETWORKS.items()]
    return [*known, unknown("network_id", **fill)]


def made_at(name: str, ids: Mapping[str, Any], **fill: Any) -> Things:
    """Things of the networks near and far, by where; and one that there is not."""
    made = [
        found(where, at(NETWORKS[where]), NETWORKS[where], [str(its)], **{name: str(its)}, **fill)
        for where, its in ids.items()
    ]
    return lambda who: [*made, unknown(name, **fill)]


def people(who: Principal, subjects: Mapping[str, UUID]) -> list[Found]:
    """Oneself, members near and far, and whoever is unknown here, who is as a guest: the nation's."""
    asked = []
    if who.person_id:
        where = frozenset(PEOPLE[who.name][0]) or frozenset({NATIONAL})
        asked.append(_person(OWN, who.person_id, Thing(at=(where,), about=str(who.person_id))))
    for where, whose in subjects.items():
        path = NATIONAL if where == ERASED else NEAR_AND_FAR[where]
        asked.append(_person(where, whose, at(path, about=str(whose))))
    return [*asked, _person(UNKNOWN, new_id(), at(NATIONAL))]


def _person(where: str, whose: UUID, thing: Thing) -> Found:
    return found(where, thing, MIDLANDS, [str(whose)], person_id=str(whose))
