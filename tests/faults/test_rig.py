"""The rig itself: points are where they are said to be, orders are carried out once, and only real deaths count."""

import ast
import asyncio
import os
import signal
import subprocess
import sys
import time
import timeit
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from figures import Figures
from rig import deaths, plan
from rig.deaths import Deaths
from rig.orders import FOLDER, PROCESS, Mark, Order, Orders
from rig.standing import NotHit, Rig
from rig.supervising import ARMED

from guildhall_local.instance import PROJECT, Instance
from servicekit import crash_points
from servicekit.crash_points import Point, reached

AT_LEAST = 40
SOURCES = ("shared/*/*", "services/*/*_service")
NANOSECONDS_OF_A_CALL = 1_000.0
"""A grouped request makes eight or so, and takes milliseconds."""


def _calls(name: str) -> Iterator[tuple[Path, ast.Call]]:
    """Everywhere in what is released that this function of the crash points is called."""
    for pattern in SOURCES:
        for folder in PROJECT.glob(pattern):
            for file in folder.rglob("*.py"):
                text = file.read_text()
                if "tests" in file.parts or "crash_points" not in text or file.name == "crash_points.py":
                    continue
                for node in ast.walk(ast.parse(text)):
                    if isinstance(node, ast.Call) and name in {
                        getattr(node.func, "id", None),
                        getattr(node.func, "attr", None),
                    }:
                        yield file, node


def _named(call: ast.Call) -> list[str]:
    return [n.attr for n in ast.walk(call) if isinstance(n, ast.Attribute) and n.attr in Point.__members__]


def test_every_point_stands_at_one_place_of_the_code() -> None:
    said = Counter(name for _, call in _calls("reached") for name in _named(call))

    assert said == Counter(point.name for point in Point)


def test_there_are_as_many_points_as_were_promised_and_each_says_how_things_stand_there() -> None:
    assert len(Point) >= AT_LEAST
    assert all(point.says.endswith(".") for point in Point)
    assert len({point.says for point in Point}) == len(Point)


def test_the_long_tier_goes_to_every_point_once() -> None:
    assert Counter(plan.planned()) == Counter(Point)


def test_nothing_that_is_released_listens() -> None:
    assert not list(_calls("listen"))


def test_a_point_costs_nothing_while_nobody_listens(figures: Figures) -> None:
    times = 50_000
    calls = timeit.repeat(lambda: reached(Point.GROUP_BEFORE_COMMIT), timer=time.process_time, number=times, repeat=10)
    seconds = min(calls) / times

    figures.say("crash points", "cost while nobody listens", seconds * 1e9, "ns", at_most=NANOSECONDS_OF_A_CALL)


def _run(orders: Orders, process: str, times: int) -> "subprocess.CompletedProcess[bytes]":
    told = {**os.environ, FOLDER: str(orders.folder), PROCESS: process, "PYTHONPATH": str(PROJECT / "tests/faults")}
    return subprocess.run([sys.executable, str(ARMED), "rig.idle", str(times)], env=told, cwd=PROJECT, check=False)


def test_a_process_dies_where_it_is_ordered_to_and_its_successor_does_not(tmp_path: Path) -> None:
    orders = Orders(tmp_path)
    order = orders.give("one", Point.COMMAND_AFTER_COMMIT, nth=3)

    assert _run(orders, "another", 5).returncode == 0, "the order is somebody else's"
    assert _run(orders, "one", 2).returncode == 0, "it was reached twice only"
    assert orders.mark(order.id) is None
    assert _run(orders, "one", 3).returncode == -signal.SIGKILL
    mark = orders.mark(order.id)
    assert mark is not None
    assert (mark.point, mark.process) == (Point.COMMAND_AFTER_COMMIT, "one")
    assert _run(orders, "one", 5).returncode == 0, "it was carried out already"


def test_an_order_that_was_taken_back_is_not_carried_out(tmp_path: Path) -> None:
    orders = Orders(tmp_path)
    order = orders.give("one", Point.COMMAND_AFTER_COMMIT)
    orders.take_back("one")

    assert _run(orders, "one", 3).returncode == 0
    assert orders.mark(order.id) is None


def test_an_order_may_bring_a_point_nearer(tmp_path: Path) -> None:
    """As one does where a batch would have to be large."""
    orders = Orders(tmp_path)
    orders.give("one", Point.COMMAND_AFTER_COMMIT, nth=5)
    assert _run(orders, "one", 2).returncode == 0

    orders.give("one", Point.COMMAND_AFTER_COMMIT, nth=5, settings={"rig.idle:ROUNDS": 3})
    assert _run(orders, "one", 2).returncode == -signal.SIGKILL


def test_a_listener_that_does_not_die_is_told_apart(tmp_path: Path) -> None:
    """The wrong variant: it writes the mark and lives on. Its parent was told of no SIGKILL."""
    from rig.armed import Listener

    orders = Orders(tmp_path)
    order = orders.give("one", Point.COMMAND_AFTER_COMMIT)
    listener = Listener(orders, "one", die=lambda: None)
    listener.look()
    try:
        reached(Point.COMMAND_AFTER_COMMIT)
    finally:
        crash_points.listen(None)

    assert orders.mark(order.id) is not None
    with pytest.raises(NotHit, match="saw no end"):
        asyncio.run(_a_rig(tmp_path).killed(_mark(order, pid=os.getpid()), within=0.2))


def test_a_process_that_ends_by_itself_is_no_hit(tmp_path: Path) -> None:
    """The wrong variant: the mark is there, and what ended it was not the SIGKILL."""
    rig = _a_rig(tmp_path)
    ended = Deaths(rig.deaths_file)
    child = ended.start(
        [sys.executable, "-c", "raise SystemExit(3)"], log=tmp_path / "one.log", environment={}, folder=tmp_path
    )
    child.wait()
    ended.look()
    [death] = deaths.read(rig.deaths_file)
    assert (death.process, death.code) == ("one", 3)

    with pytest.raises(NotHit, match="was not killed"):
        asyncio.run(rig.killed(_mark(Order(id="x", point="p", nth=1, settings={}), pid=child.pid), within=0.2))


def _a_rig(folder: Path) -> Rig:
    return Rig(instance=Instance(state=folder))


def _mark(order: Order, *, pid: int) -> Mark:
    return Mark(order=order.id, point=order.point, process="one", pid=pid, at=0.0)
