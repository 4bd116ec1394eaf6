"""The table of environment names: each stands once, and each process is told only its business."""

import json
from importlib import import_module
from pathlib import Path

import pytest

from guildhall_local import environment
from guildhall_local.environment import BOOTSTRAP, MIGRATE, PROCESSES, REBUILD, SERVE, WORK
from guildhall_local.instance import SERVICES, Instance
from servicekit.settings import ServiceSettings


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    return Instance(state=tmp_path / "state", cache=tmp_path / "cache", port_base=9000)


def test_every_name_stands_once_and_says_what_it_means() -> None:
    names = [variable.name for variable in environment.TABLE]

    assert len(names) == len(set(names))
    assert [variable.name for variable in environment.TABLE if not variable.meaning] == []


@pytest.mark.parametrize("service", SERVICES)
def test_no_process_is_told_the_password_of_another_role(service: str) -> None:
    databases = {"DATABASE_URL", "WORKER_DATABASE_URL", "OWNER_DATABASE_URL"}
    told = {process: databases & set(environment.names(service, process)) for process in PROCESSES}

    assert told == {
        SERVE: {"DATABASE_URL"},
        WORK: {"WORKER_DATABASE_URL"},
        MIGRATE: {"OWNER_DATABASE_URL"},
        BOOTSTRAP: {"WORKER_DATABASE_URL"},
        REBUILD: {"WORKER_DATABASE_URL"},
    }


def test_a_service_reads_every_name_that_all_are_told() -> None:
    told = {variable.name.lower() for variable in environment.TABLE if variable.services == SERVICES}

    assert told - set(ServiceSettings.model_fields) == set()


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("process", PROCESSES)
def test_a_service_takes_what_it_is_told(
    instance: Instance, service: str, process: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.of_service(instance, service, process).items():
        monkeypatch.setenv(name, value)

    settings = ServiceSettings()

    assert settings.service_profile == "local"
    assert settings.kafka_bootstrap == "127.0.0.1:9004"
    assert settings.cells_file.is_file()
    assert settings.secrets_dir.is_dir()
    assert [issuer.issuer for issuer in settings.trusted_issuers] == ["http://127.0.0.1:9001"]
    assert settings.tell_from == instance.founding.founded_at


def test_only_notifications_is_told_where_mail_goes(instance: Instance) -> None:
    told = {service for service in SERVICES if "SMTP_PORT" in environment.names(service, WORK)}

    assert told == {"notifications"}
    assert environment.of_service(instance, "notifications", WORK)["SMTP_PORT"] == "9003"


def test_each_process_listens_on_its_own_port(instance: Instance) -> None:
    listens = [
        environment.of_service(instance, service, process)[name]
        for service in SERVICES
        for process, name in ((SERVE, "HTTP_PORT"), (WORK, "WORK_PORT"))
    ]

    assert listens == ["9011", "9021", "9012", "9022", "9013", "9023", "9014", "9024"]


def test_what_the_machine_says_of_databases_reaches_nobody(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "theirs")
    monkeypatch.setenv("OWNER_DATABASE_URL", "postgresql://theirs")

    told = environment.of_service(instance, "events", SERVE)

    assert told.keys() & {"PGPASSWORD", "OWNER_DATABASE_URL"} == set()


def test_the_local_provider_is_trusted_as_services_read_it(instance: Instance) -> None:
    told = json.loads(environment.of_service(instance, "membership", SERVE)["TRUSTED_ISSUERS"])

    assert told == [
        {
            "issuer": "http://127.0.0.1:9001",
            "jwks_url": "http://127.0.0.1:9001/jwks.json",
            "audience": "guildhall",
            "email_domains": ["*"],
        }
    ]


def test_what_only_some_services_are_told_is_read_by_them() -> None:
    own = [(service, variable.name) for variable in environment.TABLE for service in variable.services]
    unread = [
        (service, name)
        for service, name in own
        if name not in {common.upper() for common in ServiceSettings.model_fields}
        and name.lower() not in import_module(f"{service}_service.__main__").SERVICE.settings.model_fields
    ]

    assert unread == []
