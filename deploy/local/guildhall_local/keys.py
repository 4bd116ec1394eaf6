"""The keys that each service signs with, drawn once for this stack into the service's own folder.

`python -m guildhall_local.keys` draws those of every service.
"""

from guildhall_local.instance import Instance

PURPOSES = {
    "membership": ("cursor",),
    "events": ("cursor",),
    "notifications": ("cursor", "unsubscribe", "address", "webhooks", "manifests"),
    "analytics": ("cursor",),
}
"""By service; a test holds this against what the services read."""


def write(instance: Instance, service: str) -> None:
    """Draw those that are missing."""
    folder = instance.secrets_dir(service)
    missing = [purpose for purpose in PURPOSES[service] if not (folder / f"{purpose}.key").exists()]
    if missing:
        from servicekit.web import write_keys  # half a second, which only the first start need take

        for purpose in missing:
            write_keys(folder, purpose)


if __name__ == "__main__":
    for each in PURPOSES:
        write(Instance(), each)
