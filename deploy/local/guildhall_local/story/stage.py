"""What the chapters share: who asks, what is planned, and what has come to be known on the way."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, TypeVar

from guildhall_local.instance import Instance
from guildhall_local.story import cast
from guildhall_local.story.asking import Asker, StoryStopped
from guildhall_local.story.inputs import Person
from guildhall_local.story.plan import Gathering, Plan
from guildhall_local.story.telling import Bar, Chapter

PAGE = 200
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 0.5

T = TypeVar("T")
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """A registration as its owner was told of it."""

    person: Person
    id: str
    code: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Huddler:
    """Who has a place at the huddle."""

    sub: str
    registration: str
    """Its id."""
    code: str


@dataclass(slots=True, kw_only=True)
class Stage:
    instance: Instance
    asker: Asker
    plan: Plan
    members: Sequence[Person]
    networks: dict[str, str] = field(default_factory=dict)
    """Path to id."""
    people: dict[str, str] = field(default_factory=dict)
    """`sub` to the id of the person."""
    grants: dict[str, str] = field(default_factory=dict)
    """`sub` to the id of the grant that they were given."""
    events: dict[str, str] = field(default_factory=dict)
    """The story's label to the id of the event."""
    agreement: str = ""
    subscription: str = ""
    """Of the partner body, to its receiver."""
    announcements: dict[str, str] = field(default_factory=dict)
    """The story's label to the path of what was announced."""
    huddlers: list[Huddler] = field(default_factory=list)
    """In the order in which they asked; the newcomer is the last."""
    calendar: str = ""
    """Path of a calendar feed, with its secret."""
    closing: AsyncExitStack = field(default_factory=AsyncExitStack)
    """What is to be stopped when the story is over."""
    booked: dict[str, list[Booked]] = field(default_factory=dict)
    """Label to registrations, in the order in which they were answered."""
    counted: dict[str, int] = field(default_factory=dict)
    """Path to the number of networks of which its snapshot published figures."""
    left: list[Booked] = field(default_factory=list)
    """Who gave up a place at the summit."""

    @property
    def lead(self) -> str:
        return cast.NATIONAL_LEAD

    def events_of(self, gathering: Gathering) -> str:
        return f"/api/v1/cells/{gathering.cell}/events"

    def event(self, gathering: Gathering) -> str:
        return f"{self.events_of(gathering)}/{self.events[gathering.label]}"

    async def pages(self, who: str, path: str, *, deed: str, about: str = "") -> AsyncIterator[dict[str, Any]]:
        """Every item of a list, page by page."""
        cursor = ""
        joined = "&" if "?" in path else "?"
        while True:
            answer = await self.asker.get(who, f"{path}{joined}limit={PAGE}{cursor}", deed=deed, about=about)
            for item in answer.body["items"]:
                yield item
            if answer.body["next"] is None:
                return
            cursor = f"&cursor={answer.body['next']}"


async def together(chapter: Chapter, what: str, items: Sequence[Item], do: Callable[[Item], Awaitable[T]]) -> list[T]:
    """Do it for all of them at once, with a bar; the answers in the order of the items."""
    with chapter.bar(what, len(items)) as bar:
        try:
            async with asyncio.TaskGroup() as tasks:
                running = [tasks.create_task(_stepping(do(item), bar)) for item in items]
        except ExceptionGroup as several:
            raise several.exceptions[0] from several
    return [task.result() for task in running]


async def _stepping(doing: Awaitable[T], bar: Bar) -> T:
    result = await doing
    bar.step()
    return result


async def until(what: str, probe: Callable[[], Awaitable[T | None]], *, within: float) -> T:
    """Ask until there is an answer; StoryStopped when the time is up."""
    clock = asyncio.get_running_loop().time
    deadline, pause = clock() + within, FIRST_PAUSE
    while True:
        answer = await probe()
        if answer is not None:
            return answer
        if clock() > deadline:
            raise StoryStopped(f"{what}: not within {within:.0f} s")
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


def require(claim: bool, words: str) -> None:
    """The story goes on only while this is so."""
    if not claim:
        raise StoryStopped(words)


def signals_of(answers: Iterable[Any]) -> list[str]:
    """All that these commands published, in one list."""
    return [signal for answer in answers for signal in answer.signals]
