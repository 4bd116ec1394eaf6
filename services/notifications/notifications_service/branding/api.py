"""A network's template: read and tried out by those who prepare its events, changed by its leads."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from access import Caller, Db, may
from access.directory import Network, networks
from notifications_service.branding import actions, patterns, store
from notifications_service.branding.model import ALLOWED, LONGEST, TEXT_COLOUR, Template, Version, check, contrast
from notifications_service.branding.sample import a_known_event, a_letter
from notifications_service.mail.letters import HOUSE_COLOUR, Letters
from notifications_service.mail.shown import Shown, shown
from notifications_service.places import served_cell
from servicekit import clock
from servicekit.idempotency import keep
from servicekit.problem import NotFound, NothingHere
from servicekit.web.addresses import CellName
from servicekit.web.etags import ExpectedVersion, set_etag

router = APIRouter(prefix="/api/v1/cells/{cell}/templates", tags=["templates"])

LONGEST_BODY = 2000
"""Characters of any part that are looked at at all."""


def _described(part: str, pattern: str) -> dict[str, Any]:
    """What a schema can say of a part; the rules themselves name every fault at once."""
    return {"maxLength": LONGEST[part], "pattern": pattern}


SenderName = Annotated[
    str, Field(max_length=LONGEST_BODY, json_schema_extra=_described("sender_name", patterns.SENDER_NAME))
]
Banner = Annotated[str, Field(max_length=LONGEST_BODY, json_schema_extra=_described("banner", patterns.LINE))]
Prefix = Annotated[str, Field(max_length=LONGEST_BODY, json_schema_extra=_described("subject_prefix", patterns.LINE))]
Paragraphs = Annotated[str, Field(max_length=LONGEST_BODY, json_schema_extra=_described("before", patterns.LINES))]
Colour = Annotated[str, Field(max_length=LONGEST_BODY, json_schema_extra={"maxLength": 7, "pattern": patterns.COLOUR})]

MOST_VERSIONS = 10**9 - 1
"""As many as an ETag can name."""


class TemplateBody(BaseModel):
    """Empty parts are the house's own; all empty: the network goes by what stands above it."""

    model_config = ConfigDict(extra="forbid")

    sender_name: SenderName = ""
    banner: Banner = ""
    colour: Colour = ""
    """Of the banner and the button, such as #1d2b4f."""
    text_colour: Colour = ""
    """Of what is written on them; white where it is left out."""
    subject_prefix: Prefix = ""
    before: Paragraphs = ""
    """Before the facts; an empty line begins a new paragraph."""
    after: Paragraphs = ""

    def template(self) -> Template:
        return Template(**self.model_dump(include=set(TemplateBody.model_fields)))


class Preview(TemplateBody):
    network_id: UUID


class TemplateView(TemplateBody):
    network_id: UUID
    version: int
    """0 where the network has none of its own."""
    changed_at: datetime | None
    names: dict[str, list[str]]
    """What may stand as {{name}} in each part."""


async def network_of_path(cell: CellName, network_id: UUID, request: Request, db: Db) -> Network:
    """The network, where it belongs to this cell. Raises NotFound."""
    served_cell(request, cell)
    async with db.reading() as conn:
        found = (await networks(conn, [network_id])).get(network_id)
    if found is None or found.cell != cell:
        raise NothingHere
    return found


async def network_of_body(cell: CellName, body: Preview, request: Request, db: Db) -> Network:
    return await network_of_path(cell, body.network_id, request, db)


async def _path(network: Annotated[Network, Depends(network_of_path)]) -> str:
    return network.path


async def _body_path(network: Annotated[Network, Depends(network_of_body)]) -> str:
    return network.path


OfPath = Annotated[Network, Depends(network_of_path)]
OfBody = Annotated[Network, Depends(network_of_body)]


@router.get("/{network_id}", dependencies=[may("read-template", at=_path)])
async def read(
    network: OfPath,
    response: Response,
    db: Db,
    caller: Caller,
    version: Annotated[int | None, Query(ge=1, le=MOST_VERSIONS)] = None,
) -> TemplateView:
    """The network's own template: the newest, or the version asked for. Errors: 404 no such version."""
    async with db.reading(caller) as conn:
        found = await store.find(conn, network.network_id, version=version)
    if found is None and version is not None:
        raise NotFound(f"There is no version {version} of this template.")
    view = _view(network, found)
    set_etag(response, view.version)
    return view


@router.put("/{network_id}", dependencies=[may("change-template", at=_path)])
async def change(
    network: OfPath, body: TemplateBody, expected: ExpectedVersion, response: Response, db: Db, caller: Caller
) -> TemplateView:
    """Change it for the network and all below. Errors: 412 changed meanwhile, 422 with every fault."""
    async with db.transaction(caller) as conn:
        version = await actions.change(conn, network, body.template(), expected=expected, now=clock.now())
        view = await keep(conn, _view(network, version))
    set_etag(response, view.version)
    return view


class PreviewView(BaseModel):
    mail: Shown
    contrast: float
    """Of the banner's text on its colour."""


@router.post("/preview", dependencies=[may("read-template", at=_body_path)])
async def preview(network: OfBody, body: Preview, request: Request, db: Db, caller: Caller) -> PreviewView:
    """A sample mail as it would look; nothing is kept. Errors: 422 with every fault."""
    template = body.template()
    check(template)
    letters: Letters = request.app.state.letters
    now = datetime(2027, 1, 4, 9, 0, tzinfo=UTC)
    version = Version(network_id=network.network_id, version=0, template=template, changed_at=now)
    written = letters.compose(a_letter(version, network.cell), a_known_event(network), now=now)
    ratio = contrast(template.colour or HOUSE_COLOUR, template.text_colour or TEXT_COLOUR)
    async with db.transaction(caller) as conn:
        return await keep(conn, PreviewView(mail=shown(written), contrast=ratio))


def _view(network: Network, found: Version | None) -> TemplateView:
    template = found.template if found else Template()
    return TemplateView(
        sender_name=template.sender_name,
        banner=template.banner,
        colour=template.colour,
        text_colour=template.text_colour,
        subject_prefix=template.subject_prefix,
        before=template.before,
        after=template.after,
        network_id=network.network_id,
        version=found.version if found else 0,
        changed_at=found.changed_at if found else None,
        names={part: list(names) for part, names in ALLOWED.items()},
    )
