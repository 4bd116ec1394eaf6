"""docs/rights.md, the policy and the routes say the same."""

import re
from pathlib import Path
from typing import Any

import pytest
from house import ROOT, SERVICES, service

from access.policy import RIGHTS, ROLES
from servicekit.web import write_keys
from servicekit.web.rules import routes_of

ROW = re.compile(r"^\|(.*)\|\s*$")


def documented() -> dict[str, tuple[frozenset[str], str]]:
    """Action to (roles, others), from the tables of the page; a role without a column there may do nothing."""
    found: dict[str, tuple[frozenset[str], str]] = {}
    columns: list[str] = []
    for line in (ROOT / "docs" / "rights.md").read_text(encoding="utf-8").splitlines():
        match = ROW.match(line)
        cells = [cell.strip() for cell in match[1].split("|")] if match else []
        if not cells or set(cells[0]) <= {"-"}:
            continue
        if cells[0] == "action":
            columns = [cell.replace(" ", "-") for cell in cells]
            assert set(columns[2:-1]) <= set(ROLES), f"a column for a role that there is not: {line}"
            continue
        assert len(cells) == len(columns), f"as many cells as the table has columns: {line}"
        row = dict(zip(columns, cells, strict=True))
        assert cells[0] not in found, f"said twice: {line}"
        found[cells[0]] = (frozenset(role for role in ROLES if row.get(role) == "yes"), row["others"])
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
    unruled = {action for action, right in RIGHTS.items() if right.others in {"signed in", "anyone"}}
    assert set(RIGHTS) - used <= unruled, "these are signed_in() and anyone()"
