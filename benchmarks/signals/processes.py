"""A service's `work` as a process of its own, over databases and topics of a run."""

from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks import servers
from benchmarks.servers import Running
from benchmarks.stage import POOL_SIZE, Stage, environment
from guildhall_local.instance import PROJECT
from guildhall_local.testservers import free_ports
from servicekit.cells import Cells
from servicekit.web import write_keys

KEYS = ("cursor", "tickets", "webhooks", "manifests", "unsubscribe", "address")


@contextmanager
def working(stage: Stage, service: str, worker_dsn: str, cells: Cells, *, bootstrap: str) -> Iterator[Running]:
    """`python -m <service>_service work`, listening; its log stands in the stage's folder."""
    folder, [port] = stage.own_folder(f"{service}-work"), free_ports(1)
    told = environment(
        SERVICE_PROFILE="local",
        WORKER_DATABASE_URL=worker_dsn,
        REFERENCE_DIR=str(PROJECT / "reference"),
        KAFKA_BOOTSTRAP=bootstrap,
        TOPIC_PREFIX=cells.prefix,
        CELLS="midlands",
        SECRETS_DIR=str(with_keys(stage, service)),
        WORK_PORT=str(port),
        POOL_SIZE=str(POOL_SIZE),
    )
    command = ["python", "-m", f"{service}_service", "work"]
    with servers.running(command, port=port, environment=told, folder=folder) as running:
        yield running


def with_keys(stage: Stage, service: str) -> str:
    secrets = stage.own_folder(f"{service}-secrets")
    for name in KEYS:
        write_keys(secrets, name)
    return str(secrets)
