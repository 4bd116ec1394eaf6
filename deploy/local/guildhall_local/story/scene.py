"""The stack after the story, as whoever tampers with its outcome finds it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from guildhall_local.checker import databases
from guildhall_local.checker.databases import Databases
from guildhall_local.checker.told import Told
from guildhall_local.instance import Instance
from guildhall_local.story import journal
from guildhall_local.story.plan import JOURNAL, SUMMIT, Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The stack after the story."""

    instance: Instance
    plan: Plan
    told: Told
    databases: Databases

    @property
    def summit(self) -> str:
        return self.told.event_ids[SUMMIT]


Tampering = Callable[[Scene], AbstractAsyncContextManager[str]]
"""Done when it is entered, undone when it is left; gives what it did, in words."""


@asynccontextmanager
async def scene(instance: Instance) -> AsyncIterator[Scene]:
    folder = instance.state / "story"
    async with databases.opened(instance) as opened:
        yield Scene(
            instance=instance,
            plan=Plan.read(folder),
            told=Told(journal.read(folder / JOURNAL)),
            databases=opened,
        )
