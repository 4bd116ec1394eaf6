"""An instance: its ports, its folders, and what is drawn once at its founding."""

import stat
from pathlib import Path

import pytest

from guildhall_local.instance import Instance
from guildhall_local.obstacle import Obstacle


def test_it_is_read_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUILDHALL_STATE", str(tmp_path / "second"))
    monkeypatch.setenv("PORT_BASE", "8400")

    instance = Instance()

    assert instance.state == tmp_path / "second"
    assert instance.url("gateway", "/readyz") == "http://127.0.0.1:8400/readyz"


def test_ports_are_the_agreed_ones() -> None:
    ports = Instance(port_base=7400).ports

    assert ports["gateway"] == 7400
    assert ports["smtp"] == 7403
    assert ports["postgres"] == 7406
    assert ports["receiver"] == 7409
    assert ports["membership-serve"] == 7411
    assert ports["analytics-work"] == 7424
    assert len(set(ports.values())) == len(ports) == 17


def test_two_instances_a_block_apart_share_no_port() -> None:
    first, second = Instance(port_base=7400), Instance(port_base=7425)

    assert set(first.ports.values()) & set(second.ports.values()) == set()


def test_passwords_stay_once_drawn_and_are_for_the_owner_alone(tmp_path: Path) -> None:
    first = Instance(state=tmp_path / "state").founding
    again = Instance(state=tmp_path / "state")

    assert again.founding == first
    assert len(set(first.passwords.values())) == len(first.passwords) == 13
    assert stat.S_IMODE(again.founding_file.stat().st_mode) == 0o600


def test_a_damaged_founding_is_named(tmp_path: Path) -> None:
    instance = Instance(state=tmp_path)
    instance.founding_file.write_text("{")

    with pytest.raises(Obstacle, match=r"founding.json is damaged: `guildhall fresh` founds the stack anew.$"):
        _ = instance.founding


def test_secrets_are_a_folder_for_each_service(tmp_path: Path) -> None:
    folder = Instance(state=tmp_path / "state").secrets_dir("events")

    assert folder == tmp_path / "state" / "secrets" / "events"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
