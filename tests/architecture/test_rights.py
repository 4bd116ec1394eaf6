"""docs/rights.md, the policy and the routes say the same."""

import re
from pathlib import Path
from typing import Any

import pytest
from house import ROOT, SERVICES, service

from access.policy import RIGHTS, ROLES
from servicekit.web import write_keys
from servicekit.web.rules import routes_of

CELL = r"([^|]*)\|"
ROW = re.compile(rf"^\|\s*([a-z-]+)\s*\|{CELL}{CELL}{CELL}{CELL}{CELL}\s*$")


def documented() -> dict[str, tuple[frozenset[str], str]]:
    """Action to (roles, others), from the tables of the page."""
    found = {}
    for line in (ROOT / "docs" / "rights.md").read_text(encoding="utf-8").splitlines():
        match = ROW.match(line)
        if match and match[1] != "action" and not set(match[1]) <= {"-"}:
            marks = [match[column].strip() for column in (3, 4, 5)]
            roles = frozenset(role for role, mark in zip(ROLES, marks, strict=True) if mark == "yes")
            found[match[1]] = (roles, match[6].strip())
    return found


def test_the_policy_is_the_page() -> None:
    assert {action: (right.roles, right.others) for action, right in RIGHTS.items()} == documented()


def routes_with_rules(name: str, settings: Any) -> dict[str, str]:
    app = service(name).create_app(settings)
    return {f"{route.method} {route.path}": route.rule or "" for route in routes_of(app)}


@pytest.fixture
def settings(cells_file: Any, tmp_path: Path) -> Any:
    write_keys(tmp_path, "cursor")

    def of(name: str) -> Any:
        return service(name).settings(service_profile="local", cells_file=cells_file, secrets_dir=tmp_path)

    return of


def test_every_action_of_the_page_guards_a_route_and_every_route_names_one(settings: Any) -> None:
    rules = [rule for name in SERVICES for rule in routes_with_rules(name, settings(name)).values()]
    used = {action for rule in rules for action in re.findall(r"may\(([a-z-]+)\)", rule)}

    assert all(rules), "a route without a rule"
    assert used - set(RIGHTS) == set()
    assert set(RIGHTS) - used <= {"read-health", "link-identity"}, "these are signed_in() and anyone()"
