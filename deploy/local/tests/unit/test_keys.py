"""The keys that services sign with: those that they read, no other, and drawn once."""

import re
import stat
from pathlib import Path

import pytest

from guildhall_local import keys
from guildhall_local.instance import PROJECT, SERVICES, Instance
from servicekit.web import read_keys

READS = re.compile(r"""read_keys\([^)]*?["']([a-z-]+)["']\s*\)""")


@pytest.mark.parametrize("service", SERVICES)
def test_every_key_that_a_service_reads_is_drawn_for_it(service: str) -> None:
    sources = (PROJECT / "services" / service / f"{service}_service").rglob("*.py")
    read = {purpose for source in sources for purpose in READS.findall(source.read_text())}

    assert read - set(keys.PURPOSES[service]) == set()


def test_keys_are_drawn_once_and_are_for_the_service_alone(tmp_path: Path) -> None:
    instance = Instance(state=tmp_path / "state")

    keys.write(instance, "events")
    first = read_keys(instance.secrets_dir("events"), "cursor")
    keys.write(instance, "events")
    keys.write(instance, "analytics")

    assert read_keys(instance.secrets_dir("events"), "cursor") == first
    assert read_keys(instance.secrets_dir("analytics"), "cursor").signing != first.signing
    file = instance.secrets_dir("events") / "cursor.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
