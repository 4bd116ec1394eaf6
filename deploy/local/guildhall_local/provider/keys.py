"""The provider's one signing key, kept in the state folder so that a restart ends nobody's sign-in."""

import json
from pathlib import Path

from joserfc.jwk import ECKey

ALGORITHM = "ES256"
FILE = "provider-key.json"


def load_or_make(state: Path) -> ECKey:
    path = state / FILE
    if not path.exists():
        state.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(new_key().as_dict(private=True)))
        fresh.replace(path)
    return ECKey.import_key(json.loads(path.read_text()))


def new_key() -> ECKey:
    """With the `alg` without which a gateway would take other algorithms with the same key."""
    return ECKey.generate_key("P-256", {"alg": ALGORITHM, "use": "sig"}, private=True, auto_kid=True)
