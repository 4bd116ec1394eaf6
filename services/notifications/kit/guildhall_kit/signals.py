"""A signal as it arrives, pushed or pulled, and the hash that proves it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from guildhall_kit.refusals import Tampered

TEST = "guildhall.webhooks.test.v1"
"""The type of what a test sends: it stands for nothing, and has no position."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    id: str
    type: str
    time: str
    """ISO 8601."""
    data: Mapping[str, Any]
    position: int | None = None
    """Its place in the stream: 1 for the first, without a gap. None for a test."""
    agreement_id: str | None = None
    network: str | None = None
    sha256: str | None = None
    salt: str = ""
    whole: bool = True
    """Whether `data` is all that there was; else something is no longer agreed or consented to."""

    @classmethod
    def of(cls, told: Mapping[str, Any], *, agreement_id: str | None = None) -> "Signal":
        """From JSON. Raises Tampered where its data is not what its hash says, or it is no signal."""
        try:
            signal = cls(
                id=str(told["id"]),
                type=str(told["type"]),
                time=str(told["time"]),
                data=dict(told["data"]),
                position=None if told.get("position") is None else int(told["position"]),
                agreement_id=told.get("agreement_id", agreement_id),
                network=told.get("network"),
                sha256=told.get("sha256"),
                salt=str(told.get("salt", "")),
                whole=told.get("whole", True) is True,
            )
        except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
            raise Tampered(f"this is no signal: {type(error).__name__}") from None
        if signal.whole and signal.sha256 is not None and proof(signal.data, salt=signal.salt) != signal.sha256:
            raise Tampered(f"the data of position {signal.position} is not what its hash says")
        return signal


def proof(data: Mapping[str, Any], *, salt: str = "") -> str:
    """SHA-256, in hex, of the salt and the data as canonical JSON: names sorted, no spaces, UTF-8."""
    canonical = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256((salt + canonical).encode("utf-8")).hexdigest()
