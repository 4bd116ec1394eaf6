"""A partner body: it signs in with its own key, reads its stream from its cursor on, and has it pushed as well."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from guildhall_local.instance import Instance

KEY = "partner-key.json"
KEPT, SECRET = "kept.sqlite", "secret"
"""In its own folder: what its receiver has kept, and what that verifies with."""
SUBSCRIPTIONS = "/api/v1/cells/national/subscriptions"
CONTACT = "integrations@ashdown.example"


def keep_key(instance: Instance, private_jwk: Mapping[str, Any]) -> None:
    """In the story's folder, for whoever plays the partner body later."""
    file = instance.folder("story") / KEY
    file.touch(mode=0o600)
    file.write_text(json.dumps(dict(private_jwk)))


def read_key(instance: Instance) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((instance.state / "story" / KEY).read_text())
    return found


PAGE = 20
"""Small enough that the cursor is needed."""


def stream(agreement_id: str) -> str:
    """Where the signals of an agreement that the national network made are read."""
    return f"{SUBSCRIPTIONS}/{agreement_id}/signals"


def partner_folder(instance: Instance) -> Path:
    instance.folder("story")
    return instance.folder("story/partner")
