"""Signals leave in the transaction that made them true, and reach Kafka in the order of their keys."""

from servicekit.outbox.publish import (
    Outgoing,
    ProfileDue,
    announce_profile,
    announce_profiles,
    publish,
    publish_all,
)

__all__ = ["Outgoing", "ProfileDue", "announce_profile", "announce_profiles", "publish", "publish_all"]
