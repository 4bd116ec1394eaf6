"""Where things of a stack under test are: its files, and the ports of the proxy's ways."""

from dataclasses import dataclass
from pathlib import Path

from guildhall_local.instance import Instance

PROXIED = "--proxied"
CONTROL = 49
"""Above PORT_BASE, at the end of a stack's fifty ports."""
WAYS = {
    "kafka": (45, ("KAFKA_BOOTSTRAP",)),
    "postgres": (46, ("DATABASE_URL", "WORKER_DATABASE_URL")),
    "smtp": (47, ("SMTP_PORT",)),
    "receiver": (48, ("WEBHOOK_TEST_TARGETS",)),
}
"""What stands behind the proxy: the offset of the port in front of it, and the environment names that lead there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    name: str
    listens: int
    to: int
    told_by: tuple[str, ...]


def links(instance: Instance) -> list[Link]:
    plain = Instance(state=instance.state, cache=instance.cache, port_base=instance.port_base)
    return [
        Link(name=name, listens=instance.port_base + offset, to=plain.ports[name], told_by=told_by)
        for name, (offset, told_by) in WAYS.items()
    ]


class ProxiedInstance(Instance):
    """As tests see a stack behind the proxy: a partner body gives the proxy's address for its receiver."""

    @property
    def ports(self) -> dict[str, int]:
        return super().ports | {"receiver": self.port_base + WAYS["receiver"][0]}


def orders_folder(instance: Instance) -> Path:
    return instance.state / "rig"


def deaths_file(instance: Instance) -> Path:
    return instance.state / "deaths.jsonl"
