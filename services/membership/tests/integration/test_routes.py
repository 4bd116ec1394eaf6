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
    "GET /api/v1/networks/{network_id}/joining": "signed_in()",
    "PUT /api/v1/networks/{network_id}/joining": "may(set-joining)",
    "POST /api/v1/networks/{network_id}/join-requests": "signed_in()",
    "GET /api/v1/networks/{network_id}/join-requests": "may(read-join-requests)",
    "GET /api/v1/networks/{network_id}/join-requests/{request_id}": "may(read-join-requests)",
    "GET /api/v1/networks/{network_id}/join-requests/{request_id}/history": "may(read-join-requests)",
    "POST /api/v1/networks/{network_id}/join-requests/{request_id}/approve": "may(decide-join-request)",
    "POST /api/v1/networks/{network_id}/join-requests/{request_id}/refuse": "may(decide-join-request)",
    "POST /api/v1/networks/{network_id}/invitations": "may(invite)",
    "GET /api/v1/networks/{network_id}/invitations": "may(read-invitations)",
    "POST /api/v1/networks/{network_id}/invitations/{invitation_id}/revoke": "may(revoke-invitation)",
    "GET /api/v1/people/{person_id}/history": "may(read-person-history)",
    "GET /api/v1/people/{person_id}/consents": "may(read-consents)",
    "GET /api/v1/me": "may(read-self)",
    "GET /api/v1/me/history": "may(read-self)",
    "GET /api/v1/me/joinable-networks": "signed_in()",
    "GET /api/v1/me/join-requests": "may(read-self)",
    "POST /api/v1/me/join-requests/{request_id}/withdraw": "may(withdraw-join-request)",
    "POST /api/v1/me/invitations/accept": "signed_in()",
    "POST /api/v1/me/memberships/{membership_id}/leave": "may(leave-network)",
    "GET /api/v1/me/consents": "may(read-self)",
    "PUT /api/v1/me/consents/{agreement_id}": "may(answer-consent)",
    "DELETE /api/v1/me/consents/{agreement_id}": "may(answer-consent)",
    "GET /api/v1/me/consents/{agreement_id}/history": "may(read-self)",
    "POST /api/v1/me/link": "signed_in()",
    "POST /api/v1/memberships": "may(begin-membership)",
    "GET /api/v1/memberships/{membership_id}": "may(read-membership)",
    "PATCH /api/v1/memberships/{membership_id}": "may(change-membership)",
    "GET /api/v1/memberships/{membership_id}/history": "may(read-membership-history)",
    "POST /api/v1/memberships/{membership_id}/make-main": "may(choose-main-membership)",
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
