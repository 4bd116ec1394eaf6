"""Whatever is promised is reached through the gateway: at the service that answers it, with a token or without."""

import json
import re
import shutil
from pathlib import Path

import pytest
from house import ROOT, SERVICES, service
from ways_in import NOWHERE, Way, WaysIn, ways_in

from guildhall_local.gateway.render import SOURCE
from servicekit.web.rules import routes_of


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> WaysIn:
    return ways_in(tmp_path_factory.mktemp("gateway"))


@pytest.fixture(scope="module")
def promised() -> dict[str, Way]:
    """The way that each published path should take, as its service answers it."""
    paths = json.loads((ROOT / "docs/api/openapi.json").read_text())["paths"]
    answered: dict[str, set[Way]] = {path: set() for path in paths}
    for name in SERVICES:
        for route in routes_of(service(name).create_app(service(name).settings(service_profile="local"))):
            answered.get(route.path, set()).add(Way(name, is_public=route.rule == "anyone()"))
    assert {path: len(ways) for path, ways in answered.items()} == dict.fromkeys(paths, 1), "one service, one rule"
    return {path: way for path, [way] in answered.items()}


def asked(template: str) -> str:
    return re.sub(r"\{\w+\}", "0190-some", template)


def test_every_promised_path_leads_to_the_service_that_answers_it(gateway: WaysIn, promised: dict[str, Way]) -> None:
    assert {path: gateway.way(asked(path)) for path in promised} == promised
    assert {way.service for way in promised.values()} == set(SERVICES)
    assert {way.is_public for way in promised.values()} == {True, False}


def test_no_way_leads_where_nothing_is_promised(gateway: WaysIn, promised: dict[str, Way]) -> None:
    taken = [gateway.route(asked(path)) for path in promised]
    definitions = {f"/api/v1/{name}/openapi.json" for name in SERVICES}

    unused = [route["match"] for route in gateway.routes if "route" in route and route not in taken]

    assert {match.get("path") for match in unused} == definitions


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ('drafts = "events"\n', "/api/v1/cells/midlands/drafts"),
        ('"/api/v1/me" = "membership"\n', "/api/v1/me/history"),
    ],
)
def test_a_path_that_the_table_forgets_leads_nowhere(tmp_path: Path, line: str, path: str) -> None:
    assert _without(tmp_path, line).way(path) == NOWHERE


def test_a_secret_address_that_the_table_forgets_asks_for_a_token(tmp_path: Path) -> None:
    forgetful = _without(tmp_path, '"preferences/confirm/*" = "notifications"\n')

    assert forgetful.way("/api/v1/cells/midlands/preferences/confirm/secret") == Way("notifications", is_public=False)


def _without(folder: Path, line: str) -> WaysIn:
    source = folder / "source"
    shutil.copytree(SOURCE, source, ignore=shutil.ignore_patterns("tests"))
    table = source / "table.toml"
    assert line in table.read_text()
    table.write_text(table.read_text().replace(line, ""))
    return ways_in(folder, source)
