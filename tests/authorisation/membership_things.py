"""The things of membership's routes as each principal asks about them: own ones, those near and far, and none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from cast import Opened
from membership_house import House
from membership_places import AGREEMENT
from places import (
    ERASED,
    LONDON,
    MIDLANDS,
    NATIONAL,
    NO_OBJECT,
    OTHER_REGION,
    OWN,
    PEOPLE,
    RJ1,
    RRK,
    RWP,
    SAME_REGION,
    SAME_TRUST,
    SUBJECTS,
    UNKNOWN,
    Batch,
    Found,
    Principal,
    Things,
)
from rights_model import Thing, is_within

from membership_service.networks.model import network_id
from servicekit import clock
from servicekit.ids import new_id

CODES = {NATIONAL: "national", MIDLANDS: "Y60", LONDON: "Y56", RWP: "RWP", RRK: "RRK", RJ1: "RJ1"}
ASKED_BY_ALL = "RJ2"
"""A trust of London that everybody asks to join."""
NETWORKS = {SAME_TRUST: RWP, SAME_REGION: RRK, "the region": MIDLANDS, OTHER_REGION: RJ1, "the nation": NATIONAL}
NO_SECRETS = frozenset({"network", "group", "offer", "place of a group"})
ROLES = ("lead", "organiser", "steward", "analyst", "privacy-officer")
ABOUT_PERSONS = {"guildhall.events.attendance-recorded.v1": ["person_id", "event_id"]}


def id_at(path: str) -> str:
    return str(network_id(CODES[path]))


@dataclass
class Membership:
    """What was founded, as the matrix asks about it."""

    opened: Opened
    house: House
    principals: dict[str, Principal] = field(default_factory=dict)
    subjects: dict[str, tuple[UUID, UUID]] = field(default_factory=dict)
    """Person and membership, by where."""
    own: dict[str, dict[str, str]] = field(default_factory=dict)
    """By principal: membership, request and grant."""
    made: dict[str, dict[str, str]] = field(default_factory=dict)
    """By kind: an id by where."""
    secrets: dict[str, str] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    guest: str = ""

    async def told(self, who: str, method: str, path: str, **given: Any) -> Any:
        return await self.opened.told(method, f"/api/v1/{path}", self.principals[who].headers, **given)


def things(here: Membership) -> Mapping[str, Things]:
    known = _Known(here)
    return {
        NO_OBJECT: lambda who: [Found(NO_OBJECT, Thing(about=who.caller.person), _usual(here))],
        "the nation": lambda who: [Found(NO_OBJECT, _at(NATIONAL), _usual(here))],
        "network": known.networks,
        "person": known.people,
        "holding": known.holdings,
        "membership": known.memberships,
        "move": known.moves,
        "offer": known.offers,
        "grant": known.grants,
        "agreement": known.agreements,
        "asked agreement": known.asked_agreements,
        "erasure": known.erasures,
        "own answers": known.own_answers,
        "request": known.requests,
        "invitation": known.invitations,
        "secret": known.of_secrets,
        "group": known.groups,
        "place of a group": known.places_of_groups,
        "change": known.changes,
        "import": known.imports,
    }


def batches(here: Membership) -> list[Batch]:
    agreement = AGREEMENT | {"network_id": id_at(MIDLANDS)}
    found = Found(NO_OBJECT, fill=_usual(here))
    near, far = [id_at(RWP), id_at(RRK)], id_at(RJ1)
    group = {"name": "Of some trusts"}
    return [
        Batch(
            "POST /api/v1/agreements",
            "regional lead",
            found,
            agreement | {"networks": near},
            agreement | {"networks": [*near, far]},
        ),
        Batch(
            "POST /api/v1/networks", "regional lead", found, group | {"trusts": near}, group | {"trusts": [*near, far]}
        ),
    ]


def _at(*paths: str, **given: Any) -> Thing:
    return Thing(at=tuple(frozenset([path]) for path in paths), **given)


def _usual(here: Membership) -> dict[str, Any]:
    today = clock.today()
    return {
        "today": str(today),
        "later": str(today + timedelta(days=10)),
        "next_year": str(today + timedelta(days=365)),
        "issuer": here.house.issuer.url,
        "guest": here.guest,
        "rrk": id_at(RRK),
        "etag": '"1"',
    }


@dataclass(frozen=True, slots=True)
class _Known:
    here: Membership

    def _found(self, where: str, thing: Thing, marks: Sequence[str] = (), **fill: Any) -> Found:
        return Found(where, thing, _usual(self.here) | fill, marks)

    def _unknown(self, *names: str, **fill: Any) -> Found:
        return self._found(UNKNOWN, Thing(exists=False), **(fill | {name: str(new_id()) for name in names}))

    def networks(self, who: Principal) -> list[Found]:
        asked = [
            self._found(
                where,
                _at(path, about=who.caller.person),
                self._marks(path, who),
                network_id=id_at(path),
                etag='"1"' if path in SUBJECTS.values() else '"0"',
            )
            for where, path in NETWORKS.items()
        ]
        return [*asked, self._unknown("network_id")]

    def _marks(self, path: str, who: Principal) -> list[str]:
        """What is known of those who belong to this network or one below, where whoever asks holds nothing."""
        near = [
            where
            for where, home in SUBJECTS.items()
            if where != ERASED and is_within(home, path) and not who.caller.roles_at(frozenset({home}))
        ]
        kinds = [self.here.made[kind] for kind in ("request_id", "invitation_id", "grant_id", "erasure_id")]
        ids = [kind[where] for kind in kinds for where in near if where in kind]
        return [*(str(self.here.subjects[where][0]) for where in near), *ids]

    def people(self, who: Principal) -> list[Found]:
        found = []
        if who.person_id:
            at = frozenset(PEOPLE[who.name][0]) or frozenset({NATIONAL})
            found.append(self._person(OWN, str(who.person_id), Thing(at=(at,), about=str(who.person_id))))
        for where, path in SUBJECTS.items():
            whose = str(self.here.subjects[where][0])
            thing = Thing(exists=False) if where == ERASED else _at(path, about=whose)
            found.append(self._person(where, whose, thing))
        found.append(self._person("a guest", self.here.guest, _at(NATIONAL, about=self.here.guest)))
        return [*found, self._unknown("person_id")]

    def holdings(self, who: Principal) -> list[Found]:
        """What is held of whoever is unknown is asked about as if of a guest: at the national network."""
        return [one if one.thing.exists else replace(one, thing=_at(NATIONAL)) for one in self.people(who)]

    def _person(self, where: str, whose: str, thing: Thing) -> Found:
        version = self.here.versions.get(whose, 1)
        return self._found(where, thing, marks=[whose], person_id=whose, etag=f'"{version}"')

    def memberships(self, who: Principal) -> list[Found]:
        found = []
        if "membership_id" in self.here.own.get(who.name, {}):
            own = self.here.own[who.name]
            found.append(self._membership(OWN, own["membership_id"], _at(own["path"], about=who.caller.person)))
        for where, path in SUBJECTS.items():
            whose, its = self.here.subjects[where]
            thing = Thing(exists=False) if where == ERASED else _at(path, about=str(whose))
            found.append(self._membership(where, str(its), thing))
        return [*found, self._unknown("membership_id")]

    def _membership(self, where: str, its: str, thing: Thing) -> Found:
        version = self.here.versions.get(its, 1)
        return self._found(where, thing, marks=[its], membership_id=its, etag=f'"{version}"')

    def moves(self, who: Principal) -> list[Found]:
        found = [self._unknown("membership_id", to=id_at(RRK))]
        for where, to in ((SAME_TRUST, RRK), (SAME_TRUST, RJ1), (SAME_REGION, RWP), (OTHER_REGION, RWP)):
            its = str(self.here.subjects[where][1])
            label = f"{where} to {to}"
            found.append(self._found(label, _at(SUBJECTS[where], to), [its], membership_id=its, to=id_at(to)))
        return found

    def offers(self, who: Principal) -> list[Found]:
        """Every role at every network, to a guest."""
        made = [
            self._found(f"{role} {where}", _at(path, role=role), network_id=id_at(path), role=role)
            for where, path in NETWORKS.items()
            for role in ROLES
        ]
        return [*made, self._unknown("network_id", role="steward")]

    def grants(self, who: Principal) -> list[Found]:
        roles = dict.fromkeys(SUBJECTS, "steward") | {"privacy officer's": "privacy-officer"}
        paths = SUBJECTS | {"privacy officer's": MIDLANDS}
        found = [
            self._found(where, _at(paths[where], role=roles[where]), [its], grant_id=its)
            for where, its in self.here.made["grant_id"].items()
        ]
        return [*found, self._unknown("grant_id")]

    def agreements(self, who: Principal) -> list[Found]:
        made = self.here.made["agreement_id"].items()
        return [*(self._found(path, _at(path), agreement_id=its) for path, its in made), self._unknown("agreement_id")]

    def asked_agreements(self, who: Principal) -> list[Found]:
        """An agreement asks for the consent of whoever belongs to a network that it covers."""
        found = []
        for path, its in self.here.made["agreement_id"].items():
            is_asked = who.caller.belongs_to(frozenset({path}))
            found.append(self._found(path, Thing(about=who.caller.person if is_asked else ""), agreement_id=its))
        return [*found, self._unknown("agreement_id")]

    def own_answers(self, who: Principal) -> list[Found]:
        """What one answered on an agreement is one's own, nothing where one was never asked."""
        return [replace(found, thing=Thing(about=who.caller.person)) for found in self.agreements(who)]

    def requests(self, who: Principal) -> list[Found]:
        found = []
        if "request_id" in self.here.own.get(who.name, {}):
            its = self.here.own[who.name]["request_id"]
            thing = _at("national.london.rj2", about=who.caller.person)
            found.append(self._found(OWN, thing, request_id=its, network_id=str(network_id(ASKED_BY_ALL))))
        for where, its in self.here.made["request_id"].items():
            path = SUBJECTS[where]
            found.append(self._found(where, _at(path), [its], request_id=its, network_id=id_at(path)))
        return [*found, self._unknown("request_id", network_id=id_at(RWP))]

    def invitations(self, who: Principal) -> list[Found]:
        found = [
            self._found(where, _at(SUBJECTS[where]), [its], invitation_id=its, network_id=id_at(SUBJECTS[where]))
            for where, its in self.here.made["invitation_id"].items()
        ]
        return [*found, self._unknown("invitation_id", network_id=id_at(RWP))]

    def of_secrets(self, who: Principal) -> list[Found]:
        found = [self._found(where, Thing(), secret=secret) for where, secret in self.here.secrets.items()]
        return [*found, self._found(UNKNOWN, Thing(exists=False), secret="no such secret")]

    def groups(self, who: Principal) -> list[Found]:
        regions = {SAME_REGION: MIDLANDS, OTHER_REGION: LONDON}
        made = self.here.made["group_id"].items()
        return [
            *(self._found(where, _at(f"{regions[where]}.group"), network_id=its) for where, its in made),
            self._unknown("network_id"),
        ]

    def places_of_groups(self, who: Principal) -> list[Found]:
        """All of its trusts in one region: it lies there; else in the nation. The foreign trust is the last."""
        wanted = {SAME_REGION: (MIDLANDS, [RWP, RRK]), OTHER_REGION: (LONDON, [RJ1]), "both": (NATIONAL, [RWP, RJ1])}
        found = [
            self._found(where, _at(path), trusts=[id_at(trust) for trust in trusts])
            for where, (path, trusts) in wanted.items()
        ]
        return [*found, self._found(UNKNOWN, Thing(exists=False), trusts=[id_at(RWP), str(new_id())])]

    def changes(self, who: Principal) -> list[Found]:
        paths = {SAME_REGION: f"{MIDLANDS}.group", "the nation": NATIONAL}
        made = self.here.made["change_id"].items()
        return [
            *(self._found(where, _at(paths[where]), change_id=its) for where, its in made),
            self._unknown("change_id"),
        ]

    def erasures(self, who: Principal) -> list[Found]:
        made = self.here.made["erasure_id"].items()
        return [
            *(self._found(where, _at(SUBJECTS[where]), [its], erasure_id=its) for where, its in made),
            self._unknown("erasure_id"),
        ]

    def imports(self, who: Principal) -> list[Found]:
        its = self.here.made["import_id"][OWN]
        return [self._found(OWN, _at(NATIONAL), import_id=its), self._unknown("import_id")]
