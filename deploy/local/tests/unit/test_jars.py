"""Kafka's jars and Alloy's: locks without addresses, and no jar that is not the one they name."""

import re
from pathlib import Path

import pytest

from guildhall_local import jars
from guildhall_local.jars import LockedJar
from guildhall_local.obstacle import Obstacle


def test_the_lock_names_each_jar_once_by_coordinate_and_sum_and_no_address() -> None:
    locked = jars.locked()

    assert len(locked) == len({jar.filename for jar in locked}) > 40
    assert set(jars.ROOTS) <= {jar.coordinate for jar in locked}
    assert [jar for jar in locked if not re.fullmatch(r"[0-9a-f]{64}", jar.sha256)] == []
    assert "/" not in jars.LOCK.read_text()


def test_alloy_is_one_jar_that_brings_all_it_needs() -> None:
    assert [jar.filename for jar in jars.locked(jars.ALLOY)] == ["org.alloytools.alloy.dist-6.2.0.jar"]
    assert jars.folder(Path("cache"), jars.ALLOY).parent == Path("cache/alloy")


def test_another_sum_of_alloy_is_refused_by_its_name(tmp_path: Path) -> None:
    jar = LockedJar(coordinate="org.example:bread:1.0", sha256="0" * 64)
    _put(tmp_path, jar, b"not bread")

    with pytest.raises(Obstacle, match=r"^Alloy's jar bread-1.0.jar is not the one that alloy.lock names"):
        jars.download_all([jar], tmp_path, tmp_path, jars.ALLOY)


def test_a_jar_with_another_sum_is_refused(tmp_path: Path) -> None:
    jar = LockedJar(coordinate="org.example:bread:1.0", sha256="0" * 64)
    _put(tmp_path, jar, b"not bread")
    ready = tmp_path / "ready"
    ready.mkdir()

    with pytest.raises(Obstacle, match=r"bread-1.0.jar is not the one that kafka.lock names"):
        jars.download_all([jar], tmp_path, ready)

    assert list(ready.iterdir()) == []


def test_a_jar_with_the_right_sum_is_taken(tmp_path: Path) -> None:
    content = b"bread"
    source = tmp_path / "source"
    source.write_bytes(content)
    jar = LockedJar(coordinate="org.example:bread:1.0", sha256=jars.sha256_of(source))
    _put(tmp_path, jar, content)
    ready = tmp_path / "ready"
    ready.mkdir()

    jars.download_all([jar], tmp_path, ready)

    assert (ready / "bread-1.0.jar").read_bytes() == content


def _put(repository: Path, jar: LockedJar, content: bytes) -> None:
    """Where the resolver looks before it asks a registry."""
    folder = repository / "org" / "example" / "bread" / "1.0"
    folder.mkdir(parents=True)
    (folder / jar.filename).write_bytes(content)


def test_without_the_jars_the_way_to_get_them_is_told(tmp_path: Path) -> None:
    with pytest.raises(Obstacle, match="run `make install`"):
        jars.classpath(tmp_path)


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")

    with pytest.raises(Obstacle, match=r"^The cache .*/file/cache/kafka cannot be written \(Not a directory\)"):
        jars.fetch(blocked / "cache")
