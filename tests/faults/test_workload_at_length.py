"""Minutes of load, 500 who race for one event, 20 events raced for at once, and every process of ours is killed."""

import asyncio
from collections.abc import Iterator

import pytest
from figures import Figures
from judging import told
from judging.judge import judge
from whole_stack import whole_stack
from workload.killing import kill_each
from workload.play import play, prepare

from guildhall_local.instance import SERVICES, Instance

pytestmark = [pytest.mark.faults, pytest.mark.alone]

RACERS, AT_ONCE = 500, 20
LONGEST = 600.0
BETWEEN = 120
"""Commands that are granted between one death and the next."""
SETTLED_WITHIN = 300.0


@pytest.fixture(scope="module")
def guildhall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    with whole_stack(tmp_path_factory.mktemp("guildhall")) as instance:
        yield instance


@pytest.mark.parametrize(
    ("section", "racers", "races"),
    [(f"{RACERS} racers", RACERS, 1), (f"{AT_ONCE} events at once", RACERS // AT_ONCE, AT_ONCE)],
)
async def test_whoever_dies_nothing_is_lost_doubled_or_oversold(
    guildhall: Instance, figures: Figures, seed: int, section: str, racers: int, races: int
) -> None:
    await prepare(guildhall, people_count=RACERS)
    written, stop = guildhall.state / "workload" / "history.jsonl", asyncio.Event()
    playing = asyncio.create_task(
        play(guildhall, seed=seed + races, seconds=LONGEST, history=written, stop=stop, racers=racers, races=races)
    )
    processes = [f"{service}-{process}" for process in ("work", "serve") for service in SERVICES]

    died = await kill_each(guildhall, processes, written, between=BETWEEN, playing=playing)
    stop.set()
    await playing
    verdict = await judge(guildhall, written, settled_within=SETTLED_WITHIN)

    print(verdict.words)
    figures.say(section, "processes killed under load", died, at_least=len(processes))
    told.say(figures, section, verdict)
