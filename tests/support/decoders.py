"""Everything that reads bytes of others, each with small samples of its own and the only refusals that may come out."""

import base64
import csv
import io
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from analytics_contracts import MembersCounted
from events_contracts import RegistrationConfirmed
from events_service.tickets.model import ForgedTicket, NotATicket, Ticket, UntrustedKey
from events_service.tickets.signing import TicketOffice
from guildhall_kit import Refused, Signal, Webhooks
from membership_contracts import Profile
from membership_service.imports import ods_file
from membership_service.imports.model import FileRefused
from membership_service.imports.people_file import Checker
from membership_service.networks.model import Network, network_id
from membership_service.organisations.model import Directory, Organisation, organisation_id, searched
from membership_service.reference import JobRoles
from notifications_service.bounces.reading import read
from notifications_service.unsubscribe.model import BadLink, Links, Unsubscribe
from servicekit.csv_files import as_csv
from servicekit.envelope import Origin, decode, decode_whole, encode
from servicekit.problem import Problem
from servicekit.web import strict_json
from servicekit.web.after import parse
from servicekit.web.paging import BadCursor, Cursors
from servicekit.web.secrets import Keys

KEYS = Keys("k1", {"k1": b"k" * 32})
SOMEBODY = UUID("0190a1b2-0000-7000-8000-000000000001")
TODAY = date(2026, 11, 23)


@dataclass(frozen=True, kw_only=True)
class Decoder:
    name: str
    decode: Callable[[bytes], object]
    refuses_with: tuple[type[Exception], ...]
    """Nothing else may come out; nothing at all, where it says that it never raises."""
    samples: Sequence[bytes]
    branches: int = 10
    """Of our code, that a hunt has to reach at least; few where a library does the reading."""

    def __call__(self, value: bytes) -> None:
        with suppress(*self.refuses_with):
            self.decode(value)


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")


def _a_signal() -> bytes:
    counted = MembersCounted(version=1, network_id=SOMEBODY, day=TODAY, members=40, trusts=3, trusts_with_members=2)
    return encode(counted, id=SOMEBODY, time=datetime(2026, 11, 23, 10, tzinfo=UTC), origin=Origin("midlands", "n.m"))


def _whole(value: bytes) -> None:
    """By whichever contract: what is told of by one consumer could be sent to any."""
    refusals = 0
    for contract in (MembersCounted, RegistrationConfirmed, Profile):
        try:
            decode_whole(value, contract)
        except ValueError:
            refusals += 1
    if refusals == 3:
        raise ValueError("of no contract")


CURSORS = Cursors(KEYS)
OFFICE = TicketOffice(KEYS)
LINKS = Links(KEYS.current, KEYS.by_id)
WEBHOOKS = Webhooks(("whsec_" + base64.b64encode(b"s" * 32).decode(),), now=lambda: 1_795_392_000)


def _webhook(value: bytes) -> None:
    """Three headers and a body, a line each."""
    lines = [*value.split(b"\n", 3), b"", b"", b"", b""][:4]
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    WEBHOOKS.verify(dict(zip(names, (line.decode("latin-1") for line in lines), strict=False)), lines[3])


def _pulled(value: bytes) -> None:
    """As a partner reads an item of a stream."""
    told = json.loads(value)
    Signal.of(told if isinstance(told, dict) else {})


REGION = Network(
    id=network_id("Y60"), kind="region", name="Midlands", path="national.midlands", cell="midlands",
    ods_code="Y60", since=date(2020, 1, 1),
)  # fmt: skip
TRUST = Network(
    id=network_id("RWP"), kind="trust", name="Worcestershire Acute Hospitals NHS Trust",
    path="national.midlands.rwp", cell="midlands", ods_code="RWP", sector="acute", since=date(2020, 1, 1),
)  # fmt: skip
EMPLOYER = Organisation(id=organisation_id("RWP"), name=TRUST.name, ods_code="RWP", sector="acute", network_id=TRUST.id)


def _people(value: bytes) -> None:
    """Held against one region with one trust."""
    checker = Checker(
        directory=Directory.of([(EMPLOYER, searched(EMPLOYER.name))]),
        networks={REGION.id: REGION, TRUST.id: TRUST},
        job_roles=JobRoles({"general-manager": "General Manager"}),
        today=TODAY,
    )
    for _ in checker.check(value):
        pass


def _exported(value: bytes) -> None:
    """Whatever is exported is read back as the same cells, but for the sign that keeps one from being a formula."""
    cells = value.decode("utf-8", "replace").split(",")
    [row] = csv.reader(io.StringIO(as_csv([cells]).decode("utf-8-sig"), newline=""), strict=True)
    assert [one.removeprefix("'") for one in row] == [one.removeprefix("'") for one in cells]


PEOPLE = b"""\
given_name,family_name,email,organisation,job_role,sector,started,region
Ada,Obi,ada.obi@rwp.example,RWP,general-manager,,2024-03-01,
"Bo","O'Dea, jr",bo@rwp.example,Worcestershire Acute Hospitals,General Manager,acute,2024-03-01,Midlands
Cy,Low,cy@home.example,A small practice,general-manager,primary-care,2024-03-01,Y60
"""
ODS = (
    b'"RWP","WORCESTERSHIRE ACUTE HOSPITALS NHS TRUST","Y60","QGH"'
    + b',""' * 6
    + b',"20000401","20310331"'
    + b',""' * 15
)
BOUNCE = b"""\
From: Mail Delivery System <MAILER-DAEMON@mx.example.org>
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain; charset=utf-8

Your message to <asha@example.org> could not be delivered.

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; asha@example.org
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 User unknown

--b1
Content-Type: text/rfc822-headers

Subject: =?utf-8?q?Th=C3=A9=C3=A2tres?=
--b1--
"""
COMPLAINT = b"""\
From: reports@isp.example
Subject: complaint
Content-Type: text/plain

{"notificationType":"Complaint","complaint":{"complainedRecipients":[{"emailAddress":"asha@example.org"}]},"mail":{}}
"""
AWAY = b"From: Asha <asha@example.org>\nAuto-Submitted: auto-replied\nSubject: Out of office\n\nBack in May.\n"
A_TICKET = Ticket(registration_id=SOMEBODY, event_id=SOMEBODY, number=1)
A_LINK = Unsubscribe(person_id=SOMEBODY, kind="event-announced", network_id=None, day=TODAY)
A_CURSOR = CURSORS.encode([TODAY, SOMEBODY, "a", 1], "list")

DECODERS = [
    Decoder(name="envelope", decode=decode, refuses_with=(ValueError,), samples=[_a_signal(), b"{}"], branches=3),
    Decoder(name="signals", decode=_whole, refuses_with=(ValueError,), samples=[_a_signal()]),
    Decoder(
        name="cursors",
        decode=lambda value: CURSORS.decode(_text(value), "list"),
        refuses_with=(BadCursor,),
        samples=[A_CURSOR.encode(), b"k1."],
    ),
    Decoder(
        name="tickets",
        decode=lambda value: OFFICE.read(_text(value)),
        refuses_with=(NotATicket, ForgedTicket, UntrustedKey),
        samples=[OFFICE.issue(A_TICKET).encode(), OFFICE.issue(A_TICKET).encode()[:80]],
    ),
    Decoder(
        name="links",
        decode=lambda value: LINKS.unsubscribe(_text(value), cell="national", today=TODAY),
        refuses_with=(BadLink,),
        samples=[LINKS.token(A_LINK, cell="national").encode()],
    ),
    Decoder(name="webhooks", decode=_webhook, refuses_with=(Refused,), samples=[b"id\n1795392000\nv1,AAAA\n{}"]),
    Decoder(
        name="partners-signals",
        decode=_pulled,
        refuses_with=(Refused, ValueError),
        samples=[b'{"id":"a","type":"b","time":"c","data":{"d":1},"position":1,"salt":"e","whole":true}'],
    ),
    Decoder(name="people-csv", decode=_people, refuses_with=(FileRefused,), samples=[PEOPLE]),
    Decoder(name="ods-csv", decode=ods_file.read, refuses_with=(FileRefused,), samples=[ODS]),
    Decoder(name="exported-csv", decode=_exported, refuses_with=(), samples=[b"a,=1+1,'b,\"c\r\n"], branches=8),
    Decoder(name="bounces", decode=read, refuses_with=(), samples=[BOUNCE, COMPLAINT, AWAY]),
    Decoder(name="json", decode=strict_json.check, refuses_with=(Problem,), samples=[b'{"a":[1,{"b":null}]}']),
    Decoder(
        name="after",
        decode=lambda value: parse(value.decode("latin-1")),
        refuses_with=(Problem,),
        samples=[b"midlands.membership:0190a1b2-0000-7000-8000-000000000001", b"a.b:x, c"],
    ),
]


def _careless(value: bytes) -> None:
    """The wrong variant: looks a field up that need not be there."""
    try:
        told = json.loads(value)
    except ValueError:
        return
    if isinstance(told, dict) and "data" in told:
        told["subject"]


CARELESS = Decoder(
    name="careless", decode=_careless, refuses_with=(ValueError,), samples=[b'{"data": {}, "subject": "a"}']
)
BY_NAME = {one.name: one for one in [*DECODERS, CARELESS]}
