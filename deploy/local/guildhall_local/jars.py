"""Kafka's jars and Alloy's: fetched once by their Maven coordinates, checked against the sums of a lock, then cached.

A finished folder appears by a rename, so a folder that is there is whole and checked.
"""

import hashlib
import shutil
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
from jgo.maven import MavenContext, PythonResolver

from guildhall_local.instance import Instance
from guildhall_local.obstacle import Obstacle

ROOTS = ("org.apache.kafka:kafka_2.13:4.3.1", "org.slf4j:slf4j-simple:1.7.36")
ATTEMPTS = 3
AT_ONCE = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """Something that runs on Java, and the lock whose lines are its jars."""

    name: str
    lock: Path

    @property
    def slug(self) -> str:
        return self.lock.stem


KAFKA = Tool(name="Kafka", lock=Path(__file__).with_name("kafka.lock"))
ALLOY = Tool(name="Alloy", lock=Path(__file__).with_name("alloy.lock"))
"""The checker of docs/models: one jar that holds all it needs; tests fetch it when they first ask for it."""
LOCK = KAFKA.lock


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedJar:
    coordinate: str
    """group:artifact:version"""
    sha256: str

    @property
    def filename(self) -> str:
        _, artifact, version = self.coordinate.split(":")
        return f"{artifact}-{version}.jar"


def locked(tool: Tool = KAFKA) -> list[LockedJar]:
    """The jars of the tool's lock, whose lines are `coordinate sha256`."""
    lines = tool.lock.read_text().splitlines()
    pairs = (line.split() for line in lines if line and not line.startswith("#"))
    return [LockedJar(coordinate=coordinate, sha256=sha256) for coordinate, sha256 in pairs]


def folder(cache: Path, tool: Tool = KAFKA) -> Path:
    """Named after the lock, so that two versions of the project share a cache in peace."""
    return cache / tool.slug / hashlib.sha256(tool.lock.read_bytes()).hexdigest()[:16]


def classpath(cache: Path) -> str:
    jars = folder(cache)
    if not jars.is_dir():
        raise Obstacle("Kafka has not been fetched yet: run `make install`.")
    return f"{jars}/*"


def fetch(cache: Path, tool: Tool = KAFKA) -> Path:
    """Bring the jars into the cache unless they are there."""
    target = folder(cache, tool)
    if target.is_dir():
        return target
    with _workplace(target.parent) as workplace:
        ready = workplace / "jars"
        ready.mkdir()
        download_all(locked(tool), workplace / "repository", ready, tool)
        try:
            ready.rename(target)
        except OSError:
            if not target.is_dir():  # else somebody else finished the same folder first
                raise
    return target


@contextmanager
def _workplace(parent: Path) -> Iterator[Path]:
    try:
        parent.mkdir(parents=True, exist_ok=True)
        made = tempfile.mkdtemp(prefix=".fetching-", dir=parent)
    except OSError as error:
        raise Obstacle(f"The cache {parent} cannot be written ({error.strerror}).") from error
    try:
        yield Path(made)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def download_all(jars: list[LockedJar], repository: Path, ready: Path, tool: Tool = KAFKA) -> None:
    """Into `ready`, each checked; `repository` holds downloads until they are."""
    context = MavenContext(resolver=PythonResolver(), repo_cache=repository, timeout=30)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        downloads = [pool.submit(_download, context, jar, ready, tool) for jar in jars]
        try:
            for download in as_completed(downloads):
                download.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _download(context: MavenContext, jar: LockedJar, ready: Path, tool: Tool) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        artifact = context.create_dependency(jar.coordinate).artifact
        try:
            found = artifact.resolve()
        except (requests.RequestException, RuntimeError, OSError) as error:
            if artifact.cached_path is not None:
                artifact.cached_path.unlink(missing_ok=True)  # a torn download would be taken for whole
            if attempt == ATTEMPTS:
                raise Obstacle(
                    f"{tool.name}'s jar {jar.filename} could not be fetched: the Maven registry is out of reach."
                ) from error
            continue
        if sha256_of(found) != jar.sha256:
            raise Obstacle(
                f"{tool.name}'s jar {jar.filename} is not the one that {tool.lock.name} names: not installed."
            )
        shutil.move(found, ready / jar.filename)
        return


def sha256_of(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def write_lock(cache: Path) -> int:
    """Resolve the roots anew and rewrite kafka.lock; only for a change of Kafka's version."""
    with _workplace(cache / "kafka") as workplace:
        context = MavenContext(resolver=PythonResolver(), repo_cache=workplace / "repository", timeout=30)
        roots, others = context.resolver.resolve([context.create_dependency(root) for root in ROOTS])
        lines = sorted(
            f"{found.groupId}:{found.artifactId}:{found.version} {sha256_of(found.artifact.resolve())}"
            for found in [*roots, *others]
        )
    LOCK.write_text("\n".join(lines) + "\n")
    return len(lines)


def main() -> None:
    """Fetch what is missing; with `lock`, resolve the versions anew and write kafka.lock."""
    cache = Instance().cache
    try:
        if sys.argv[1:] == ["lock"]:
            print(f"{write_lock(cache)} jars locked")
        else:
            fetch(cache)
    except Obstacle as obstacle:
        sys.exit(str(obstacle))


if __name__ == "__main__":
    main()
