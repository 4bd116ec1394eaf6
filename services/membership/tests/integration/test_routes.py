"""Every route has the rule that docs/rights.md names for its action."""

from membership_house import House

from membership_service.app import create_app
from servicekit.testing.routes import rules_by_route

RULES = {
    "GET /api/v1/networks": "may(read-networks)",
    "GET /api/v1/networks/{network_id}": "may(read-networks)",
    "GET /api/v1/networks/{network_id}/members": "may(read-members)",
    "POST /api/v1/people": "may(register-person)",
    "GET /api/v1/people/{person_id}": "may(read-person)",
    "PATCH /api/v1/people/{person_id}": "may(change-person)",
    "GET /api/v1/people/{person_id}/memberships": "may(read-person)",
    "GET /api/v1/me": "may(read-self)",
    "POST /api/v1/me/link": "signed_in()",
    "POST /api/v1/memberships": "may(begin-membership)",
    "GET /api/v1/memberships/{membership_id}": "may(read-membership)",
    "POST /api/v1/memberships/{membership_id}/end": "may(end-membership)",
    "POST /api/v1/memberships/{membership_id}/move": "may(move-membership)",
    "POST /api/v1/grants": "may(give-grant)",
    "POST /api/v1/grants/{grant_id}/end": "may(end-grant)",
    "GET /api/v1/grants": "may(read-grants)",
    "POST /api/v1/agreements": "may(make-agreement)",
    "POST /api/v1/agreements/{agreement_id}/end": "may(end-agreement)",
    "GET /api/v1/agreements": "may(read-agreements)",
    "GET /api/v1/agreements/{agreement_id}": "may(read-agreements)",
    "POST /api/v1/imports": "may(found-networks) and may(import-people)",
    "GET /api/v1/imports": "may(read-import)",
    "GET /api/v1/imports/{import_id}": "may(read-import)",
}


def test_every_route_has_its_rule(house: House) -> None:
    assert rules_by_route(create_app(house.settings)) == RULES
