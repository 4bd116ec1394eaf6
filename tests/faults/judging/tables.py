"""What the judge asks of the owners' tables, in its own words; ids as text, so that they compare with what was told."""

EVENTS, MEMBERSHIP, NOTIFICATIONS = "events", "membership", "notifications"

TABLES: dict[str, tuple[str, str]] = {
    "events": (
        EVENTS,
        """
        SELECT id::text, network_id::text, cell, kind, title, summary, venue, starts, ends, zone, starts_at, ends_at,
               capacity, open_to::text[], status, published_at, revision, version, confirmed, waiting
          FROM events
        """,
    ),
    "registrations": (
        EVENTS,
        """
        SELECT id::text, event_id::text, person_id::text, status, place, code, registered_at, waited, attended_at,
               version
          FROM registrations
        """,
    ),
    "networks": (
        MEMBERSHIP,
        """
        SELECT id::text, kind, name, path::text, cell, ods_code, sector, since, until, successor_id::text, version
          FROM networks
        """,
    ),
    "people": (MEMBERSHIP, "SELECT id::text, given_name, family_name, email::text, version, erased_at FROM people"),
    "identities": (MEMBERSHIP, "SELECT issuer, subject_hash, person_id::text FROM identities"),
    "memberships": (
        MEMBERSHIP,
        """
        SELECT id::text, person_id::text, network_id::text, main, since, until, version FROM memberships
        """,
    ),
    "grants": (
        MEMBERSHIP,
        """
        SELECT g.id::text, g.person_id::text, g.network_id::text, n.cell, g.role, g.starts_at, g.ends_at
          FROM grants g
          JOIN networks n ON n.id = g.network_id
        """,
    ),
    "agreements": (
        MEMBERSHIP,
        """
        SELECT id::text, network_id::text, body, client_id, issuer, purpose, networks::text[], starts_on, ends_on,
               version
          FROM agreements
        """,
    ),
    "consents": (MEMBERSHIP, "SELECT person_id::text, agreement_id::text, given, at, version FROM consents"),
    "join-requests": (
        MEMBERSHIP,
        """
        SELECT id::text, person_id::text, network_id::text, state, way, requested_at, decided_at, decided_by::text,
               membership_id::text, version
          FROM join_requests
        """,
    ),
    "profiles": (MEMBERSHIP, "SELECT person_id::text, cell FROM person_cells"),
    "ledger": (
        NOTIFICATIONS,
        """
        SELECT id::text, cause, person_id::text, channel, kind, cell, state, position, repeats, message_id, created_at
          FROM notifications
        """,
    ),
    "announcements": (
        NOTIFICATIONS,
        "SELECT id::text, title, state FROM announcements WHERE kind = 'announcement'",
    ),
    "stream": (
        NOTIFICATIONS,
        """
        SELECT agreement_id::text, position, signal_id::text, type, redacted_at FROM stream_items ORDER BY position
        """,
    ),
    "deliveries": (
        NOTIFICATIONS,
        """
        SELECT d.webhook_id, d.position, d.state, d.tries, s.url
          FROM webhook_deliveries d
          JOIN webhook_subscriptions s ON s.id = d.subscription_id
        """,
    ),
}
