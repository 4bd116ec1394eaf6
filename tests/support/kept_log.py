"""A database server whose log is kept elsewhere as it is written: its folder may be lost, and nothing answered is."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from guildhall_local import account, children, postgres, waiting
from guildhall_local.postgres import BINARIES, Server

KEEPER = "keeper"
OPEN = ".partial"
"""The segment of the log that is still being written."""


@dataclass(slots=True)
class KeptServer:
    """A server in its folder, the log that it streams, and a base backup."""

    folder: Path
    port: int
    password: str
    server: Server = field(init=False)
    child: "subprocess.Popen[bytes] | None" = None
    keeper: "subprocess.Popen[bytes] | None" = None

    def __post_init__(self) -> None:
        self.server = Server(folder=self.folder / "server", port=self.port, password=self.password)
        for path in (self.log, self.base):
            path.mkdir(parents=True)

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def base(self) -> Path:
        return self.folder / "base"

    @property
    def _asked(self) -> dict[str, str]:
        return {**self.server.environment(), "PGPASSWORD": self.password}

    def start(self) -> None:
        self.server.prepare()
        said = self.folder / "postgres.log"
        self.child = postgres.start(self.server, said)
        postgres.await_ready(self.server, self.child, said)

    async def keep(self) -> None:
        """From now on no commit is answered before its log has been written here as well."""
        where = f"host=127.0.0.1 port={self.port} user={postgres.SUPERUSER} application_name={KEEPER}"
        self.keeper = children.start(
            [BINARIES / "pg_receivewal", "--directory", self.log, "--dbname", where, "--synchronous", "--no-loop"],
            environment=self._asked,
            folder=self.folder,
            log=self.folder / "keeper.log",
        )
        waiting.until(
            lambda: any(self.log.iterdir()),
            within=20,
            what="pg_receivewal",
            gone=lambda: self.keeper is not None and self.keeper.poll() is not None,
            log=self.folder / "keeper.log",
        )
        conn = await asyncpg.connect(self.server.admin_dsn)
        try:
            await conn.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{KEEPER}'")
            await conn.execute("SELECT pg_reload_conf()")
        finally:
            await conn.close()

    def back_up(self) -> None:
        """The folder as it is, while it is in use; the log says the rest."""
        where = ["--host=127.0.0.1", f"--port={self.port}", f"--username={postgres.SUPERUSER}"]
        subprocess.run(
            [BINARIES / "pg_basebackup", *where, f"--pgdata={self.base}", "--wal-method=none", "--checkpoint=fast"],
            env=self._asked,
            check=True,
            capture_output=True,
        )

    def lose(self) -> None:
        """Killed in the middle of whatever it does, and its folder is gone."""
        assert self.child is not None
        assert self.keeper is not None
        os.killpg(self.child.pid, signal.SIGKILL)
        self.child.wait()
        children.stop(self.keeper)
        lost = self.server.data.rename(self.folder / "lost")  # out of the way of backends that have not noticed yet
        shutil.rmtree(lost, ignore_errors=True)

    def restore(self, *, to_the_end: bool = True) -> None:
        """From the backup and the log: to its last commit, or without the segment that was open."""
        for segment in self.log.glob(f"*{OPEN}"):
            segment.rename(segment.with_suffix("")) if to_the_end else segment.unlink()
        shutil.copytree(self.base, self.server.data)
        (self.server.data / "recovery.signal").touch()
        with (self.server.data / "postgresql.auto.conf").open("a") as settings:
            settings.write(f"restore_command = 'cp \"{self.log}/%f\" \"%p\"'\nsynchronous_standby_names = ''\n")
        self.server.data.chmod(0o700)
        account.hand_over(self.server.data, account.for_postgres(self.folder / "none"))
        self.start()

    def stop(self) -> None:
        for child in (self.child, self.keeper):
            if child is not None:
                children.stop(child, ask=postgres.STOP_SIGNAL)


@contextmanager
def kept_server(folder: Path, port: int) -> Iterator[KeptServer]:
    server = KeptServer(folder, port, "for-tests-only")
    try:
        server.start()
        yield server
    finally:
        server.stop()
