"""Each service's README says what it publishes and listens to, and says it truly."""

import re

import pytest
from house import ROOT, SERVICES, listened_to_by, published_by

ROW = re.compile(r"^\|\s*`(guildhall\.[a-z.-]+\.v\d+)`\s*\|(.*)$")


def table(name: str, heading: str) -> list[tuple[str, str]]:
    """(type, rest of the row) of the table under a heading of the service's README."""
    text = (ROOT / "services" / name / "README.md").read_text(encoding="utf-8")
    section = re.split(r"^##+ ", text, flags=re.MULTILINE)
    found = [part for part in section if part.lower().startswith(heading)]
    assert found, f"services/{name}/README.md has no section {heading!r}"
    return [(match[1], match[2]) for line in found[0].splitlines() if (match := ROW.match(line))]


@pytest.mark.parametrize("name", SERVICES)
def test_what_it_publishes_is_what_its_contracts_promise(name: str) -> None:
    assert {kind for kind, _ in table(name, "publishes")} == published_by(name)


@pytest.mark.parametrize("name", SERVICES)
def test_what_it_listens_to_is_what_its_consumers_read(name: str) -> None:
    rows = table(name, "listens to")
    told = {(kind, handler) for kind, rest in rows for handler in re.findall(r"`([a-z_]+)`", rest)}

    assert {kind for kind, _ in rows} == {kind for kind, _ in listened_to_by(name)}
    assert listened_to_by(name) <= told, "a handler is missing from the table"
