"""Each table of this service that holds something about persons, once: whose it is, and what an erasure does to it."""

from access import held as shared_holdings
from servicekit.subjects import Holding, blanks, deletes, keeps

THEIR_ADDRESSES = "(SELECT lower(p.email) FROM people p WHERE p.person_id = $1::uuid)"
THEIR_ITEMS = """delivery_id IN (
    SELECT d.id
      FROM stream_items i
      JOIN webhook_subscriptions s ON s.agreement_id = i.agreement_id
      JOIN webhook_deliveries d ON d.subscription_id = s.id AND d.position = i.position
     WHERE i.person_id = $1::uuid)"""
UNSENT = "state IN ('queued', 'waiting-for-address')"

HELD = [
    Holding(
        "webhook_attempts",  # before the items, by which they are found
        blanks(because="that something was tried, and when", answer="NULL", failure="NULL"),
        about=THEIR_ITEMS,
        hidden="What partners' servers answered; it is theirs, and may be about anybody.",
    ),
    Holding(
        "stream_items",
        blanks(
            because="an item keeps its place, its id and a hash that tells nothing without its salt",
            data="'{}'",
            salt="''",
            person_id="NULL",
            redacted_at="now()",
        ),
    ),
    Holding(
        "disclosures", keeps("which partner was given what about whom has to be known for as long as they may have it")
    ),
    Holding(
        "webhook_subscriptions",
        blanks(because="the subscription is the partner body's", contact_email="''"),
        about=f"lower(contact_email) IN {THEIR_ADDRESSES}",
        hidden="A partner body's own settings, which name an address of theirs.",
    ),
    Holding("operational_mails", deletes(), about=f"person_id = $1::uuid OR lower(address) IN {THEIR_ADDRESSES}"),
    Holding("letters", deletes()),
    Holding("bounces", deletes()),
    Holding("reports", deletes()),
    Holding("notifications", deletes(), about="person_id = $1::uuid AND channel = 'in-app'"),
    Holding(
        "notifications",
        blanks(
            because="that a mail was sent, or was not, and will not be sent again",
            state=f"CASE WHEN {UNSENT} THEN 'suppressed' ELSE state END",
            failure=f"CASE WHEN {UNSENT} OR failure = 'erased' THEN 'erased' END",
            cause="CASE WHEN cause LIKE 'address:%' THEN 'address:' || id ELSE cause END",
            registration_id="NULL",
            message_id="CASE WHEN state = 'sending' THEN message_id END",
        ),
        about="person_id = $1::uuid AND channel = 'email'",
    ),
    Holding(
        "servicekit.feed_counters",
        deletes(),
        about="feed LIKE 'in-app:%:' || $1::uuid::text",
        hidden="How many entries one's lists have, which the lists themselves show.",
    ),
    Holding(
        "servicekit.idempotency_keys",
        deletes(),
        about="caller = 'link:' || $1::uuid::text",
        hidden="Answers to links in mails, for two days, in case they are opened again.",
    ),
    Holding("preferences", deletes()),
    Holding("addresses", deletes()),
    Holding("consents", deletes()),
    Holding("registrations", deletes()),
    Holding(
        "announcements",
        keeps("what was said to a network, under the pseudonym of who said it"),
        about="made_by = $1::uuid",
    ),
    Holding("people", deletes()),
    *shared_holdings.HELD,
]
