"""What goes out wrongly on purpose: a webhook under a second id, and a mail to somebody who wants none."""

import base64
import hashlib
import hmac
import json
import os
import smtplib
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import UUID, uuid4

from guildhall_local.instance import HOST
from guildhall_local.story import arrivals, cast
from guildhall_local.story.announcing import LOOKS, UNSUBSCRIBES
from guildhall_local.story.arrivals import SIGNALS
from guildhall_local.story.partner import SECRET, partner_folder
from guildhall_local.story.plan import TO_THE_MIDLANDS
from guildhall_local.story.scene import Scene


@asynccontextmanager
async def double_webhook(scene: Scene) -> AsyncIterator[str]:
    """A signal comes to the partner body once more, signed, and under another id: its kit cannot know it."""
    folder = partner_folder(scene.instance)
    file, secret = folder / arrivals.FILE, (folder / SECRET).read_text()
    before = file.stat().st_size
    one = [a for a in arrivals.read(file) if a.path == SIGNALS and a.outcome == "kept"][-1]
    name, stamp = str(uuid4()), one.headers["webhook-timestamp"]
    body = json.dumps(json.loads(one.body) | {"id": name}).encode()
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signature = hmac.new(key, f"{name}.{stamp}.".encode() + body, hashlib.sha256).digest()
    signed = {"webhook-id": name, "webhook-signature": f"v1,{base64.b64encode(signature).decode()}"}
    arrivals.append(file, replace(one, headers={**one.headers, **signed}, body=body))
    try:
        yield f"what came as {one.webhook_id} came again as {name}"
    finally:
        os.truncate(file, before)


@asynccontextmanager
async def unsubscribed_mailed(scene: Scene) -> AsyncIterator[str]:
    """Somebody has unsubscribed and is mailed all the same."""
    [cause] = [cause for cause, label in scene.told.announcements.items() if label == TO_THE_MIDLANDS]
    rows = await scene.databases["notifications"].fetch(
        "SELECT id, person_id FROM notifications WHERE cause = $1 AND channel = 'email'", cause
    )
    ids = {row["person_id"]: row["id"] for row in rows}
    theirs, mine = ids[await _person(scene, LOOKS)], ids[await _person(scene, UNSUBSCRIBES)]
    address = cast.personas()[UNSUBSCRIBES].email
    store = sqlite3.connect(scene.instance.state / "mail" / "mail.sqlite", timeout=10)
    sender, raw = store.execute("SELECT sender, raw FROM mail WHERE instr(raw, ?)", (f"{theirs}".encode(),)).fetchone()
    other = raw.replace(f"{theirs}".encode(), f"{mine}".encode())
    other = other.replace(cast.personas()[LOOKS].email.encode(), address.encode())
    with smtplib.SMTP(HOST, scene.instance.ports["smtp"]) as smtp:
        smtp.sendmail(sender, [address], other)
    [sent] = store.execute("SELECT max(id) FROM mail").fetchone()
    try:
        yield f"{UNSUBSCRIBES}, who has unsubscribed, was mailed the {TO_THE_MIDLANDS}"
    finally:
        with store:
            store.execute("DELETE FROM mail WHERE id = ?", (sent,))
        store.close()


async def _person(scene: Scene, sub: str) -> UUID:
    email = cast.personas()[sub].email
    found: UUID = await scene.databases["membership"].fetchval("SELECT id FROM people WHERE email = $1", email)
    return found
