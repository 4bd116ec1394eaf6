"""Signals leave in the transaction that made them true, and reach Kafka in the order of their keys."""

from servicekit.outbox.publish import Outgoing, announce_profile, publish, publish_all

__all__ = ["Outgoing", "announce_profile", "publish", "publish_all"]
