"""Whatever is begun, ended, moved and chosen: nobody belongs twice on one day, and the ledger tells what stands."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from figures import Figures
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from machines import Do, played
from membership_house import House

from membership_service.memberships import actions, model
from membership_service.networks.model import network_id
from servicekit import clock
from servicekit.ids import new_id
from servicekit.problem import Problem

SECTION = "memberships"
CODES = ("RWP", "RRK", "RJ1")
TODAY = clock.today()
SPAN = 12
NETWORK = st.sampled_from(CODES)
DAY = st.integers(-SPAN, SPAN).map(lambda days: TODAY + timedelta(days=days))
WHICH = st.integers(0, 5)

Row = dict[str, Any]


@dataclass
class Life:
    """One person's memberships, through the service's own verbs, each in a transaction."""

    house: House
    person_id: UUID
    looks: list[int] = field(default_factory=list)
    double: list[int] = field(default_factory=list)

    async def attempt(self, verb: str, which: int, code: str, day: date, until: date | None, main: bool) -> None:
        """A refusal is an answer too, and changes nothing."""
        before = await self.stands()
        try:
            async with self.house.worker.transaction() as conn:
                await self._do(conn, verb, which, code, day, until, main)
        except Problem:
            assert await self.stands() == before, f"{verb} was refused, and changed something"

    async def _do(self, conn: Any, verb: str, which: int, code: str, day: date, until: date | None, main: bool) -> None:
        held = await self.stands()
        now = clock.now()
        if verb == "begin" or not held:
            facts = {"network_id": network_id(code), "since": day, "until": until, "job_role": "service-manager"}
            await actions.begin(conn, new_id(), person_id=self.person_id, main=main, now=now, **facts)
            return
        chosen: UUID = held[which % len(held)]["id"]
        match verb:
            case "end":
                await actions.end(conn, chosen, on=day, now=now)
            case "leave":
                await actions.leave(conn, chosen, person_id=self.person_id, on=day, now=now)
            case "move":
                await actions.move(conn, chosen, new_id(), to=network_id(code), on=day, now=now)
            case "choose":
                await actions.make_main(conn, chosen, now=now)
            case "describe":
                role = "general-manager" if main else "service-manager"
                await actions.describe(conn, chosen, job_role=role, sector=None, described_from=day, now=now)

    async def stands(self) -> list[Row]:
        async with self.house.worker.reading() as conn:
            rows = await conn.fetch(
                """
                SELECT id, network_id, since, until, main, version
                  FROM memberships
                 WHERE person_id = $1
                 ORDER BY id
                """,
                self.person_id,
            )
        return [dict(row) for row in rows]

    async def judge(self) -> None:
        held = await self.stands()
        self.looks.append(len(held))
        for offset in range(-SPAN - 1, SPAN + 2):
            day = TODAY + timedelta(days=offset)
            there = [row for row in held if row["since"] <= day and (row["until"] is None or day <= row["until"])]
            twice = len(there) - len({row["network_id"] for row in there})
            mains = sum(row["main"] for row in there)
            self.double.append(max(0, twice) + max(0, mains - 1))
            assert twice == 0, f"they belong twice on {day}"
            assert mains <= 1, f"they have {mains} homes on {day}"
        await self._the_ledger_tells_the_same(held)

    async def _the_ledger_tells_the_same(self, held: list[Row]) -> None:
        """Versions rise by one, and the newest state of each membership is what stands."""
        newest: dict[str, Row] = {}
        for signal in await self.house.published("membership-%"):
            data = signal["data"]
            if data["person_id"] == str(self.person_id):
                before = newest.get(data["membership_id"])
                assert data["version"] == (before["version"] + 1 if before else 1)
                newest[data["membership_id"]] = data
        told = {(name, data["version"], data["since"], data["until"], data["main"]) for name, data in newest.items()}
        assert told == {
            (str(row["id"]), row["version"], str(row["since"]), row["until"] and str(row["until"]), row["main"])
            for row in held
        }


async def play(house: House, *, seed: int, examples: int) -> list[Life]:
    lives: list[Life] = []

    async def somebody() -> Life:
        life = Life(house, (await house.guest()).id)
        lives.append(life)
        return life

    def machine(do: Do[Any]) -> type[RuleBasedStateMachine]:
        class Person(RuleBasedStateMachine):
            @initialize()
            def an_account(self) -> None:
                self.life = do(somebody())

            @rule(code=NETWORK, day=DAY, until=st.none() | DAY, main=st.booleans())
            def begin(self, code: str, day: date, until: date | None, main: bool) -> None:
                do(self.life.attempt("begin", 0, code, day, until, main))

            @rule(
                verb=st.sampled_from(["end", "leave", "move", "choose", "describe"]),
                which=WHICH,
                code=NETWORK,
                day=DAY,
                main=st.booleans(),
            )
            def something_else(self, verb: str, which: int, code: str, day: date, main: bool) -> None:
                do(self.life.attempt(verb, which, code, day, None, main))

            @invariant()
            def nobody_belongs_twice(self) -> None:
                if hasattr(self, "life"):
                    do(self.life.judge())

        return Person

    await played(machine, seed=seed, examples=examples, steps=8)
    return lives


def say(figures: Figures, lives: list[Life]) -> None:
    figures.say(SECTION, "looks at a life", sum(len(life.looks) for life in lives), at_least=30)
    figures.say(SECTION, "most memberships of one person", max(max(life.looks) for life in lives), at_least=2)
    figures.say(SECTION, "days of two memberships or homes", sum(map(sum, (life.double for life in lives))), at_most=0)


async def test_nobody_belongs_twice_on_one_day(house: House, seed: int, figures: Figures) -> None:
    say(figures, await play(house, seed=seed, examples=12))


@pytest.mark.faults
async def test_nobody_does_in_many_lives(house: House, seed: int, figures: Figures) -> None:
    say(figures, await play(house, seed=seed, examples=150))


async def test_without_the_rule_somebody_does(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the rule nor what stands behind it in the database."""
    owner = await asyncpg.connect(house.database.owner)
    await owner.execute("ALTER TABLE memberships DROP CONSTRAINT memberships_once")
    await owner.close()
    monkeypatch.setattr(model, "check_not_a_member", lambda *_: None)

    with pytest.raises(AssertionError, match="they belong twice"):
        await play(house, seed=7, examples=200)
