"""A person's own preferences: the same under every cell, read and changed by nobody else."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from access import Caller, Db, may
from access.directory import NotYetKnown, networks
from notifications_service.places import served_cell
from notifications_service.preferences import actions, store
from notifications_service.preferences.model import MOST_ENTRIES, Word, check, check_all, title
from notifications_service.preferences.store import Held
from notifications_service.tellings.model import SERVICE_MESSAGES, SET_BY_PERSON, Channel, Kind
from servicekit import clock
from servicekit.database import Conn
from servicekit.idempotency import keep
from servicekit.web.addresses import CellName
from servicekit.web.etags import ExpectedVersion, check_version, set_etag

router = APIRouter(prefix="/api/v1/cells/{cell}/preferences", tags=["preferences"])

LONGEST_NAME = 60

Name = Annotated[str, Field(max_length=LONGEST_NAME)]


class Entry(BaseModel):
    """What you want to be told of one kind (or `all`), by one channel, of a network and all below it (null: of all)."""

    model_config = ConfigDict(extra="forbid")

    kind: Name
    channel: Name
    network_id: UUID | None = None
    wanted: bool


class Entries(BaseModel):
    model_config = ConfigDict(extra="forbid")

    entries: Annotated[list[Entry], Field(max_length=MOST_ENTRIES)]


class OneEntry(BaseModel):
    model_config = ConfigDict(extra="forbid")

    wanted: bool | None
    """null: no word of its own any more; what is said above it counts."""


class EntryView(Entry):
    changed_at: datetime


class KindView(BaseModel):
    kind: str
    title: str
    service_message: bool
    """Mailed whatever you prefer."""


class PreferencesView(BaseModel):
    version: int
    kinds: list[KindView]
    """All that can be chosen from. What nothing is said of is wanted."""
    channels: list[str]
    entries: list[EntryView]
    """The nearest network's entry counts, then the kind's own before `all`."""

    @classmethod
    def of(cls, held: Held) -> "PreferencesView":
        return cls(
            version=held.version,
            kinds=[
                KindView(kind=kind.value, title=title(kind), service_message=kind in SERVICE_MESSAGES)
                for kind in Kind
                if kind in SET_BY_PERSON
            ],
            channels=[channel.value for channel in Channel],
            entries=[
                EntryView(
                    kind=kept.word.kind,
                    channel=kept.word.channel,
                    network_id=kept.word.network_id,
                    wanted=kept.word.wanted,
                    changed_at=kept.changed_at,
                )
                for kept in held.words
                if kept.word.wanted is not None
            ],
        )


@router.get("", dependencies=[may("read-preferences")])
async def read(cell: CellName, request: Request, response: Response, db: Db, caller: Caller) -> PreferencesView:
    """What you want to be told, and what there is to choose from."""
    served_cell(request, cell)
    assert caller.person_id is not None
    async with db.reading(caller) as conn:
        held = await store.held(conn, caller.person_id)
    set_etag(response, held.version)
    return PreferencesView.of(held)


@router.put("", dependencies=[may("change-preferences")])
async def replace(
    cell: CellName,
    body: Entries,
    expected: ExpectedVersion,
    request: Request,
    response: Response,
    db: Db,
    caller: Caller,
) -> PreferencesView:
    """Make this your whole list. Errors: 412 changed meanwhile, 422 what cannot be said, 409 an unknown network."""
    served_cell(request, cell)
    assert caller.person_id is not None
    words = [Word(**entry.model_dump()) for entry in body.entries]
    check_all(words)
    async with db.transaction(caller) as conn:
        await _require_known(conn, words)
        await store.lock(conn, caller.person_id)
        held = await store.held(conn, caller.person_id)
        check_version(expected, held.version)
        held = await actions.replace_all(conn, caller.person_id, words, held=held, now=clock.now())
        view = await keep(conn, PreferencesView.of(held))
    set_etag(response, held.version)
    return view


@router.put("/{kind}/{channel}", dependencies=[may("change-preferences")])
async def say_one(
    cell: CellName,
    kind: Annotated[str, Path(max_length=LONGEST_NAME)],
    channel: Annotated[str, Path(max_length=LONGEST_NAME)],
    body: OneEntry,
    expected: ExpectedVersion,
    request: Request,
    response: Response,
    db: Db,
    caller: Caller,
    network: Annotated[UUID | None, Query()] = None,
) -> PreferencesView:
    """Say one thing and leave the rest. Errors: as for the whole list."""
    served_cell(request, cell)
    assert caller.person_id is not None
    word = Word(kind=kind, channel=channel, network_id=network, wanted=body.wanted)
    check(word)
    async with db.transaction(caller) as conn:
        await _require_known(conn, [word])
        await store.lock(conn, caller.person_id)
        held = await store.held(conn, caller.person_id)
        check_version(expected, held.version)
        standing = [one for one in held.standing if one.about != word.about]
        after = standing if word.wanted is None else [*standing, word]
        check_all(after)
        held = await actions.replace_all(conn, caller.person_id, after, held=held, now=clock.now())
        view = await keep(conn, PreferencesView.of(held))
    set_etag(response, held.version)
    return view


async def _require_known(conn: Conn, words: Sequence[Word]) -> None:
    wanted = {word.network_id for word in words if word.network_id is not None}
    unknown = sorted(str(one) for one in wanted - set(await networks(conn, list(wanted))))
    if unknown:
        raise NotYetKnown(f"No such network is known here: {', '.join(unknown[:5])}.", retry_after=1)
