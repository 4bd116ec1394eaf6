"""The keys that each service signs with, drawn once for this stack into the service's own folder.

`python -m guildhall_local.keys` draws those of every service.
"""

import shutil

from guildhall_local.instance import Instance, service_of

PURPOSES = {
    "membership": ("cursor",),
    "events": ("cursor", "tickets"),
    "notifications": ("cursor", "unsubscribe", "address", "webhooks", "manifests"),
    "analytics": ("cursor",),
}
"""By service; a test holds this against what the services read."""

SHARED = ("unsubscribe", "address")
"""The same for all deployments of a service: a mail of one names what another reads."""


def write(instance: Instance, deployment: str) -> None:
    """Draw those that are missing; a deployment of a cell's own is given the shared ones of the common deployment."""
    service = service_of(deployment)
    folder = instance.secrets_dir(deployment)
    missing = [purpose for purpose in PURPOSES[service] if not (folder / f"{purpose}.key").exists()]
    if not missing:
        return
    from servicekit.web import write_keys  # half a second, which only the first start need take

    for purpose in missing:
        if deployment != service and purpose in SHARED:
            shutil.copy2(instance.secrets_dir(service) / f"{purpose}.key", folder)
        else:
            write_keys(folder, purpose)


if __name__ == "__main__":
    for each in PURPOSES:
        write(Instance(), each)
