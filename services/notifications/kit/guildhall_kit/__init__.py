"""Verify Guildhall's webhooks, follow its streams, and prove that nothing is missing."""

from guildhall_kit.manifests import Manifest, ManifestRefused
from guildhall_kit.refusals import AlreadyReceived, Forged, Refused, Stale, Tampered
from guildhall_kit.signals import TEST, Signal, proof
from guildhall_kit.store import Store
from guildhall_kit.streams import Healed, NotGiven, Stream
from guildhall_kit.webhooks import Webhooks

__all__ = [
    "TEST",
    "AlreadyReceived",
    "Forged",
    "Healed",
    "Manifest",
    "ManifestRefused",
    "NotGiven",
    "Refused",
    "Signal",
    "Stale",
    "Store",
    "Stream",
    "Tampered",
    "Webhooks",
    "proof",
]
