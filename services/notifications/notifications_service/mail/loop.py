"""The mails of one process: a watch that holds their numbers and picks up what the dead left, and a few postmen."""

import asyncio
import random
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import asyncpg
import structlog

from notifications_service import figures
from notifications_service.keys import hashes, links
from notifications_service.mail import store
from notifications_service.mail.carrier import Carrier
from notifications_service.mail.letters import Letters
from notifications_service.mail.postman import IN_HAND, Postman, Round
from notifications_service.settings import NotificationsSettings
from notifications_service.tellings.model import SENT_ONCE_MORE
from servicekit import clock
from servicekit.crash_points import Point, reached
from servicekit.database import Conn
from servicekit.database.pool import WORKER, enter
from servicekit.faults import is_away, is_contention
from servicekit.process import Work
from servicekit.rounds import wait
from servicekit.together import together

log = structlog.get_logger(__name__)

WATCH_SECONDS = 1.0
IDLE_SECONDS = 0.1
LONGEST_PAUSE = 5.0
ALARM_AFTER = timedelta(hours=4)


@dataclass(slots=True, kw_only=True)
class Watch:
    """Holds the numbers of this process's postmen on a connection of its own, and looks after the queue."""

    dsn: str
    senders: Sequence[int]
    stopping: asyncio.Event
    on_duty: asyncio.Event = field(default_factory=asyncio.Event)
    """Set while the numbers are held: only then may mails be claimed under them."""

    async def run(self) -> None:
        while not self.stopping.is_set():
            try:
                await self._with_one_connection()
            except Exception as error:
                if not (is_away(error) or is_contention(error)):
                    raise
                log.warning("mail.database-unavailable", error=type(error).__name__)
            self.on_duty.clear()
            await wait(self.stopping, 0.5)

    async def _with_one_connection(self) -> None:
        conn = await asyncpg.connect(self.dsn, server_settings={"application_name": "mail watch"}, command_timeout=30)
        try:
            while not await store.hold_numbers(conn, self.senders):
                if await wait(self.stopping, 0.2):
                    return
            while not self.stopping.is_set():
                await self.look(conn)
                self.on_duty.set()
                await wait(self.stopping, WATCH_SECONDS)
        finally:
            await conn.close(timeout=2)

    async def look(self, conn: Conn) -> None:
        """Pick up what dead senders had in hand, let go what has an address now, and count."""
        now = clock.now()
        async with conn.transaction():
            await enter(conn, WORKER)
            doubtful = await store.recover(conn, sent_once_more=SENT_ONCE_MORE, now=now)
            await store.requeue_with_address(conn, now=now)
            figures.show_queue(await store.queue(conn, overdue_since=now - ALARM_AFTER), now)
            if doubtful:
                reached(Point.MAIL_RECOVERED)
        if doubtful:
            log.error("mail.fate-unknown", count=doubtful)


async def send_mail(work: Work[NotificationsSettings]) -> None:
    """Send until told to stop; a server that is away is waited for."""
    settings = work.settings
    senders = [secrets.randbelow(2**31 - 1) + 1 for _ in range(settings.mail_connections)]
    watch = Watch(dsn=settings.worker_database_url, senders=senders, stopping=work.stopping)
    letters = Letters(sender=settings.mail_from, public_url=settings.public_url, links=links(settings.secrets_dir))
    addresses = hashes(settings.secrets_dir)
    tasks = [("mail watch", watch.run())]
    for number, sender in enumerate(senders):
        postman = Postman(
            db=work.db,
            carrier=Carrier(
                host=settings.smtp_host,
                port=settings.smtp_port,
                sender=settings.mail_from,
                domain=settings.domain,
            ),
            letters=letters,
            hashes=addresses,
            domain=settings.domain,
            sender=sender,
            stopping=work.stopping,
        )
        tasks.append((f"postman {number}", _deliver(postman, watch, is_first=number == 0)))
    await together(tasks)


async def _deliver(postman: Postman, watch: Watch, *, is_first: bool) -> None:
    """The first postman looks often; the others come when there is more than one can carry."""
    idle = IDLE_SECONDS if is_first else WATCH_SECONDS
    pause = idle
    try:
        while not watch.stopping.is_set():
            done = await _round(postman) if watch.on_duty.is_set() else Round(0)
            if done.claimed == IN_HAND and done.reached:
                continue
            pause = idle if done.reached else min(pause * 2, LONGEST_PAUSE)
            await postman.carrier.close_if_idle()
            await wait(watch.stopping, pause * random.uniform(0.8, 1.2))
    finally:
        await postman.carrier.close()


async def _round(postman: Postman) -> Round:
    try:
        return await postman.round()
    except Exception as error:
        if not (is_away(error) or is_contention(error)):
            raise
        log.warning("mail.waiting", error=type(error).__name__)
        return Round(0, reached=False)
