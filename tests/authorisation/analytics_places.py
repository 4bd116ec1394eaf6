"""Where each route of analytics stands in the matrix, as docs/rights.md and the route's own sentence say."""

from collections.abc import Mapping

from places import Place

HERE = "/api/v1/cells/{cell}/reports"
NETWORK = {"network": "{network_id}"}
ETAG = {"If-Match": "{etag}"}
NOT_THERE_YET = frozenset({"nothing-published"})


def _report(of: str = "report", **query: str) -> Place:
    """Whoever holds any grant is shown published figures; those who may read it exactly, exact ones."""
    return Place("read-published-report", of, query=NETWORK | query, refusals=NOT_THERE_YET)


REPORTS = {
    f"GET {HERE}/held": Place("read-held"),
    f"GET {HERE}/held/{{person_id}}": Place("read-held", "person"),
    f"GET {HERE}/members": _report(),
    f"GET {HERE}/coverage": _report(**{"from": "2026-11-01"}),
    f"GET {HERE}/active-members": _report(),
    f"GET {HERE}/retention": _report(),
    f"GET {HERE}/funnel": _report(),
    f"GET {HERE}/peers": _report("peers"),
    f"GET {HERE}/events/{{event_id}}/funnel": Place("read-published-report", "event", refusals=NOT_THERE_YET),
    f"POST {HERE}/snapshots": Place("take-snapshot", "network", body={"network_id": "{network_id}"}),
    f"GET {HERE}/snapshots": Place("read-published-report", "network", query=NETWORK),
    f"GET {HERE}/snapshots/{{network_id}}/{{day}}": Place("read-published-report", "network"),
}
EXPORTS = {
    f"POST {HERE}/exports": Place(
        "read-published-report",
        "export of",
        body={"report": "members", "parameters": NETWORK, "format": "csv"},
        refusals=NOT_THERE_YET,
    ),
    f"GET {HERE}/exports": Place("read-exports"),
    f"GET {HERE}/exports/{{export_id}}": Place("read-exports", "export", personal=True),
    f"GET {HERE}/exports/{{export_id}}/file": Place("read-exports", "export", personal=True),
}
SCHEDULES = {
    f"POST {HERE}/schedules": Place(
        "schedule-report",
        "network",
        body={"report": "coverage", "parameters": NETWORK, "every": "week", "on": 1},
    ),
    f"GET {HERE}/schedules": Place("read-schedules"),
    f"GET {HERE}/schedules/{{schedule_id}}": Place("read-schedules", "schedule", personal=True),
    f"PATCH {HERE}/schedules/{{schedule_id}}": Place(
        "change-schedule", "schedule", body={"every": "month", "on": 3}, headers=ETAG, personal=True
    ),
    f"POST {HERE}/schedules/{{schedule_id}}/end": Place("change-schedule", "schedule", headers=ETAG, personal=True),
    f"GET {HERE}/shown/{{link}}": Place("open-shown-report", "link"),
}
PLACES: Mapping[str, Place] = REPORTS | EXPORTS | SCHEDULES
