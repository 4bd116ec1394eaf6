"""Notifications with everybody in it, and what its routes are asked about: own things, those of others, and none."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from cast import Opened, by_name, client_of, introduce, opened, partners, strangers, unlinked
from notifications_house import House, a_registration, address_of, published
from notifications_mail_server import MailServer
from notifications_partner import counted, made
from notifications_places import PLACES
from places import (
    CLIENTS,
    ERASED,
    LONDON,
    MIDLANDS,
    NATIONAL,
    NO_OBJECT,
    OWN,
    PEOPLE,
    SUBJECTS,
    UNKNOWN,
    Batch,
    Found,
    Principal,
    Things,
    World,
)
from rights_model import Thing
from things import NEAR_AND_FAR, PATHS, all_networks, at, cell_of, found, id_at, made_at, people, unknown

from access.testing import Issuer
from events_contracts import RegistrationConfirmed
from notifications_contracts import AddressSuppressed
from notifications_service.keys import hashes, links
from notifications_service.unsubscribe.model import Confirmation, Unsubscribe
from servicekit import clock

NO_SECRETS = frozenset({"network"})
RECEIVER = "127.0.0.1:9"
"""Where nobody listens: nothing is sent while the matrix is asked."""


@dataclass
class Notifications:
    opened: Opened
    house: House
    principals: dict[str, Principal] = field(default_factory=dict)
    subjects: dict[str, UUID] = field(default_factory=dict)
    told: dict[str, str] = field(default_factory=dict)
    """By the name of a principal, or by where: a notification of the nation's cell."""
    announcements: dict[str, str] = field(default_factory=dict)
    agreements: dict[str, str] = field(default_factory=dict)
    """By client."""
    subscriptions: dict[str, dict[str, str]] = field(default_factory=dict)
    """By client: one, one whose secret was replaced, and a delivery of it."""
    tokens: dict[str, str] = field(default_factory=dict)
    """By purpose."""


@asynccontextmanager
async def notifications(postgres: str, cells_file: Path, issuer: Issuer, secrets: Path) -> AsyncIterator[World]:
    async with opened(
        "notifications",
        postgres=postgres,
        cells_file=cells_file,
        issuer=issuer,
        secrets=secrets,
        public_url="https://guildhall.example",
        mail_from="guildhall@guildhall.example",
        webhook_test_targets=RECEIVER,
    ) as service:
        house = House(
            service.app,
            service.http,
            service.directory,
            service.worker,
            service.api,
            service.database,
            service.settings,
            MailServer(),
        )
        here = Notifications(service, house)
        for path in PATHS:
            await service.directory.network(path)
        here.principals = await introduce(service.directory)
        await _told(here)
        await _links(here)
        await _announced(here)
        await _agreed(here)
        here.principals |= by_name(*strangers(issuer), unlinked(issuer), *partners(issuer, here.agreements))
        await service.directory.heartbeat()
        async with service.with_nothing_lasting() as database:
            yield World(service, database, here.principals, things(here), PLACES, NO_SECRETS, batches(here))


async def _told(here: Notifications) -> None:
    """Everybody, and every subject, has a place at the nation's event, and was told so."""
    house, event = here.house, published()
    await house.hear(event)
    for where, path in SUBJECTS.items():
        here.subjects[where] = await house.person(path)
    people = {name: here.principals[name].person_id for name in PEOPLE} | here.subjects
    for name, whose in people.items():
        assert whose is not None
        if name in PEOPLE:
            await house.profile(whose, address_of(whose))
        await house.hear(a_registration(RegistrationConfirmed, event, whose))
    rows = await house.rows(kind="registration-confirmed", channel="in-app")
    by_person = {row["person_id"]: str(row["id"]) for row in rows}
    here.told = {name: by_person[whose] for name, whose in people.items() if whose in by_person}
    await here.opened.erase(here.subjects[ERASED])


async def _links(here: Notifications) -> None:
    """Everybody's address is suppressed; links in mails of one of them are asked by all."""
    secrets = here.opened.settings.secrets_dir
    for name in PEOPLE:
        whose = here.principals[name].person_id
        assert whose is not None
        address = hashes(secrets).of(address_of(whose))
        signal = AddressSuppressed(
            version=1, person_id=whose, address=address, reason="hard-bounce", suppressed_at=clock.now()
        )
        await here.house.hear(signal)
        today = clock.today()
        leave = Unsubscribe(person_id=whose, kind="event-announced", network_id=None, day=today)
        confirm = Confirmation(person_id=whose, address=address, version=1, day=today)
        here.tokens = {
            "unsubscribe": links(secrets).token(leave, cell=NATIONAL),
            "confirm": links(secrets).token(confirm, cell=NATIONAL),
        }


async def _announced(here: Notifications) -> None:
    lead = here.principals["national lead"].headers
    for where, path in NEAR_AND_FAR.items():
        body = {"network_id": id_at(path), "title": "May", "text": f"In May, at {path}."}
        said = await here.opened.told("POST", f"/api/v1/cells/{cell_of(path)}/announcements", lead, json=body)
        here.announcements[where] = said["id"]


async def _agreed(here: Notifications) -> None:
    issuer = here.house.directory.issuer
    for name, path in CLIENTS.items():
        client = client_of(name)
        agreement = await made(here.house, at=path, client_id=client)
        here.agreements[name] = str(agreement.agreement_id)
        bearer = issuer.bearer(client, client_id=client)
        address = f"/api/v1/cells/{cell_of(path)}/subscriptions"
        body = {"agreement_id": here.agreements[name], "contact_email": "integrations@partner.example"}
        one, other = [
            await here.opened.told("POST", address, bearer, json=body | {"url": f"http://{RECEIVER}/{hook}"})
            for hook in ("one", "other")
        ]
        await here.opened.told("POST", f"{address}/{other['id']}/secret/rotate", bearer, json={})
        await here.house.hear(counted(path), path)
        log = await here.opened.told("GET", f"{address}/{one['id']}/deliveries", bearer)
        delivery = log["items"][0]["id"]
        here.subscriptions[name] = {"one": one["id"], "replaced": other["id"], "delivery": delivery}


def batches(here: Notifications) -> list[Batch]:
    own, others = (here.subscriptions[name] for name in CLIENTS)
    address = "POST /api/v1/cells/{cell}/subscriptions"
    fill = {"subscription_id": own["one"], "agreement_id": here.agreements["partner"]}
    asked = found("-", Thing(), **fill)
    sent, foreign = own["delivery"], others["delivery"]
    return [
        Batch(
            f"{address}/{{subscription_id}}/replay",
            "partner",
            asked,
            {"deliveries": [sent]},
            {"deliveries": [sent, foreign]},
        ),
    ]


def things(here: Notifications) -> Mapping[str, Things]:
    known = _Known(here)
    return {
        NO_OBJECT: lambda who: [found(NO_OBJECT, Thing(about=who.caller.person), NATIONAL)],
        "preference": lambda who: [
            found(NO_OBJECT, Thing(about=who.caller.person), NATIONAL, kind="event-announced", channel="email")
        ],
        "network": lambda who: all_networks(),
        "person": lambda who: people(who, here.subjects),
        "cell": lambda who: [found(path, at(path), path) for path in (NATIONAL, MIDLANDS, LONDON)],
        "notification": known.notifications,
        "announcement": made_at("announcement_id", here.announcements),
        "confirm": lambda who: known.tokens("confirm"),
        "unsubscribe": lambda who: known.tokens("unsubscribe"),
        "agreement": lambda who: list(known.agreements()),
        "subscription": lambda who: list(known.subscriptions("one")),
        "replaced secret": lambda who: list(known.subscriptions("replaced")),
    }


@dataclass(frozen=True, slots=True)
class _Known:
    here: Notifications

    def notifications(self, who: Principal) -> list[Found]:
        asked = []
        if who.name in self.here.told:
            its = self.here.told[who.name]
            asked.append(found(OWN, Thing(about=who.caller.person), NATIONAL, notification_id=its))
        for where, whose in self.here.subjects.items():
            its = self.here.told[where]
            thing = Thing(exists=where != ERASED, about=str(whose))
            asked.append(found(where, thing, NATIONAL, [its], notification_id=its))
        return [*asked, unknown("notification_id", path=NATIONAL)]

    def tokens(self, purpose: str) -> list[Found]:
        token = self.here.tokens[purpose]
        return [
            found("somebody's", Thing(), NATIONAL, token=token),
            found(UNKNOWN, Thing(exists=False), NATIONAL, token=f"{token[:-3]}AAA"),
        ]

    def agreements(self) -> Iterable[Found]:
        for name, path in CLIENTS.items():
            its = self.here.agreements[name]
            yield found(f"{name}'s", at(path, agreement=its), path, [its], agreement_id=its, **self._usual())
        yield unknown("agreement_id", **self._usual())

    def subscriptions(self, which: str) -> Iterable[Found]:
        version = 1
        for name, path in CLIENTS.items():
            its = self.here.subscriptions[name]
            fill = {"subscription_id": its[which], "delivery_id": its["delivery"], "etag": f'"{version}"'}
            thing = at(path, agreement=self.here.agreements[name])
            yield found(f"{name}'s", thing, path, [its[which]], **fill)
        yield unknown("subscription_id", "delivery_id", etag='"1"')

    def _usual(self) -> dict[str, Any]:
        return {"url": f"http://{RECEIVER}/another"}
