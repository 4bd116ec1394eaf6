"""What is published about the API and the signals is true, and those who define the formats take it."""

import json
import subprocess
import sys
from typing import Any

import pytest
from house import ROOT, SERVICES, contracts, service
from judges import faults_of_asyncapi
from openapi_spec_validator import OpenAPIV31SpecValidator

from servicekit.web.rules import routes_of

API = ROOT / "docs" / "api"


@pytest.fixture(scope="module")
def openapi() -> dict[str, Any]:
    document: dict[str, Any] = json.loads((API / "openapi.json").read_text())
    return document


@pytest.fixture(scope="module")
def asyncapi() -> dict[str, Any]:
    document: dict[str, Any] = json.loads((API / "asyncapi.json").read_text())
    return document


def test_both_are_as_the_code_has_them_now() -> None:
    checked = subprocess.run(
        [sys.executable, API / "write.py", "--check"], capture_output=True, text=True, check=False, cwd=ROOT
    )

    assert (checked.stdout.strip(), checked.returncode) == ("nothing to write", 0), checked.stdout + checked.stderr


def test_openapi_is_openapi(openapi: dict[str, Any]) -> None:
    assert list(OpenAPIV31SpecValidator(openapi).iter_errors()) == []
    assert list(OpenAPIV31SpecValidator(openapi | {"paths": {"no-slash": {"get": {}}}}).iter_errors()) != []


def test_asyncapi_is_asyncapi(asyncapi: dict[str, Any]) -> None:
    assert faults_of_asyncapi(json.dumps(asyncapi)) == []
    assert faults_of_asyncapi(json.dumps(asyncapi | {"operations": {"a": {"action": "shout"}}})) != []


def test_every_operation_is_there_under_a_name_of_its_own(openapi: dict[str, Any]) -> None:
    described = {
        (method.upper(), path): operation["operationId"]
        for path, operations in openapi["paths"].items()
        for method, operation in operations.items()
    }
    answered = {
        (route.method, route.path)
        for name in SERVICES
        for route in routes_of(service(name).create_app(service(name).settings(service_profile="local")))
        if route.path.startswith("/api/")
    }

    assert answered - {("HEAD", path) for _, path in answered} == set(described)
    assert len(set(described.values())) == len(described)


def test_every_signal_is_there_with_its_owner_example_and_tags(asyncapi: dict[str, Any]) -> None:
    messages = asyncapi["components"]["messages"]

    assert set(messages) == set(contracts())
    for kind, message in messages.items():
        data = message["payload"]["properties"]["data"]
        assert message["tags"] == [{"name": kind.split(".")[1]}]
        assert message["examples"][0]["payload"]["type"] == kind
        assert [name for name, field in data["properties"].items() if "x-tag" not in field] == []
