"""A broker and a database server for tests, without the rest of the stack; given ones are used instead."""

import argparse
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from guildhall_local import children, kafka, postgres
from guildhall_local.instance import HOST, default_cache
from guildhall_local.obstacle import Obstacle

GIVEN_KAFKA = "GUILDHALL_TEST_KAFKA"
GIVEN_POSTGRES = "GUILDHALL_TEST_POSTGRES"


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    kafka_bootstrap: str
    postgres_admin_dsn: str


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now; all are held until all are known, so that they differ."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((HOST, 0))
        return [each.getsockname()[1] for each in sockets]


@contextmanager
def servers() -> Iterator[Servers]:
    """Both servers for as long as the block, data and all; or those that the environment names."""
    given_kafka, given_postgres = os.environ.get(GIVEN_KAFKA), os.environ.get(GIVEN_POSTGRES)
    if given_kafka and given_postgres:
        yield Servers(kafka_bootstrap=given_kafka, postgres_admin_dsn=given_postgres)
        return
    kafka_port, controller_port, postgres_port = free_ports(3)
    with (
        tempfile.TemporaryDirectory(prefix="guildhall-test-", ignore_cleanup_errors=True) as folder,
        both(
            Path(folder),
            kafka_port=kafka_port,
            controller_port=controller_port,
            postgres_port=postgres_port,
            password=secrets.token_urlsafe(16),
        ) as (started, _),
    ):
        yield started


@contextmanager
def both(
    folder: Path, *, kafka_port: int, controller_port: int, postgres_port: int, password: str
) -> Iterator[tuple[Servers, list["subprocess.Popen[bytes]"]]]:
    """Start the two side by side; stopped with the block, whatever happens in it."""
    broker = kafka.Broker(
        folder=folder / "kafka", port=kafka_port, controller_port=controller_port, cache=default_cache()
    )
    database = postgres.Server(folder=folder / "postgres", port=postgres_port, password=password, durable=False)
    with ThreadPoolExecutor(2) as pool:
        for prepared in [pool.submit(broker.prepare), pool.submit(database.prepare)]:
            prepared.result()
    kafka_log, postgres_log = folder / "kafka.log", folder / "postgres.log"
    with ExitStack() as stack:
        database_child = postgres.start(database, postgres_log)
        stack.callback(children.stop, database_child, ask=postgres.STOP_SIGNAL)
        kafka_child = children.start(
            broker.command(), environment=broker.environment(), folder=broker.folder, log=kafka_log
        )
        stack.callback(children.stop, kafka_child)
        postgres.await_ready(database, database_child, postgres_log)
        kafka.await_ready(broker, kafka_child, kafka_log)
        yield (
            Servers(kafka_bootstrap=broker.bootstrap, postgres_admin_dsn=database.admin_dsn),
            [database_child, kafka_child],
        )


def main() -> None:
    """Run both on fixed ports until SIGTERM: for many test runs, one after another or side by side."""
    parser = argparse.ArgumentParser(prog="python -m guildhall_local.testservers", description=main.__doc__)
    parser.add_argument("--state", type=Path, help="keep the data here (default: a folder that goes away)")
    parser.add_argument("--kafka-port", type=int, default=7904, help="its controller takes the next one")
    parser.add_argument("--postgres-port", type=int, default=7906)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with ExitStack() as stack:
        folder = options.state or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="guildhall-test-")))
        started, processes = stack.enter_context(
            both(
                folder,
                kafka_port=options.kafka_port,
                controller_port=options.kafka_port + 1,
                postgres_port=options.postgres_port,
                password="guildhall",
            )
        )
        print(f"export {GIVEN_KAFKA}={started.kafka_bootstrap}")
        print(f"export {GIVEN_POSTGRES}={started.postgres_admin_dsn}", flush=True)
        _wait_for_the_first_end(processes)


def _wait_for_the_first_end(processes: list["subprocess.Popen[bytes]"]) -> None:
    """Both run until we are told to stop, so an end is news."""
    ended, status = os.waitpid(-1, 0)
    name = "PostgreSQL" if ended == processes[0].pid else "Kafka"
    raise Obstacle(f"{name} ended with status {os.waitstatus_to_exitcode(status)}.")


if __name__ == "__main__":
    try:
        main()
    except (Obstacle, KeyboardInterrupt) as obstacle:
        sys.exit(str(obstacle) or 0)
