"""The order of processes: what is needed comes first, and a table that cannot be ordered is refused."""

from pathlib import Path

import pytest

from guildhall_local import jars
from guildhall_local.instance import SERVICES, Instance
from guildhall_local.processes import stack
from guildhall_local.spec import ProcessSpec, answers_http, both, listens, ordered
from guildhall_local.testservers import free_ports


def a_process(name: str, *needs: str) -> ProcessSpec:
    return ProcessSpec(name=name, command=("true",), environment={}, folder=Path("/"), needs=needs)


def names(specs: list[ProcessSpec]) -> list[str]:
    return [spec.name for spec in ordered(specs)]


def test_what_is_needed_comes_first() -> None:
    assert names([a_process("c", "b"), a_process("b", "a"), a_process("a")]) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("specs", "said"),
    [
        ([a_process("a", "b"), a_process("b", "a")], "these need each other: a, b, a|b, a, b"),
        ([a_process("a", "ghost")], "a needs ghost, which is no process"),
        ([a_process("a"), a_process("a")], "two processes are named a"),
    ],
)
def test_a_table_that_cannot_be_ordered_is_refused(specs: list[ProcessSpec], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        ordered(specs)


def test_the_stack_migrates_before_it_serves_and_opens_its_front_last(tmp_path: Path) -> None:
    order = names(stack(Instance(state=tmp_path / "state", cache=_a_cache(tmp_path))))

    for service in SERVICES:
        assert order.index("databases") < order.index(f"{service}-migrate")
        assert order.index(f"{service}-migrate") < order.index(f"{service}-serve")
        assert order.index(f"{service}-migrate") < order.index(f"{service}-work")
        assert order.index(f"{service}-serve") < order.index("gateway")
    assert order.index("postgres") < order.index("databases")
    assert order.index("kafka") < order.index("topics") < order.index("events-work")


def test_no_service_needs_another_one(tmp_path: Path) -> None:
    specs = stack(Instance(state=tmp_path / "state", cache=_a_cache(tmp_path)))

    for service in SERVICES:
        others = [other for other in SERVICES if other != service]
        needs = {need for spec in specs if spec.name.startswith(f"{service}-") for need in spec.needs}
        assert [need for need in needs if need.split("-")[0] in others] == []


def _a_cache(tmp_path: Path) -> Path:
    """One that looks as if Kafka had been fetched: nothing is started here."""
    cache = tmp_path / "cache"
    jars.folder(cache).mkdir(parents=True)
    return cache


def test_probes_say_no_where_nobody_listens() -> None:
    [port] = free_ports(1)

    assert answers_http(port)() is False
    assert listens(port)() is False
    assert both(lambda: True, listens(port))() is False
    assert both(lambda: True, lambda: True)() is True
