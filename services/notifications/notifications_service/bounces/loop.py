"""Read the mailbox folder: each file once, taken apart in a thread, applied in one transaction, then put away."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from notifications_service import figures
from notifications_service.addresses.model import Hashes
from notifications_service.bounces import actions
from notifications_service.bounces.mime import LONGEST
from notifications_service.bounces.model import Report, Verdict
from notifications_service.bounces.reading import read
from notifications_service.keys import hashes
from notifications_service.settings import NotificationsSettings
from servicekit import clock
from servicekit.database import Database
from servicekit.faults import is_away, is_contention
from servicekit.process import Work
from servicekit.rounds import wait

log = structlog.get_logger(__name__)

IDLE_SECONDS = 2.0
AT_ONCE = 50
DONE, NOT_A_BOUNCE = "done", "not-a-bounce"


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A Maildir: what is in `new` and `cur` is to be read, `done` and `not-a-bounce` hold what was."""

    folder: Path

    def prepare(self) -> None:
        for name in ("new", "cur", "tmp", DONE, NOT_A_BOUNCE):
            (self.folder / name).mkdir(parents=True, exist_ok=True)

    def waiting(self) -> list[Path]:
        """The next files, the oldest names first; links and folders are left alone."""
        files = [
            path
            for name in ("new", "cur")
            for path in (self.folder / name).iterdir()
            if path.is_file() and not path.is_symlink() and not path.name.startswith(".")
        ]
        return sorted(files, key=lambda path: path.name)[:AT_ONCE]

    def put_away(self, path: Path, digest: str, verdict: Verdict) -> None:
        """Named after its bytes as well, so that no file ever takes another's place."""
        place = NOT_A_BOUNCE if verdict is Verdict.NOT_A_BOUNCE else DONE
        path.replace(self.folder / place / f"{path.name[:150]}.{digest[:16]}")


@dataclass(frozen=True, slots=True)
class Reader:
    db: Database
    mailbox: Mailbox
    hashes: Hashes

    async def round(self) -> int:
        """Read the next files; returns how many."""
        paths: Sequence[Path] = await asyncio.to_thread(self.mailbox.waiting)
        for path in paths:
            await self._one(path)
        return len(paths)

    async def _one(self, path: Path) -> None:
        try:
            digest, report = await asyncio.to_thread(_read, path)
        except FileNotFoundError:
            return
        async with self.db.transaction() as conn:
            suppressed = await actions.take(conn, digest, report, hashes=self.hashes, now=clock.now())
        await asyncio.to_thread(self.mailbox.put_away, path, digest, report.verdict)
        figures.BOUNCES.labels(report.verdict.value).inc()
        log.info("bounces.read", kind=report.verdict.value, count=len(report.returned), done=suppressed)


def _read(path: Path) -> tuple[str, Report]:
    """Hash of the file, and what its first half mebibyte says."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        first = file.read(LONGEST)
        digest.update(first)
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest(), read(first)


async def read_bounces(work: Work[NotificationsSettings]) -> None:
    """Read until told to stop; without a folder there is nothing to read."""
    folder = work.settings.mail_bounces_dir
    if not folder:
        await work.stopping.wait()
        return
    mailbox = Mailbox(Path(folder))
    await asyncio.to_thread(mailbox.prepare)
    reader = Reader(work.db, mailbox, hashes(work.settings.secrets_dir))
    while not work.stopping.is_set():
        if not await one_round(reader):
            await wait(work.stopping, IDLE_SECONDS)


async def one_round(reader: Reader) -> int:
    """A round that survives whatever is away; what could not be read stays where it is."""
    try:
        return await reader.round()
    except OSError as error:
        # A folder that cannot be read keeps nobody's mail waiting; what is in it stays.
        log.error("bounces.mailbox", error=type(error).__name__)
        return 0
    except Exception as error:
        if not (is_away(error) or is_contention(error)):
            raise
        log.warning("bounces.waiting", error=type(error).__name__)
        return 0
