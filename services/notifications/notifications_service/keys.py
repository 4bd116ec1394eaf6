"""Every key of this service by its purpose; all its deployments share them, so that each knows what another signed."""

from pathlib import Path

from notifications_service.addresses.model import Hashes
from notifications_service.manifests import signing as manifests
from notifications_service.unsubscribe.model import Links
from notifications_service.webhooks import signing as webhooks
from servicekit.web.secrets import read_keys

PURPOSES = ("cursor", "unsubscribe", "address", webhooks.PURPOSE, manifests.PURPOSE)
"""A file `<purpose>.key` in SECRETS_DIR for each: lists, links in mails, names of addresses, webhooks, manifests."""


def links(secrets_dir: Path) -> Links:
    """Raises KeysMissing."""
    keys = read_keys(secrets_dir, "unsubscribe")
    return Links(keys.current, keys.by_id)


def hashes(secrets_dir: Path) -> Hashes:
    """Raises KeysMissing."""
    keys = read_keys(secrets_dir, "address")
    return Hashes(keys.current, keys.by_id)
