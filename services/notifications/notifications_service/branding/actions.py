"""Change a network's template: a new version beside all before it, published under the network's lock."""

from datetime import datetime

from access.directory import Network
from notifications_contracts import TemplateChanged
from notifications_service.branding import store
from notifications_service.branding.model import Template, Version, check
from servicekit.database import Conn
from servicekit.outbox import publish
from servicekit.problem import PreconditionFailed


async def change(conn: Conn, network: Network, template: Template, *, expected: int, now: datetime) -> Version:
    """expected: the version that the caller has seen, 0 where there was none."""
    check(template)
    await store.lock(conn, network.network_id)
    newest = await store.find(conn, network.network_id)
    actual = newest.version if newest else 0
    if expected != actual:
        raise PreconditionFailed(
            f"You have changed version {expected}, but version {actual} is there by now: read it again.", version=actual
        )
    if newest is not None and newest.template == template:
        return newest
    version = Version(network_id=network.network_id, version=expected + 1, template=template, changed_at=now)
    await store.insert(conn, [version])
    await publish(
        conn,
        TemplateChanged(
            version=version.version,
            network_id=network.network_id,
            sender_name=template.sender_name,
            banner=template.banner,
            colour=template.colour,
            text_colour=template.text_colour,
            subject_prefix=template.subject_prefix,
            before=template.before,
            after=template.after,
            changed_at=now,
        ),
        at=network.origin,
    )
    return version
