"""What goes wrong on purpose once the story is over, to see the checker turn red; each can be undone."""

import json
import smtplib
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

from aiokafka import AIOKafkaProducer

from guildhall_local.checker import history, records
from guildhall_local.instance import HOST
from guildhall_local.story.plan import MASTERCLASS, SUMMIT
from guildhall_local.story.scene import Scene, Tampering
from guildhall_local.story.tamper_sent import double_webhook, unsubscribed_mailed

CONFIRMED = "events.registration-confirmed"
ATTENDED = "guildhall.events.attendance-recorded.v1"


@asynccontextmanager
async def double_mail(scene: Scene) -> AsyncIterator[str]:
    """A mail arrives a second time."""
    store = sqlite3.connect(scene.instance.state / "mail" / "mail.sqlite", timeout=10)
    id_, sender, recipients, raw = store.execute(
        "SELECT id, sender, recipients, raw FROM mail ORDER BY id LIMIT 1"
    ).fetchone()
    with smtplib.SMTP(HOST, scene.instance.ports["smtp"]) as smtp:
        smtp.sendmail(sender, json.loads(recipients), raw)
    [twin] = store.execute("SELECT max(id) FROM mail").fetchone()
    try:
        yield f"mail {id_} was delivered again"
    finally:
        with store:
            store.execute("DELETE FROM mail WHERE id = ?", (twin,))
        store.close()


@asynccontextmanager
async def lost_promotion(scene: Scene) -> AsyncIterator[str]:
    """Somebody who was promoted stands in line again, and nobody was told."""
    events = scene.databases["events"]
    promoted = UUID(scene.told.promoted(SUMMIT)[0].registration_id)
    before = await events.fetchrow("SELECT status, attended_at FROM registrations WHERE id = $1", promoted)
    assert before is not None
    await events.execute("UPDATE registrations SET status = 'waiting', attended_at = NULL WHERE id = $1", promoted)
    try:
        yield f"registration {promoted}, which was promoted, waits again"
    finally:
        await events.execute("UPDATE registrations SET status = $2, attended_at = $3 WHERE id = $1", promoted, *before)


@asynccontextmanager
async def leak_field(scene: Scene) -> AsyncIterator[str]:
    """A person's address stands in the text of an item that the partner may read."""
    notifications = scene.databases["notifications"]
    event_id = scene.told.event_ids[MASTERCLASS]
    item = await notifications.fetchrow(
        """
        SELECT agreement_id, position, data::text AS data
          FROM stream_items
         WHERE data ->> 'event_id' = $1 AND data ? 'title'
         LIMIT 1
        """,
        event_id,
    )
    assert item is not None
    email = await scene.databases["membership"].fetchval("SELECT email::text FROM people ORDER BY id LIMIT 1")
    data = json.loads(item["data"])
    leaking = data | {"title": f"{data['title']}; ask {email}"}
    change = "UPDATE stream_items SET data = $3::jsonb WHERE agreement_id = $1 AND position = $2"
    await notifications.execute(change, item["agreement_id"], item["position"], json.dumps(leaking))
    try:
        yield f"item {item['position']} of the partner's stream names an address"
    finally:
        await notifications.execute(change, item["agreement_id"], item["position"], item["data"])


@asynccontextmanager
async def drop_signal(scene: Scene) -> AsyncIterator[str]:
    """Analytics never heard that one person was there: neither the fact nor its receipt is in its database."""
    analytics = scene.databases["analytics"]
    missed = await scene.databases["events"].fetchrow(
        "SELECT id, subject::uuid AS registration FROM servicekit.outbox WHERE type = $1 ORDER BY position LIMIT 1",
        ATTENDED,
    )
    assert missed is not None
    receipts = await analytics.fetch(
        "DELETE FROM servicekit.inbox WHERE signal_id = $1 RETURNING consumer, epoch, signal_id, topic", missed["id"]
    )
    attended_at = await analytics.fetchval(
        "SELECT attended_at FROM registrations WHERE registration_id = $1", missed["registration"]
    )
    change = "UPDATE registrations SET attended_at = $2, version = version + $3 WHERE registration_id = $1"
    await analytics.execute(change, missed["registration"], None, -1)
    try:
        yield f"analytics has missed that registration {missed['registration']} was there"
    finally:
        await analytics.execute(change, missed["registration"], attended_at, 1)
        await analytics.executemany(
            "INSERT INTO servicekit.inbox (consumer, epoch, signal_id, topic) VALUES ($1, $2, $3, $4)",
            [tuple(receipt) for receipt in receipts],
        )


@asynccontextmanager
async def oversell(scene: Scene) -> AsyncIterator[str]:
    """One person more has a place, in the database and on the topic; what is on a topic stays there."""
    events, registration = scene.databases["events"], uuid4()
    model = await _last_confirmation(scene)
    somebody = await _without_a_place(scene)
    document = model.document
    document |= {"id": str(uuid4()), "subject": str(registration)}
    document["data"] |= {
        "registration_id": str(registration),
        "person_id": str(somebody),
        "code": "OVERSOLD",
    }
    await events.execute(
        """
        INSERT INTO registrations
               (id, event_id, person_id, status, place, code, registered_at, waited, version)
        SELECT $1, event_id, $2, 'confirmed', max(place) + 1, 'OVERSOLD', now(), false, 1
          FROM registrations
         WHERE event_id = $3
         GROUP BY event_id
        """,
        registration,
        somebody,
        UUID(scene.summit),
    )
    await _send(scene, model.topic, document)
    try:
        yield f"registration {registration} is confirmed beyond the last place"
    finally:
        await events.execute("DELETE FROM registrations WHERE id = $1", registration)


async def _last_confirmation(scene: Scene) -> records.Record:
    everything = await records.read_all(scene.instance.kafka_bootstrap)
    return [record for record in history.of_event(everything, scene.summit) if record.type == CONFIRMED][-1]


async def _without_a_place(scene: Scene) -> UUID:
    """A member who is not registered for the summit."""
    taken = [UUID(booking.person_id) for booking in scene.told.bookings(SUMMIT)]
    found: UUID = await scene.databases["membership"].fetchval(
        "SELECT person_id FROM memberships WHERE NOT person_id = ANY ($1) ORDER BY person_id LIMIT 1", taken
    )
    return found


async def _send(scene: Scene, topic: str, document: Mapping[str, Any]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=scene.instance.kafka_bootstrap)
    await producer.start()
    try:
        headers = [(name, str(document[name]).encode()) for name in ("id", "type", "version")]
        await producer.send_and_wait(topic, json.dumps(document).encode(), key=scene.summit.encode(), headers=headers)
    finally:
        await producer.stop()


TAMPERINGS: Mapping[str, Tampering] = {
    "double-mail": double_mail,
    "double-webhook": double_webhook,
    "drop-signal": drop_signal,
    "leak-field": leak_field,
    "lost-promotion": lost_promotion,
    "unsubscribed-mailed": unsubscribed_mailed,
    "oversell": oversell,
}
"""In the order in which one story can bear them all: what is on a topic cannot be undone."""
