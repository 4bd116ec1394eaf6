"""Where each route of membership stands in the matrix, as docs/rights.md and the route's own sentence say."""

from collections.abc import Mapping
from typing import Any

from places import Place

ETAG = {"If-Match": "{etag}"}
CSV = {"content-type": "text/csv"}
NETWORK = {"network": "{network_id}"}
PERSON, MEMBERSHIP = "/api/v1/people/{person_id}", "/api/v1/memberships/{membership_id}"
AT, ME = "/api/v1/networks/{network_id}", "/api/v1/me"
REQUEST = f"{AT}/join-requests/{{request_id}}"
ADDRESS = frozenset(
    {"address-not-verified", "already-member", "already-requested", "organisation-has-a-network", "name-needed"}
)


def _at(action: str, of: str, **given: Any) -> Place:
    return Place(action, of, **given)


def _own(action: str, of: str = "-", **given: Any) -> Place:
    """Where the table's `at` is `-`."""
    return Place(action, of, anywhere=True, **given)


NETWORKS = {
    "GET /api/v1/networks": _own("read-networks"),
    f"GET {AT}": _own("read-networks", "network"),
    f"GET {AT}/trusts": _own("read-networks", "network"),
    f"GET {AT}/members": _at("read-members", "network", personal=True),
    f"GET {AT}/directory": _at("read-directory", "network", personal=True),
    "POST /api/v1/networks": _at("found-group", "place of a group", body={"name": "New", "trusts": "{trusts}"}),
    f"POST {AT}/close": _at("close-group", "group", body={"on": "{later}"}),
    "POST /api/v1/networks/changes": _at(
        "plan-network-change",
        "the nation",
        body={"network_id": "{rrk}", "what": "rename", "day": "{later}", "name": "Another"},
    ),
    "GET /api/v1/networks/changes": _at("read-network-changes", "the nation"),
    "GET /api/v1/networks/changes/{change_id}": _at("read-network-changes", "change"),
    "POST /api/v1/networks/changes/{change_id}/cancel": _at("cancel-network-change", "change"),
}
PEOPLE = {
    "POST /api/v1/people": _at(
        "register-person",
        "the nation",
        body={"given_name": "New", "family_name": "Person", "email": "new.person@rwp.example"},
    ),
    f"GET {PERSON}": _at("read-person", "person", personal=True),
    f"PATCH {PERSON}": _at("change-person", "person", body={"given_name": "Other"}, headers=ETAG, personal=True),
    f"GET {PERSON}/memberships": _at("read-person", "person", personal=True),
    f"GET {PERSON}/history": _at("read-person-history", "person", personal=True),
    f"GET {PERSON}/consents": _at("read-consents", "person", personal=True),
    f"GET {PERSON}/held": _at("read-held", "holding"),
    f"POST {PERSON}/erasure": _at("erase-person", "person", personal=True),
    "GET /api/v1/erasures": _at("read-erasures", "network", query=NETWORK, personal=True),
    "GET /api/v1/erasures/{erasure_id}": _at("read-erasures", "erasure", personal=True),
    "POST /api/v1/memberships": _at(
        "begin-membership",
        "network",
        body={"person_id": "{guest}", "network_id": "{network_id}", "since": "{today}", "organisation": "Somewhere"},
        refusals=frozenset({"employer-has-network"}),
    ),
    f"GET {MEMBERSHIP}": _at("read-membership", "membership", personal=True),
    f"PATCH {MEMBERSHIP}": _at(
        "change-membership", "membership", body={"sector": "acute"}, headers=ETAG, personal=True
    ),
    f"POST {MEMBERSHIP}/make-main": _at("choose-main-membership", "membership", headers=ETAG, personal=True),
    f"POST {MEMBERSHIP}/end": _at("end-membership", "membership", body={"on": "{today}"}, personal=True),
    f"POST {MEMBERSHIP}/move": _at("move-membership", "move", body={"network_id": "{to}", "on": "{later}"}),
    f"GET {MEMBERSHIP}/history": _at("read-membership-history", "membership", personal=True),
    "POST /api/v1/imports": _at(
        "import-people", "the nation", query={"kind": "people"}, content=b"given_name\n", headers=CSV
    ),
    "GET /api/v1/imports": _at("read-import", "the nation"),
    "GET /api/v1/imports/{import_id}": _at("read-import", "import"),
}
ONESELF = {
    f"GET {ME}": _own("read-self"),
    f"POST {ME}/link": _own("link-identity", refusals=frozenset({"already-linked", "no-such-person"})),
    f"GET {ME}/history": _own("read-self"),
    f"GET {ME}/held": _own("read-held"),
    f"POST {ME}/erasure": _own("erase-oneself", refusals=frozenset({"last-national-lead"})),
    f"GET {ME}/directory": _own("read-self"),
    f"PUT {ME}/directory": _own("change-own-directory", body={"shown": "hidden"}, headers={"If-Match": '"0"'}),
    f"POST {ME}/memberships/{{membership_id}}/leave": _own("leave-network", "membership", body={}, personal=True),
    f"GET {ME}/joinable-networks": _own("read-joining"),
    f"GET {ME}/join-requests": _own("read-self"),
    f"POST {ME}/join-requests/{{request_id}}/withdraw": _own("withdraw-join-request", "request", personal=True),
    f"POST {ME}/invitations/accept": _own("accept-invitation", "secret", body={"secret": "{secret}"}, refusals=ADDRESS),
    f"GET {ME}/consents": _own("read-self"),
    f"PUT {ME}/consents/{{agreement_id}}": _own("answer-consent", "asked agreement"),
    f"DELETE {ME}/consents/{{agreement_id}}": _own("answer-consent", "asked agreement"),
    f"GET {ME}/consents/{{agreement_id}}/history": _own("read-self", "own answers"),
}
JOINING = {
    f"GET {AT}/joining": _own("read-joining", "network"),
    f"PUT {AT}/joining": _at("set-joining", "network", body={"policy": "open"}, headers=ETAG),
    f"POST {AT}/join-requests": _own("join", "network", body={"organisation": "Somewhere"}, refusals=ADDRESS),
    f"GET {AT}/join-requests": _at("read-join-requests", "network", personal=True),
    f"GET {REQUEST}": _at("read-join-requests", "request", personal=True),
    f"GET {REQUEST}/history": _at("read-join-requests", "request", personal=True),
    f"POST {REQUEST}/approve": _at("decide-join-request", "request", body={}, personal=True),
    f"POST {REQUEST}/refuse": _at("decide-join-request", "request", body={"reason": "No."}, personal=True),
    f"POST {AT}/invitations": _at("invite", "network", body={}),
    f"GET {AT}/invitations": _at("read-invitations", "network", personal=True),
    f"POST {AT}/invitations/{{invitation_id}}/revoke": _at("revoke-invitation", "invitation"),
}
AGREEMENT = {
    "network_id": "{network_id}",
    "body": "Another body",
    "client_id": "another-client",
    "issuer": "{issuer}",
    "purpose": "To list events",
    "networks": ["{network_id}"],
    "fields": {"guildhall.events.event-published.v1": ["title"]},
    "starts_on": "{today}",
    "ends_on": "{next_year}",
}
GRANTS = {
    "POST /api/v1/grants": _at(
        "give-grant", "offer", body={"person_id": "{guest}", "network_id": "{network_id}", "role": "{role}"}
    ),
    "GET /api/v1/grants": _at("read-grants", "network", query=NETWORK, personal=True),
    "POST /api/v1/grants/{grant_id}/end": _at("end-grant", "grant", body={}, personal=True),
    "POST /api/v1/agreements": _at(
        "make-agreement",
        "network",
        body=AGREEMENT,
    ),
    "GET /api/v1/agreements": _at("read-agreements", "network", query=NETWORK),
    "GET /api/v1/agreements/{agreement_id}": _at("read-agreements", "agreement"),
    "POST /api/v1/agreements/{agreement_id}/end": _at("end-agreement", "agreement", body={"on": "{today}"}),
}
PLACES: Mapping[str, Place] = NETWORKS | PEOPLE | ONESELF | JOINING | GRANTS
