"""The rules of groups: they lie across the tree, beside the trusts, so that nothing held there reaches a trust."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from uuid import UUID

from membership_service.networks.model import NATIONAL_PATH, Network
from servicekit.problem import Conflict, Invalid

LONGEST_NAME, LONGEST_LABEL = 200, 60
MOST_TRUSTS = 100
PREFIX = "g_"
"""Before a group's label in its path: no trust's code has it."""


class GroupRefused(Invalid):
    code = "group-refused"
    title = "This group cannot be founded"


class GroupExists(Conflict):
    code = "group-exists"
    title = "There is, or was, a group of this name"


def check_trusts(trusts: Sequence[Network]) -> None:
    """Raises GroupRefused where one is no trust, or is closed."""
    for trust in trusts:
        if trust.kind != "trust":
            raise GroupRefused(f"trusts: {trust.name} is a {trust.kind} network, not a trust.")
        if trust.until is not None:
            raise GroupRefused(f"trusts: the last day of {trust.name} is {trust.until}.")


def place(trusts: Sequence[Network], region: Network | None) -> str:
    """The path of the network in which a group lies, for ever: the region that holds all its trusts, else the nation.

    region: where a group lies that is for no trusts in particular. Raises GroupRefused.
    """
    check_trusts(trusts)
    parents = {trust.path.rpartition(".")[0] for trust in trusts}
    if region is None:
        return parents.pop() if len(parents) == 1 else NATIONAL_PATH
    if region.kind != "region":
        raise GroupRefused(f"region_id: {region.name} is a {region.kind} network, not a region.")
    if parents - {region.path}:
        raise GroupRefused(f"region_id: not all of the trusts are in {region.name}; leave the region out.")
    return region.path


def group(group_id: UUID, *, name: str, sector: str | None, parent: Network, today: date) -> Network:
    """A group below the network that it lies in. Raises GroupRefused."""
    tidy = checked_name(name)
    return Network(
        id=group_id,
        kind="group",
        name=tidy,
        path=f"{parent.path}.{label(tidy)}",
        cell=parent.cell,
        sector=sector,
        since=today,
    )


def checked_name(text: str) -> str:
    name = unicodedata.normalize("NFC", " ".join(text.split()))
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable() or not label(name).removeprefix(PREFIX):
        raise GroupRefused(f"name: the group's name, in at most {LONGEST_NAME} letters.")
    return name


def label(name: str) -> str:
    """A group's place in a path, from its first name: small letters and digits."""
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    return f"{PREFIX}{words[:LONGEST_LABEL].strip('_')}"
