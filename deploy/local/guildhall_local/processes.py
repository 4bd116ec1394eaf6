"""The processes of the local stack: what each is, what it needs, and when it is ready."""

import sys

from guildhall_local import account, environment, kafka, keys, postgres
from guildhall_local.gateway import Gateway
from guildhall_local.instance import HOST, PROJECT, SERVICES, Instance, service_of
from guildhall_local.spec import Probe, ProcessSpec, answers_http, both, listens


def broker(instance: Instance) -> kafka.Broker:
    return kafka.Broker(
        folder=instance.state / "kafka",
        port=instance.ports["kafka"],
        controller_port=instance.ports["kafka-controller"],
        cache=instance.cache,
    )


def database_server(instance: Instance) -> postgres.Server:
    return postgres.Server(
        folder=instance.state / "postgres",
        port=instance.ports["postgres"],
        password=instance.founding.passwords[postgres.SUPERUSER],
    )


def gateway(instance: Instance) -> Gateway:
    return Gateway(
        folder=instance.state / "gateway",
        port=instance.ports["gateway"],
        admin_port=instance.ports["envoy-admin"],
        issuer=instance.issuer,
        jwks_url=instance.url("provider", "/jwks.json"),
        upstreams={service: [_upstream(instance, service)] for service in SERVICES},
        own_cells={instance.own_cell: {service_of(own): _upstream(instance, own) for own in instance.own}}
        if instance.own
        else {},
    )


def _upstream(instance: Instance, deployment: str) -> str:
    return f"{HOST}:{instance.ports[f'{deployment}-serve']}"


def stack(instance: Instance) -> list[ProcessSpec]:
    """The whole of it. Services do not need one another: each starts with its own database and the broker."""
    return [
        _postgres(instance),
        _kafka(instance),
        _own(instance, "databases", needs=("postgres",), ADMIN_DATABASE_URL=_admin(instance)),
        _own(instance, "topics", needs=("kafka",), KAFKA_BOOTSTRAP=instance.kafka_bootstrap),
        *(_service(instance, name, environment.MIGRATE) for name in instance.deployments),
        _own(instance, "provider", ready=answers_http(instance.ports["provider"], "/jwks.json")),
        _own(
            instance,
            "mailcatcher",
            ready=both(answers_http(instance.ports["mail"], "/"), listens(instance.ports["smtp"])),
        ),
        *(_service(instance, name, environment.SERVE) for name in instance.deployments),
        *(_service(instance, name, environment.WORK) for name in instance.deployments),
        _gateway(instance),
    ]


def _admin(instance: Instance) -> str:
    return database_server(instance).admin_dsn


def _postgres(instance: Instance) -> ProcessSpec:
    server = database_server(instance)
    return ProcessSpec(
        name="postgres",
        command=tuple(server.command()),
        environment=server.environment(),
        folder=server.folder,
        prepare=server.prepare,
        ready=server.answers,
        stop_signal=postgres.STOP_SIGNAL,
        account=account.for_postgres(server.data),
    )


def _kafka(instance: Instance) -> ProcessSpec:
    one = broker(instance)
    return ProcessSpec(
        name="kafka",
        command=tuple(one.command()),
        environment=one.environment(),
        folder=one.folder,
        prepare=one.prepare,
        ready=one.answers,
    )


def _gateway(instance: Instance) -> ProcessSpec:
    front = gateway(instance)
    return ProcessSpec(
        name="gateway",
        command=tuple(front.command()),
        environment=front.environment(),
        folder=front.folder,
        prepare=front.prepare,
        ready=front.answers,
        needs=("provider", *(f"{name}-serve" for name in instance.deployments)),
    )


def _own(
    instance: Instance, name: str, *, needs: tuple[str, ...] = (), ready: Probe | None = None, **told: str
) -> ProcessSpec:
    """A module of this package: a server where it can be asked, else a task."""
    return ProcessSpec(
        name=name,
        command=(sys.executable, "-m", f"guildhall_local.{name}"),
        environment=environment.of_stack(instance) | told,
        folder=PROJECT,
        ready=ready,
        needs=needs,
    )


def service_command(service: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", f"{service}_service", *arguments)


def _service(instance: Instance, deployment: str, process: str) -> ProcessSpec:
    service = service_of(deployment)
    task = process == environment.MIGRATE
    # Keys that deployments share are drawn by the common one, so the others come after it.
    first = () if deployment == service else (f"{service}-migrate",)
    needs = {
        environment.MIGRATE: ("databases", *first),
        environment.SERVE: (f"{deployment}-migrate", "topics", "provider"),
        environment.WORK: (f"{deployment}-migrate", "topics", "mailcatcher"),
    }
    return ProcessSpec(
        name=f"{deployment}-{process}",
        prepare=(lambda: keys.write(instance, deployment)) if task else None,
        command=service_command(service, process),
        environment=environment.of_service(instance, deployment, process),
        folder=PROJECT,
        ready=None if task else answers_http(instance.ports[f"{deployment}-{process}"]),
        needs=needs[process],
    )
