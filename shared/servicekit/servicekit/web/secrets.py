"""Keys of our own stand in one directory, a file for each purpose, and whatever they sign names its key.

`<purpose>.key` holds one key a line, `<key id>:<base64url of at least 32 bytes>`; the first signs, all hold.
To rotate, put a new line first and take the old one away once nothing signed with it is in use.
"""

import base64
import binascii
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from servicekit.problem import CannotStart

SHORTEST = 32

_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")


class KeysMissing(CannotStart):
    """A key file is not there, or not in order; the message says which and why, never what is in it."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one purpose by their id."""

    current: str
    by_id: Mapping[str, bytes]

    @property
    def signing(self) -> bytes:
        return self.by_id[self.current]


def read_keys(secrets_dir: Path, purpose: str) -> Keys:
    """The keys of `<secrets_dir>/<purpose>.key`. Raises KeysMissing."""
    path = secrets_dir / f"{purpose}.key"
    try:
        lines = [line.strip() for line in path.read_text(encoding="ascii").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise KeysMissing(f"{path.name} cannot be read in the directory of secrets: {type(error).__name__}") from None
    found = dict(_key(path.name, line) for line in lines if line and not line.startswith("#"))
    if not found:
        raise KeysMissing(f"{path.name} holds no key")
    return Keys(next(iter(found)), found)


def write_keys(secrets_dir: Path, purpose: str) -> None:
    """Make the file with one new key, readable by its owner only, where there is none yet."""
    secrets_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = secrets_dir / f"{purpose}.key"
    if path.exists():
        return
    key = base64.urlsafe_b64encode(secrets.token_bytes(SHORTEST)).decode().rstrip("=")
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(f"{secrets.token_hex(4)}:{key}\n")


def _key(file: str, line: str) -> tuple[str, bytes]:
    name, _, text = line.partition(":")
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not _ID.fullmatch(name) or len(key) < SHORTEST:
        raise KeysMissing(f"{file}: expected lines of <key id>:<base64url of at least {SHORTEST} bytes>")
    return name, key
