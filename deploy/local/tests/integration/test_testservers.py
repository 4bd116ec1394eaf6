"""The pair of servers that tests share: given ones are used, own ones end with whoever started them."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from guildhall_local import kafka, testservers
from servicekit.testing import eventually


def test_servers_that_the_environment_names_are_used_and_none_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(testservers.GIVEN_KAFKA, "broker.example:9092")
    monkeypatch.setenv(testservers.GIVEN_POSTGRES, "postgresql://server.example/postgres")
    before = len(psutil.Process().children())

    with testservers.servers() as servers:
        assert servers.kafka_bootstrap == "broker.example:9092"
        assert servers.postgres_admin_dsn == "postgresql://server.example/postgres"
        assert len(psutil.Process().children()) == before


async def _start(state: Path) -> tuple["subprocess.Popen[str]", int]:
    kafka_port, postgres_port = testservers.free_ports(2)
    command = [sys.executable, "-m", "guildhall_local.testservers", "--state", str(state)]
    ports = ["--kafka-port", str(kafka_port), "--postgres-port", str(postgres_port)]
    process = await asyncio.to_thread(subprocess.Popen, [*command, *ports], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    said = [await asyncio.to_thread(process.stdout.readline) for _ in range(2)]
    assert said == [
        f"export GUILDHALL_TEST_KAFKA=127.0.0.1:{kafka_port}\n",
        f"export GUILDHALL_TEST_POSTGRES=postgresql://postgres:guildhall@127.0.0.1:{postgres_port}/postgres\n",
    ]
    return process, kafka_port


def _left_of(state: Path) -> list[int]:
    """Servers with their data in that folder."""
    return [
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if process.pid != os.getpid() and str(state) in " ".join(process.info["cmdline"] or [])
    ]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
async def test_a_pair_on_fixed_ports_runs_until_its_process_ends(tmp_path: Path, how: signal.Signals) -> None:
    process, kafka_port = await _start(tmp_path)
    assert kafka.brokers_known(kafka_port) == 1

    process.send_signal(how)
    process.communicate(timeout=30)

    async def nothing_is_left() -> bool:
        return not _left_of(tmp_path)

    await eventually(nothing_is_left, within=10)
    assert process.returncode == (0 if how is signal.SIGTERM else -how)
