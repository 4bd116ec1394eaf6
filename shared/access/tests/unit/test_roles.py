"""What the roles include: an analyst reads reports, a privacy officer reads what is held of people, a lead appoints."""

from uuid import uuid4

import pytest

from access.policy import HOLDS, RIGHTS, ROLES, above_all, allows, may_give
from access.principal import HeldGrant, Principal

MIDLANDS, RWP = "national.midlands", "national.midlands.rwp"


def holder_of(role: str, path: str = MIDLANDS) -> Principal:
    grant = HeldGrant(role=role, path=path, network_id=uuid4(), cell="midlands")
    return Principal(identity="a sign-in", issuer="https://login.example", person_id=uuid4(), grants=(grant,))


def allowed(role: str) -> set[str]:
    return {action for action in RIGHTS if allows(holder_of(role), action, RWP)}


def test_an_analyst_reads_reports_and_nothing_that_names_anybody() -> None:
    assert {"read-report", "read-funnel"} <= allowed("analyst")
    assert not {action for action in allowed("analyst") if "report" not in action and "funnel" not in action}


def test_a_privacy_officer_reads_what_is_held_of_people_and_changes_nothing_but_erases() -> None:
    assert {"read-person", "read-person-history", "read-membership-history", "read-consents"} <= allowed(
        "privacy-officer"
    )
    assert {action for action in allowed("privacy-officer") if not action.startswith("read-")} == {"erase-person"}
    assert "read-consents" not in allowed("lead"), "nobody's consent is their lead's business"


@pytest.mark.parametrize("role", [role for role in ROLES if role != "privacy-officer"])
def test_a_lead_holds_every_role_but_one(role: str) -> None:
    assert role in HOLDS["lead"]
    assert may_give(holder_of("lead"), role, RWP)
    assert not may_give(holder_of("lead", RWP), role, MIDLANDS)


@pytest.mark.parametrize(
    ("paths", "above"),
    [
        ([], "national"),
        (["national.midlands.rwp"], "national.midlands.rwp"),
        (["national.midlands.rwp", "national.midlands.rrk"], "national.midlands"),
        (["national.midlands.rwp", "national.midlands"], "national.midlands"),
        (["national.midlands.rwp", "national.london.rwp"], "national"),
    ],
)
def test_the_network_above_all(paths: list[str], above: str) -> None:
    assert above_all(paths) == above


def test_the_national_lead_alone_appoints_privacy_officers() -> None:
    assert may_give(holder_of("lead", "national"), "privacy-officer", RWP)
    for other in (holder_of("lead"), holder_of("privacy-officer", "national"), holder_of("organiser", "national")):
        assert not may_give(other, "privacy-officer", RWP)
