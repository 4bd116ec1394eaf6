"""Whatever people do at the same moment: no place is sold twice, and none stays free while somebody may have it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from events_house import House
from figures import Figures
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from machines import Do, played
from rushing import PEOPLE, Commands, Found, Rush, count_first

from access.testing import Somebody
from servicekit.database import Database

SECTION = "registration"
EVERYBODY = [("register", number) for number in range(PEOPLE)]
AT_ONCE = st.lists(
    st.tuples(st.sampled_from(["register", "cancel"]), st.integers(0, PEOPLE - 1)), min_size=2, max_size=8
)


@pytest.fixture
async def many(house: House) -> AsyncIterator[Database]:
    """Connections for all who act at once."""
    db = await Database.open(house.database.api, size=8)
    yield db
    await db.close()


async def play(house: House, db: Database, *, seed: int, examples: int) -> Found:
    found, organiser = Found(), await house.organiser()
    people = [await house.member() for _ in range(PEOPLE)]

    async def opened(capacity: int) -> Rush:
        await house.directory.heartbeat()  # all together may take longer than a heartbeat lasts
        return Rush(house, db, organiser, await house.published(organiser, capacity=capacity), people, found)

    def machine(do: Do[Any]) -> type[RuleBasedStateMachine]:
        class Door(RuleBasedStateMachine):
            @initialize(capacity=st.integers(1, 4))
            def everybody_wants_in(self, capacity: int) -> None:
                self.rush = do(opened(capacity))
                do(self.rush.at_once(EVERYBODY))

            @rule(commands=AT_ONCE)
            def at_once(self, commands: Commands) -> None:
                do(self.rush.at_once(commands))

            @rule(places=st.integers(1, PEOPLE))
            def the_room_changes(self, places: int) -> None:
                do(self.rush.set_capacity(places))

            @rule()
            def the_line_is_looked_through(self) -> None:
                do(self.rush.look_through())

            @invariant()
            def every_place_is_had_once(self) -> None:
                if hasattr(self, "rush"):
                    do(self.rush.judge())

        return Door

    await played(machine, seed=seed, examples=examples, steps=6)
    return found


def say(figures: Figures, found: Found) -> None:
    figures.say(SECTION, "looks at an event in a rush", found.looks, at_least=20)
    figures.say(SECTION, "oversold", found.oversold, at_most=0)
    figures.say(SECTION, "undersold", found.undersold, at_most=0)


async def test_every_place_is_had_once(house: House, many: Database, seed: int, figures: Figures) -> None:
    say(figures, await play(house, many, seed=seed, examples=8))


@pytest.mark.faults
async def test_every_place_is_had_once_in_a_long_play(
    house: House, many: Database, seed: int, figures: Figures
) -> None:
    say(figures, await play(house, many, seed=seed, examples=120))


async def a_rush(house: House, db: Database) -> Rush:
    organiser = await house.organiser()
    people: list[Somebody] = [await house.member() for _ in range(PEOPLE)]
    return Rush(house, db, organiser, await house.published(organiser, capacity=2), people)


async def test_counting_first_and_inserting_then_oversells(house_of_its_own: House) -> None:
    """With nothing behind the lock that could stop it."""
    await house_of_its_own.as_owner("ALTER TABLE events DROP CONSTRAINT never_oversold")
    db = await Database.open(house_of_its_own.database.worker, size=8)
    try:
        rush = replace(await a_rush(house_of_its_own, db), lock=count_first)
        await rush.at_once(EVERYBODY)

        with pytest.raises(AssertionError, match="places were sold twice"):
            await rush.judge()
    finally:
        await db.close()
