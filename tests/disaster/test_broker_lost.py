"""The broker is lost with its disk after a whole story: the ledgers fill another one, and nobody is told twice."""

import asyncio
import io
import json
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import httpx
import pytest
from figures import Figures
from region_evidence import Copies, rebuild
from rich.console import Console
from whole_stack import free_block

from guildhall_local import environment, stack
from guildhall_local.checker.mails import read_mails
from guildhall_local.instance import PROJECT, SERVICES, Instance, default_cache
from guildhall_local.processes import broker
from guildhall_local.story.inputs import SMALL
from guildhall_local.story.play import play
from guildhall_local.story.show import check
from servicekit.testing import eventually

TROUBLE = "the broker is another one than before, and lacks what was sent: run republish"
METRIC = "\nguildhall_broker_is_another 1.0\n"
REBUILT = ("events", "notifications", "analytics")


@pytest.mark.faults
@pytest.mark.alone
async def test_a_broker_lost_with_its_disk_is_filled_from_the_ledgers(tmp_path: Path, figures: Figures) -> None:
    instance = Instance(state=tmp_path / "guildhall", cache=default_cache(), port_base=free_block())
    screen = Console(file=io.StringIO())
    with stack.running(instance):
        await play(instance, screen, scale=SMALL)
        assert (await check(instance, screen, break_=None)).red == []
        before, told = await copies(instance), await mails(instance)

    shutil.rmtree(broker(instance).folder / "data")

    with stack.running(instance):
        await eventually(lambda: all_say_so(instance), within=30)
        done = json.loads((await said(instance, 0, "republish", "--json"))[-1])
        verdict = await check(instance, screen, break_=None)
        assert verdict.red == [], [verdict.finding(name).words for name in verdict.red]
        after = await copies(instance)
        assert {name: after[name].unlike(before[name]) for name in SERVICES} == {name: [] for name in SERVICES}
        for name in REBUILT:
            await rebuild(instance, name)
        again = await copies(instance)
        assert {name: again[name].unlike(after[name]) for name in REBUILT} == {name: [] for name in REBUILT}
        twice = sum((await mails(instance) - told).values())

    assert [one["left"] for one in done["services"]] == [0] * len(SERVICES)
    assert sum(told.values()) > 0
    figures.say("disaster", "signals sent again from the ledgers", sum(one["signals"] for one in done["services"]))
    figures.say("disaster", "time to send them again", max(one["seconds"] for one in done["services"]), "s", at_most=60)
    figures.say("disaster", "told twice after the broker was lost", twice, at_most=0)


async def copies(instance: Instance) -> dict[str, Copies]:
    return {name: await Copies.read(instance, name) for name in SERVICES}


async def mails(instance: Instance) -> Counter[tuple[str, str]]:
    async with httpx.AsyncClient(timeout=20) as http:
        return Counter((mail.to, mail.subject) for mail in await read_mails(http, instance.url("mail")))


async def all_say_so(instance: Instance) -> bool:
    """At the console, and to whoever scrapes them."""
    seen = json.loads("\n".join(await said(instance, 1, "status", "--json")))
    async with httpx.AsyncClient() as http:
        scraped = [(await http.get(instance.url(f"{name}-work", "/metrics"))).text for name in SERVICES]
    return all(TROUBLE in one["troubles"] for one in seen["services"]) and all(METRIC in text for text in scraped)


async def said(instance: Instance, status: int, *command: str) -> list[str]:
    """What `guildhall` prints, by lines."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "guildhall_local.cli", *command),
        env=environment.of_stack(instance),
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )
    out, _ = await process.communicate()
    assert process.returncode == status, out.decode()
    return out.decode().strip().splitlines()
