"""The table becomes routes in the order in which Envoy must try them."""

from dataclasses import replace

import pytest

from guildhall_local.gateway.render import SOURCE, read_problems
from guildhall_local.gateway.table import Address, Route, Table, clusters, routes
from guildhall_local.instance import SERVICES

UPSTREAMS = {service: ["127.0.0.1:8000"] for service in SERVICES}


@pytest.fixture
def table() -> Table:
    return Table.read(SOURCE / "table.toml")


def place(of: list[Route], cluster: str) -> int:
    return next(at for at, route in enumerate(of) if route.cluster == cluster and not route.public)


def test_a_cell_of_its_own_is_one_line_and_stands_before_every_cell(table: Table) -> None:
    moved = replace(table, own_cells={"midlands": {"events": "events-midlands:8000"}})

    own = [route for route in routes(moved) if route not in routes(table) and not route.public]

    assert [(dict(route.match), route.cluster) for route in own] == [
        ({"path_separated_prefix": "/api/v1/cells/midlands/events"}, "events.midlands"),
        ({"path_separated_prefix": "/api/v1/cells/midlands/drafts"}, "events.midlands"),
        ({"path_separated_prefix": "/api/v1/cells/midlands/registrations"}, "events.midlands"),
        ({"path_separated_prefix": "/api/v1/cells/midlands/calendars"}, "events.midlands"),
        ({"path_separated_prefix": "/api/v1/cells/midlands/meetings"}, "events.midlands"),
    ]
    assert place(routes(moved), "events.midlands") < place(routes(moved), "events")
    [cluster] = [cluster for cluster in clusters(moved, UPSTREAMS) if cluster.name == "events.midlands"]
    assert cluster.addresses == [Address("events-midlands", 8000)]


def test_a_cells_own_notifications_take_their_streams_along(table: Table) -> None:
    moved = replace(table, own_cells={"midlands": {"notifications": "10.0.0.7:8000"}})

    [stream] = [route for route in routes(moved) if route.cluster == "notifications.midlands.streams"]

    assert stream.stream
    assert place(routes(moved), "notifications.midlands.streams") < place(routes(moved), "notifications.midlands")


def test_streams_stand_before_the_path_that_they_lie_under(table: Table) -> None:
    assert place(routes(table), "notifications.streams") < place(routes(table), "notifications")


def test_only_the_definitions_and_secret_addresses_ask_for_no_token(table: Table) -> None:
    public = [route for route in routes(table) if route.public]

    assert [route.match["path"] for route in public if not route.shown_as] == [
        f"/api/v1/{service}/openapi.json" for service in SERVICES
    ]
    assert [route.shown_as for route in public if route.shown_as] == [
        f"/api/v1/cells/-/{pattern}" for pattern in table.public_in_a_cell
    ]
    assert all("*" in pattern for pattern in table.public_in_a_cell)


def test_every_cluster_that_a_route_names_exists(table: Table) -> None:
    assert {route.cluster for route in routes(table)} == {cluster.name for cluster in clusters(table, UPSTREAMS)}


@pytest.mark.parametrize("text", ["events", "events:", ":8000", "events:eight"])
def test_an_address_is_host_and_port(text: str) -> None:
    with pytest.raises(ValueError, match="is not host:port"):
        Address.parse(text)


def test_a_name_is_looked_up_and_a_number_is_not() -> None:
    assert Address.parse("10.0.0.7:8000").is_literal
    assert Address.parse("[::1]:8000") == Address("::1", 8000)
    assert not Address.parse("events:8000").is_literal


def test_every_problem_says_something_of_its_own() -> None:
    problems = read_problems()

    assert len({problem.title for problem in problems}) == len(problems)
    assert len({problem.detail for problem in problems}) == len(problems)
    assert all(problem.status or problem.at_least for problem in problems)
