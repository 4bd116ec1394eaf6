"""Keep every version of the templates of all cells that are read here."""

from collections.abc import Sequence

from notifications_contracts import TemplateChanged
from notifications_service.branding import store
from notifications_service.branding.model import Template, Version
from servicekit.consumers import Delivery
from servicekit.database import Conn


async def keep_templates(conn: Conn, deliveries: Sequence[Delivery[TemplateChanged]]) -> None:
    await store.insert(conn, [_version(delivery.data) for delivery in deliveries])


def _version(changed: TemplateChanged) -> Version:
    return Version(
        network_id=changed.network_id,
        version=changed.version,
        template=Template(
            sender_name=changed.sender_name,
            banner=changed.banner,
            colour=changed.colour,
            text_colour=changed.text_colour,
            subject_prefix=changed.subject_prefix,
            before=changed.before,
            after=changed.after,
        ),
        changed_at=changed.changed_at,
    )
