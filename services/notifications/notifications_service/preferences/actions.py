"""Say what a person wants to be told: written down and published together, under the person's lock."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from notifications_contracts import PreferenceChanged
from notifications_service.preferences import store
from notifications_service.preferences.model import Kept, Word, replaced
from notifications_service.preferences.store import Held
from servicekit.cells import NATIONAL
from servicekit.database import Conn
from servicekit.envelope import Origin
from servicekit.outbox import Outgoing, publish_all

NATIONWIDE = Origin(NATIONAL, NATIONAL)
"""All deployments read this cell: preferences and addresses are a person's, and no network's."""


async def say(conn: Conn, person_id: UUID, words: Sequence[Word], *, held: Held, now: datetime) -> Held:
    """Say each of these, after what is held; the caller holds the person's lock. Returns what is held now."""
    versions = {kept.word.about: kept.version for kept in held.words}
    said = [
        Kept(person_id=person_id, word=word, version=versions.get(word.about, 0) + 1, changed_at=now) for word in words
    ]
    if not said:
        return held
    await store.merge(conn, said)
    await publish_all(conn, [Outgoing(_signal(kept), NATIONWIDE) for kept in said])
    return await store.held(conn, person_id)


async def replace_all(conn: Conn, person_id: UUID, words: Sequence[Word], *, held: Held, now: datetime) -> Held:
    """Make the list this one; what stands as it did is not said again."""
    return await say(conn, person_id, replaced(held.standing, words), held=held, now=now)


def _signal(kept: Kept) -> PreferenceChanged:
    return PreferenceChanged(
        version=kept.version,
        person_id=kept.person_id,
        kind=kept.word.kind,
        channel=kept.word.channel,
        network_id=kept.word.network_id,
        wanted=kept.word.wanted,
        changed_at=kept.changed_at,
    )
