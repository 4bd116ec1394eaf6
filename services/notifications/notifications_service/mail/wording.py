"""What people read of each kind of telling: the same words in a mail and in the list of the application."""

from dataclasses import dataclass, field
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from notifications_service.announcements.model import Words
from notifications_service.gatherings.model import HOW, Difference, Gathering, differences
from notifications_service.gatherings.store import Known
from notifications_service.tellings.model import Kind

TEMPLATES = Path(__file__).parent / "templates"

UNKNOWN = "a network"
UNSAID = Words("An announcement", "What was said is no longer kept.")
UNNAMED = "an event"
"""What an event is called until it has arrived here."""


@dataclass(frozen=True, slots=True)
class Line:
    label: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """Plain text throughout: whoever puts it into HTML escapes it."""

    subject: str
    lead: str
    note: str
    paragraphs: list[str] = field(default_factory=list)
    """What follows the lead."""
    lines: list[Line]
    changes: list[Difference]

    @property
    def brief(self) -> str:
        """Lead and facts, for the list in the application."""
        told = [f"{change.label}: {change.new} (was: {change.old})" for change in self.changes]
        changed = {change.label for change in self.changes}
        told += [f"{line.label}: {line.value}" for line in self.lines if line.label not in changed]
        return "\n".join([self.lead, *self.paragraphs, *(change.said for change in self.changes), *told])


class Wordings:
    """The texts, read once from `templates/wording`."""

    def __init__(self) -> None:
        environment = Environment(
            loader=FileSystemLoader(TEMPLATES / "wording"),
            undefined=StrictUndefined,
            autoescape=False,  # plain text; layout.html.j2 escapes it
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates: dict[str, Template] = {
            kind.value: environment.get_template(f"{kind.value}.j2") for kind in Kind
        }

    def of(
        self, kind: str, known: Known | None, *, code: str | None, place: str | None, words: Words | None = None
    ) -> Wording:
        """kind: one of `Kind`. known: None where the event has not arrived here. code, place: the registrant's own.
        words: what a lead said, in announcements; of joining, only the network's name; of a report, which it is."""
        template = self._templates[kind]
        title, said = known.now.title if known else UNNAMED, words or UNSAID
        context = template.new_context(
            {"title": title, "place": place, "code": code, "words": said, "network": said.said_by or UNKNOWN}
        )

        def block(name: str) -> str:
            return "".join(template.blocks[name](context)).strip()

        return Wording(
            subject=block("subject"),
            lead=block("lead"),
            note=block("note"),
            paragraphs=words.paragraphs[1:] if words else [],
            lines=_lines(known.now if known else None, code=code, place=place, said=said),
            changes=_changes(kind, known),
        )


def _lines(gathering: Gathering | None, *, code: str | None, place: str | None, said: Words) -> list[Line]:
    pairs: list[tuple[str, str | None]] = [("From", said.said_by if said.text else None), *said.facts]
    if gathering is not None:
        pairs += [("When", gathering.when), ("Where", gathering.venue), (HOW, gathering.how)]
        pairs += [("Held by", gathering.held_by)]
    pairs += [("Your registration code", code), ("Your place in line", place)]
    return [Line(label, value) for label, value in pairs if value]


def _changes(kind: str, known: Known | None) -> list[Difference]:
    if kind != Kind.EVENT_CHANGED or known is None or known.before is None:
        return []
    return differences(known.before, known.now)


def event_url(public_url: str, cell: str, event_id: object) -> str:
    """Where the event is found through the gateway."""
    return f"{public_url.rstrip('/')}/api/v1/cells/{cell}/events/{event_id}"
