"""The walls between regions, and what ends when somebody leaves."""

from guildhall_local.checker.case import Case
from guildhall_local.checker.finding import Check, Finding, found
from guildhall_local.checker.people import mover_sub
from guildhall_local.checker.records import GRANTS, Record

NOT_THERE, NOT_ALLOWED = 404, 403


def _nothing_over_the_wall(case: Case) -> Finding:
    """Across regions nothing is there, whatever was asked for; elsewhere whoever has no right is told so."""
    tries = case.told.of("trespass")
    regions = [wish for wish in tries if wish.last.about in {"london", "former trust"}]
    return found(
        f"{len(tries)} tries, {len(regions)} of them at another region",
        [
            *(
                f"{wish.who} was answered {wish.last.status} by {wish.last.method} {wish.last.path}"
                for wish in tries
                if wish.last.status != (NOT_THERE if wish in regions else NOT_ALLOWED)
            ),
            *([] if regions else ["nobody tried to read another region"]),
        ],
    )


def _own_region_alone(case: Case) -> Finding:
    """Lists of members hold those of the network that was asked about, and of those below it."""
    seen, differences = 0, []
    for wish in case.told.done("read-own-region"):
        for item in wish.answer["items"]:
            seen += 1
            if item["path"] != wish.last.about and not item["path"].startswith(f"{wish.last.about}."):
                differences.append(f"{wish.who} sees somebody of {item['path']} among those of {wish.last.about}")
    return found(f"{seen} members seen by their own lead", differences)


def _leaving_ends_grants(case: Case) -> Finding:
    """Whoever has moved away holds nothing any more where they were: the newest record of that cell is empty."""
    sub = mover_sub(case.plan)
    left = case.people[sub].stays[0].network
    cell = left.split(".")[1]
    mine = [record for record in _grants(case, cell) if case.person_named(record.data["person_id"]) == sub]
    held = mine[-1].data["grants"] if mine else None
    return found(
        f"{sub} held a role at {left}, and holds none in {cell} now",
        [f"{sub} holds {held} in {cell} after leaving {left}"] if held or held is None else [],
    )


def _grants(case: Case, cell: str) -> list[Record]:
    return [
        record
        for record in case.evidence.records
        if record.stream == GRANTS and record.cell == cell and not record.is_heartbeat
    ]


CHECKS = [
    Check("nobody sees anything over the wall of a region", _nothing_over_the_wall),
    Check("a lead's lists hold the lead's own people", _own_region_alone),
    Check("leaving a network ended the roles held there", _leaving_ends_grants),
]
