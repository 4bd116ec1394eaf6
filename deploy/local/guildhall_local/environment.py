"""The table of environment names: what each process of each service is told, and nothing that it is not."""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from guildhall_local.instance import CELLS_FILE, HOST, PROJECT, SERVICES, Instance, service_of

SERVE, WORK, MIGRATE = "serve", "work", "migrate"
BOOTSTRAP, REBUILD, FOUND = "bootstrap", "rebuild", "found"
PROCESSES = (SERVE, WORK, MIGRATE, BOOTSTRAP, REBUILD)
"""Those that belong to a running service; `found` comes before it, and is told of databases alone."""
OPERATIONS = (REBUILD, "status", "parked", "replay", "republish")
"""What operations teams ask of a service from a console; all are told the same."""
COMMANDS = tuple(dict.fromkeys((*PROCESSES, *OPERATIONS)))
PASSED_ON = ("HOME", "LANG", "TZ", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR")

MAIL_FROM = "guildhall@guildhall.example"
ANY_DOMAIN = ["*"]
"""The local provider vouches for every address: its personas are invented, and no other provider is here."""

A_YEAR_OF_HOURS = "8760"
"""Whoever tries Guildhall need not wait for the day of an event to stand at its door."""

Value = Callable[[Instance, str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    name: str
    meaning: str
    value: Value
    """Its value in the local stack, for one deployment of a service."""
    processes: tuple[str, ...] = PROCESSES
    services: tuple[str, ...] = SERVICES


def _role(part: str) -> Value:
    return lambda instance, service: instance.database_url(f"{service}_{part}", service)


def _trusted_issuers(instance: Instance, _service: str) -> str:
    provider = {
        "issuer": instance.issuer,
        "jwks_url": instance.url("provider", "/jwks.json"),
        "audience": "guildhall",
        "email_domains": ANY_DOMAIN,
    }
    return json.dumps([provider])


TABLE: tuple[Variable, ...] = (
    Variable(
        name="SERVICE_PROFILE",
        meaning="`local` or `production`; production refuses what only a developer's machine may do",
        value=lambda *_: "local",
    ),
    Variable(
        name="DATABASE_URL",
        meaning="PostgreSQL as the role `api`, held to the caller's scope by row-level security",
        value=_role("api"),
        processes=(SERVE, FOUND),
    ),
    Variable(
        name="WORKER_DATABASE_URL",
        meaning="PostgreSQL as the role `worker`",
        value=_role("worker"),
        processes=(WORK, BOOTSTRAP, REBUILD, FOUND),
    ),
    Variable(
        name="OWNER_DATABASE_URL",
        meaning="PostgreSQL as the owner of the schema, which nothing but a migration needs",
        value=_role("owner"),
        processes=(MIGRATE, FOUND),
    ),
    Variable(
        name="ADMIN_DATABASE_URL",
        meaning="PostgreSQL as its administrator, who makes the database and the roles of the addresses above",
        value=lambda instance, _: instance.database_url("postgres", "postgres"),
        processes=(FOUND,),
    ),
    Variable(
        name="KAFKA_BOOTSTRAP",
        meaning="brokers, as host:port, separated by commas",
        value=lambda instance, _: instance.kafka_bootstrap,
    ),
    Variable(name="TOPIC_PREFIX", meaning="before the name of every topic", value=lambda *_: ""),
    Variable(
        name="CELLS",
        meaning="the cells served, separated by commas, or `all`",
        value=lambda instance, deployment: instance.cells_of(deployment),
    ),
    Variable(name="CELLS_FILE", meaning="path of cells.toml", value=lambda *_: str(CELLS_FILE)),
    Variable(
        name="HTTP_HOST",
        meaning="the address to listen on",
        value=lambda *_: HOST,
        processes=(SERVE, WORK),
    ),
    Variable(
        name="HTTP_PORT",
        meaning="the port of the API, its health and its metrics",
        value=lambda instance, service: str(instance.ports[f"{service}-serve"]),
        processes=(SERVE,),
    ),
    Variable(
        name="WORK_PORT",
        meaning="the port of `work`'s health and metrics",
        value=lambda instance, service: str(instance.ports[f"{service}-work"]),
        processes=(WORK,),
    ),
    Variable(
        name="DRAIN_SECONDS",
        meaning="how long `serve` still answers while it says that it is not ready: above the balancer's interval"
        " where there are several; 0 where there is one",
        value=lambda *_: "0",
        processes=(SERVE,),
    ),
    Variable(
        name="TRUSTED_ISSUERS",
        meaning="whose tokens are taken: a JSON list of issuer, jwks_url, audience, email_domains",
        value=_trusted_issuers,
    ),
    Variable(
        name="SECRETS_DIR",
        meaning="the folder with the service's own keys and secrets",
        value=lambda instance, service: str(instance.secrets_dir(service)),
    ),
    Variable(
        name="REFERENCE_DIR",
        meaning="the folder with organisations, regions and job roles as data",
        value=lambda *_: str(PROJECT / "reference"),
        services=("membership",),
    ),
    Variable(
        name="TELL_FROM",
        meaning="the instant before which causes are old news, told to nobody",
        value=lambda instance, _: instance.founding.founded_at.isoformat(),
    ),
    Variable(
        name="PUBLIC_URL",
        meaning="where clients find the gateway; links in mail begin with it",
        value=lambda instance, _: instance.url("gateway"),
    ),
    Variable(
        name="SMTP_HOST",
        meaning="where mail is handed over",
        value=lambda *_: HOST,
        services=("notifications",),
    ),
    Variable(
        name="SMTP_PORT",
        meaning="the port of SMTP_HOST",
        value=lambda instance, _: str(instance.ports["smtp"]),
        services=("notifications",),
    ),
    Variable(
        name="MAIL_FROM",
        meaning="the sender's address of every mail",
        value=lambda *_: MAIL_FROM,
        services=("notifications",),
    ),
    Variable(
        name="MAIL_BOUNCES_DIR",
        meaning="a Maildir into which mails that came back are put; empty: none is read",
        value=lambda instance, deployment: str(instance.state / f"bounces{deployment.removeprefix('notifications')}"),
        processes=(WORK,),
        services=("notifications",),
    ),
    Variable(
        name="WEBHOOK_TEST_TARGETS",
        meaning="receivers, as host:port separated by commas, that webhooks reach wherever they are; local only",
        value=lambda instance, _: f"{HOST}:{instance.ports['receiver']}",
        processes=(SERVE, WORK),
        services=("notifications",),
    ),
    Variable(
        name="CHECK_IN_OPENS_HOURS",
        meaning="how long before its start an event's check-in opens",
        value=lambda *_: A_YEAR_OF_HOURS,
        processes=(SERVE,),
        services=("events",),
    ),
    Variable(
        name="JOINING_LINK_SHOWN_HOURS",
        meaning="how long before its start those with a place are shown an event's joining link",
        value=lambda *_: A_YEAR_OF_HOURS,
        processes=(SERVE,),
        services=("events",),
    ),
    Variable(
        name="REMIND_BEFORE",
        meaning="how long before an event its registrants are reminded: 24h or 7d, or both, separated by a comma",
        value=lambda *_: "24h",
        processes=(WORK,),
        services=("notifications",),
    ),
    Variable(
        name="CLOCK_FILE",
        meaning="a file with the seconds by which all clocks of a local stack are ahead; production refuses it",
        value=lambda instance, _: str(instance.state / "clock"),
        processes=(SERVE, WORK),
    ),
    Variable(name="LOG_LEVEL", meaning="DEBUG, INFO, WARNING or ERROR", value=lambda *_: "INFO"),
    Variable(
        name="OTEL_EXPORTER_OTLP_ENDPOINT",
        meaning="where traces are sent, by OTLP over HTTP; empty: nowhere",
        value=lambda *_: os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", ""),
        processes=(SERVE, WORK),
    ),
)


def told_as(command: str) -> str:
    """The process of the table whose names a command is told."""
    return REBUILD if command in OPERATIONS else command


def names(service: str, process: str) -> list[str]:
    """The names that one process of one service is told."""
    return [variable.name for variable in TABLE if service in variable.services and process in variable.processes]


def of_service(instance: Instance, deployment: str, process: str) -> dict[str, str]:
    """All that `python -m <service>_service <process>` is given in the local stack.

    deployment: the service's name where it is the common one.
    """
    told = set(names(service_of(deployment), process))
    return of_machine() | {
        variable.name: variable.value(instance, deployment) for variable in TABLE if variable.name in told
    }


def of_stack(instance: Instance) -> dict[str, str]:
    """What our own processes (provider, mail catcher, topics) are given: which instance they belong to."""
    return of_machine() | {
        "GUILDHALL_STATE": str(instance.state),
        "GUILDHALL_CACHE": str(instance.cache),
        "PORT_BASE": str(instance.port_base),
        "GUILDHALL_OWN_CELL": instance.own_cell,
    }


def of_machine() -> dict[str, str]:
    """What is passed on of the user's own environment: little, so that it runs the same everywhere."""
    ours = str(Path(sys.executable).parent)
    return {
        "PATH": os.pathsep.join([ours, os.environ.get("PATH", os.defpath)]),
        "PYTHONUNBUFFERED": "1",
    } | {name: os.environ[name] for name in PASSED_ON if name in os.environ}
