"""What is arranged in the story: events, a draft, announcements, an agreement; all by scale, seed and day."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from guildhall_local.story.cast import LEADS
from guildhall_local.story.inputs import SECTORS_OF_TRUSTS, Scale, summit_job_roles
from guildhall_local.story.people import SEED

FILE = "inputs.json"
JOURNAL = "log.jsonl"
IN_GOOD_TIME = timedelta(days=90)
THURSDAY = 3
ZONE = "Europe/London"
SUMMIT, MASTERCLASS, HUDDLE, LONDON_DRAFT = "summit", "masterclass", "huddle", "london-draft"
TO_EVERYBODY, TO_THE_MIDLANDS = "word to everybody", "word to the Midlands"


def cell_of(path: str) -> str:
    """Of the network at this path: its region's, or the national one."""
    whole, *below = path.split(".")
    return below[0] if below else whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathering:
    """An event as the lead of its network drafts it, for all who belong there; networks are named by their paths."""

    label: str
    held_by: str
    kind: str
    title: str
    summary: str
    venue: str
    starts: datetime
    ends: datetime
    capacity: int
    sectors: tuple[str, ...] = ()
    job_roles: tuple[str, ...] = ()

    @property
    def cell(self) -> str:
        return cell_of(self.held_by)

    @property
    def lead(self) -> str:
        return LEADS[self.held_by]

    @property
    def open_to(self) -> tuple[str, ...]:
        return (self.held_by,)

    def admits(self, *, network: str, sector: str | None, job_role: str | None) -> bool:
        """Whether a member of this network, in this sector and job role, may come."""
        within = any(network == path or network.startswith(f"{path}.") for path in self.open_to)
        return (
            within
            and (not self.sectors or sector in self.sectors)
            and (not self.job_roles or job_role in self.job_roles)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What a partner body is allowed: the networks by path, and of each type of signal the fields."""

    client_id: str
    body: str
    purpose: str
    made_by: str
    networks: tuple[str, ...]
    fields: Mapping[str, Sequence[str]]
    about_persons: tuple[str, ...]
    """Types among them that it receives only of those who consent."""
    ends_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What the lead of a network announces to all its members and those of the networks below it."""

    label: str
    network: str
    title: str
    text: str

    @property
    def cell(self) -> str:
        return cell_of(self.network)

    @property
    def lead(self) -> str:
        return LEADS[self.network]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One playing of the story."""

    scale: Scale
    seed: int
    day: date
    """The day on which it is played, in Europe/London."""

    @property
    def cast_since(self) -> date:
        """From when on those of the cast who are members belong to their networks."""
        return date(self.day.year, 1, 1)

    @property
    def summit_day(self) -> date:
        earliest = self.day + IN_GOOD_TIME
        return earliest + timedelta(days=(THURSDAY - earliest.weekday()) % 7)

    @property
    def summit(self) -> Gathering:
        return Gathering(
            label=SUMMIT,
            held_by="national",
            kind="summit",
            title="Summit of operational managers",
            summary="A day on winter pressures: what worked, what did not, and what we try next.",
            venue="Great Hall, Assembly Rooms, Birmingham",
            starts=datetime.combine(self.summit_day, time(9, 30)),
            ends=datetime.combine(self.summit_day, time(16, 30)),
            capacity=self.scale.places,
            job_roles=tuple(summit_job_roles()),
        )

    @property
    def masterclass(self) -> Gathering:
        return Gathering(
            label=MASTERCLASS,
            held_by="national.midlands",
            kind="masterclass",
            title="Masterclass in patient flow",
            summary="Half a day with the figures of your own site.",
            venue="Seminar room 2, Assembly Rooms, Birmingham",
            starts=datetime.combine(self.summit_day + timedelta(days=1), time(10, 0)),
            ends=datetime.combine(self.summit_day + timedelta(days=1), time(13, 0)),
            capacity=self.scale.masterclass_places,
            sectors=SECTORS_OF_TRUSTS,
        )

    @property
    def huddle(self) -> Gathering:
        """Tomorrow: at which second, is only known once the story comes to it."""
        return Gathering(
            label=HUDDLE,
            held_by="national.midlands",
            kind="webinar",
            title="Midlands winter huddle",
            summary="Who has beds, who has staff, who needs which.",
            venue="Online",
            starts=datetime.combine(self.day + timedelta(days=1), time(12, 0)),
            ends=datetime.combine(self.day + timedelta(days=1), time(13, 0)),
            capacity=20,
            sectors=SECTORS_OF_TRUSTS,
        )

    @property
    def london_draft(self) -> Gathering:
        """Never published: nobody but those who prepare London's events may know of it."""
        return Gathering(
            label=LONDON_DRAFT,
            held_by="national.london",
            kind="meeting",
            title="London forum on elective recovery",
            summary="",
            venue="To be found",
            starts=datetime.combine(self.summit_day + timedelta(days=7), time(14, 0)),
            ends=datetime.combine(self.summit_day + timedelta(days=7), time(16, 0)),
            capacity=50,
        )

    @property
    def gatherings(self) -> dict[str, Gathering]:
        return {gathering.label: gathering for gathering in (self.summit, self.masterclass, self.huddle)}

    @property
    def words(self) -> dict[str, Word]:
        said = (
            Word(
                label=TO_EVERYBODY,
                network="national",
                title="How we share beds this winter",
                text="From Monday every trust reports its free beds twice a day.\n\nYour lead knows the details.",
            ),
            Word(
                label=TO_THE_MIDLANDS,
                network="national.midlands",
                title="Thank you for the huddle",
                text="What was agreed stands on the pages of your trust.",
            ),
        )
        return {word.label: word for word in said}

    @property
    def new_room(self) -> str:
        return "Concert Hall, Assembly Rooms, Birmingham"

    @property
    def agreement(self) -> Agreement:
        return Agreement(
            client_id="ashdown-university",
            body="Ashdown University, School of Health Operations",
            purpose="Research into what regional networks offer their members",
            made_by="national",
            networks=("national.midlands", "national.london"),
            fields={
                "guildhall.events.event-published.v1": ["event_id", "kind", "title", "starts", "ends", "zone"],
                "guildhall.events.event-changed.v1": ["event_id", "title", "starts", "ends", "zone"],
                "guildhall.events.event-cancelled.v1": ["event_id", "title"],
                "guildhall.analytics.members-counted.v1": ["network_id", "day", "members"],
                "guildhall.events.registration-confirmed.v1": ["event_id", "person_id", "status"],
                "guildhall.events.attendance-recorded.v1": ["event_id", "person_id", "attended_at"],
            },
            about_persons=(
                "guildhall.events.registration-confirmed.v1",
                "guildhall.events.attendance-recorded.v1",
            ),
            ends_on=self.day + timedelta(days=365),
        )

    def write(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        told = {"scale": asdict(self.scale), "seed": self.seed, "day": self.day.isoformat()}
        (folder / FILE).write_text(json.dumps(told, indent=1))

    @classmethod
    def read(cls, folder: Path) -> "Plan":
        told = json.loads((folder / FILE).read_text())
        return cls(scale=Scale(**told["scale"]), seed=told["seed"], day=date.fromisoformat(told["day"]))


def planned(scale: Scale, day: date) -> Plan:
    return Plan(scale=scale, seed=SEED, day=day)
