"""Where each route of notifications stands in the matrix, as docs/rights.md and the route's own sentence say."""

from collections.abc import Mapping

from places import Place

CELL = "/api/v1/cells/{cell}"
SAID, OWN = f"{CELL}/announcements", f"{CELL}/notifications"
PREFERENCES, TEMPLATES = f"{CELL}/preferences", f"{CELL}/templates"
SUBSCRIPTIONS = f"{CELL}/subscriptions"
AGREEMENT, SUBSCRIPTION = f"{SUBSCRIPTIONS}/{{agreement_id}}", f"{SUBSCRIPTIONS}/{{subscription_id}}"
NEW, ETAG = {"If-Match": '"0"'}, {"If-Match": "{etag}"}
FORM = {"content-type": "application/x-www-form-urlencoded"}

TOLD = {
    f"GET {CELL}/notifications/held": Place("read-held"),
    f"GET {CELL}/notifications/held/{{person_id}}": Place("read-held", "person"),
    f"GET {OWN}/stream": Place("read-notifications"),
    f"GET {OWN}": Place("read-notifications"),
    f"GET {OWN}/{{notification_id}}": Place("read-notifications", "notification", personal=True),
    f"POST {OWN}/{{notification_id}}/read": Place("mark-notification", "notification", personal=True),
    f"GET {PREFERENCES}": Place("read-preferences"),
    f"PUT {PREFERENCES}": Place("change-preferences", body={"entries": []}, headers=NEW),
    f"PUT {PREFERENCES}/{{kind}}/{{channel}}": Place(
        "change-preferences", "preference", body={"wanted": False}, headers=NEW
    ),
    f"GET {PREFERENCES}/address": Place("confirm-address"),
    f"POST {PREFERENCES}/address/confirm": Place("confirm-address"),
    f"GET {PREFERENCES}/confirm/{{token}}": Place("follow-mail-link", "confirm"),
    f"POST {PREFERENCES}/confirm/{{token}}": Place(
        "follow-mail-link", "confirm", content=b"action=confirm", headers=FORM
    ),
    f"GET {CELL}/unsubscribe/{{token}}": Place("follow-mail-link", "unsubscribe"),
    f"POST {CELL}/unsubscribe/{{token}}": Place(
        "follow-mail-link", "unsubscribe", content=b"List-Unsubscribe=One-Click", headers=FORM
    ),
}
SAYING = {
    f"POST {SAID}": Place(
        "announce", "network", body={"network_id": "{network_id}", "title": "June", "text": "In June."}
    ),
    f"GET {SAID}": Place("read-announcements", "network", query={"network": "{network_id}"}),
    f"GET {SAID}/{{announcement_id}}": Place("read-announcements", "announcement"),
    f"POST {SAID}/{{announcement_id}}/pause": Place("announce", "announcement"),
    f"POST {SAID}/{{announcement_id}}/resume": Place("announce", "announcement"),
    f"POST {SAID}/{{announcement_id}}/stop": Place("announce", "announcement"),
    f"GET {TEMPLATES}/{{network_id}}": Place("read-template", "network"),
    f"PUT {TEMPLATES}/{{network_id}}": Place("change-template", "network", body={"before": "Hello."}, headers=NEW),
    f"POST {TEMPLATES}/preview": Place("read-template", "network", body={"network_id": "{network_id}"}),
}
STREAMS = {
    f"GET {CELL}/disclosures": Place("read-disclosures", "cell"),
    f"GET {SUBSCRIPTIONS}/manifest-keys": Place("read-manifest-keys"),
    f"GET {AGREEMENT}/signals": Place("read-stream", "agreement"),
    f"GET {AGREEMENT}/manifests": Place("read-stream", "agreement"),
    f"POST {SUBSCRIPTIONS}": Place(
        "manage-subscriptions",
        "agreement",
        body={"agreement_id": "{agreement_id}", "url": "{url}", "contact_email": "more@partner.example"},
    ),
    f"GET {SUBSCRIPTIONS}": Place("read-subscriptions"),
    f"GET {SUBSCRIPTION}": Place("read-subscriptions", "subscription", personal=True),
    f"PATCH {SUBSCRIPTION}": Place("manage-subscriptions", "subscription", body={"active": False}, headers=ETAG),
    f"DELETE {SUBSCRIPTION}": Place("manage-subscriptions", "subscription", headers=ETAG, personal=True),
    f"POST {SUBSCRIPTION}/secret/rotate": Place("manage-subscriptions", "subscription", body={}, personal=True),
    f"POST {SUBSCRIPTION}/secret/revoke": Place("manage-subscriptions", "replaced secret"),
    f"POST {SUBSCRIPTION}/test": Place("manage-subscriptions", "subscription"),
    f"GET {SUBSCRIPTION}/deliveries": Place("read-subscriptions", "subscription"),
    f"GET {SUBSCRIPTION}/deliveries/{{delivery_id}}": Place("read-subscriptions", "subscription"),
    f"POST {SUBSCRIPTION}/replay": Place("manage-subscriptions", "subscription", body={"missed": True}),
}
PLACES: Mapping[str, Place] = TOLD | SAYING | STREAMS
