"""A cell that stands alone: deployments with databases, ports and keys of their own, and no cell served twice."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from guildhall_local import environment, keys
from guildhall_local.environment import SERVE, WORK
from guildhall_local.instance import REGIONAL, SERVICES, Instance
from guildhall_local.processes import gateway, stack
from guildhall_local.spec import ordered
from servicekit.web import read_keys


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    return Instance(state=tmp_path / "state", port_base=9000, own_cell="midlands")


@pytest.mark.parametrize("service", REGIONAL)
def test_every_cell_is_served_by_one_deployment(instance: Instance, service: str) -> None:
    common = environment.of_service(instance, service, WORK)["CELLS"].split(",")
    own = environment.of_service(instance, f"{service}-midlands", WORK)["CELLS"].split(",")

    assert own == ["midlands"]
    assert len(common) == 7
    assert set(own) & set(common) == set()


def test_membership_serves_all_cells(instance: Instance) -> None:
    assert environment.of_service(instance, "membership", WORK)["CELLS"] == "all"


def test_its_deployments_share_nothing_with_the_common_ones(instance: Instance) -> None:
    shared = {
        name
        for service in REGIONAL
        for process, own_names in ((SERVE, ("DATABASE_URL", "HTTP_PORT")), (WORK, ("WORKER_DATABASE_URL", "WORK_PORT")))
        for name in (*own_names, "SECRETS_DIR")
        if environment.of_service(instance, service, process)[name]
        == environment.of_service(instance, f"{service}-midlands", process)[name]
    }
    bounces = {
        environment.of_service(instance, name, WORK)["MAIL_BOUNCES_DIR"]
        for name in ("notifications", "notifications-midlands")
    }

    assert shared == set()
    assert len(bounces) == 2
    assert len(set(instance.ports.values())) == len(instance.ports)


def test_it_is_behind_the_same_gateway(instance: Instance) -> None:
    front = gateway(instance)

    assert front.upstreams["events"] == ["127.0.0.1:9012"]
    assert front.own_cells == {
        "midlands": {
            "events": "127.0.0.1:9031",
            "notifications": "127.0.0.1:9032",
            "analytics": "127.0.0.1:9033",
        }
    }


def test_its_processes_start_after_what_they_need(instance: Instance) -> None:
    names = [spec.name for spec in ordered(stack(instance))]

    assert names.index("notifications-migrate") < names.index("notifications-midlands-migrate")
    assert names.index("notifications-midlands-migrate") < names.index("notifications-midlands-work")
    assert names.index("events-midlands-serve") < names.index("gateway")


def test_one_deployment_reads_what_another_signed_for_a_mail(instance: Instance) -> None:
    keys.write(instance, "notifications")
    keys.write(instance, "notifications-midlands")

    common, own = instance.secrets_dir("notifications"), instance.secrets_dir("notifications-midlands")
    alike = {
        purpose for purpose in keys.PURPOSES["notifications"] if read_keys(common, purpose) == read_keys(own, purpose)
    }
    assert alike == {"unsubscribe", "address"}


def test_a_cell_may_come_to_stand_alone_later(tmp_path: Path) -> None:
    before = Instance(state=tmp_path / "state").founding

    after = Instance(state=tmp_path / "state", own_cell="midlands").founding
    again = Instance(state=tmp_path / "state", own_cell="midlands").founding

    assert before.passwords.items() < after.passwords.items()
    assert len(after.passwords) == len(before.passwords) + 3 * len(REGIONAL)
    assert again == after


@pytest.mark.parametrize("name", ["national", "wales", "Midlands"])
def test_only_a_region_may_stand_alone(name: str) -> None:
    with pytest.raises(ValidationError, match=f"only a region may stand alone: .*; {name} is none"):
        Instance(own_cell=name)


def test_without_one_all_is_as_ever(tmp_path: Path) -> None:
    instance = Instance(state=tmp_path / "state")

    assert instance.deployments == SERVICES
    assert gateway(instance).own_cells == {}
