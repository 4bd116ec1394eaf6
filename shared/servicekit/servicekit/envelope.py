"""CloudEvents 1.0, structured JSON: how a signal is written on a topic and read from it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from servicekit.contract import Signal

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Origin:
    """The network that a signal belongs to: its cell, and its path as it is now."""

    cell: str
    network: str


class Envelope(BaseModel):
    """The context attributes of one signal; `data` is not looked into here."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: str = Field(pattern=r"^1\.0$")
    id: UUID
    source: str = Field(min_length=1)
    type: str = Field(min_length=1)
    subject: str = Field(min_length=1)
    time: AwareDatetime
    datacontenttype: str = "application/json"
    dataschema: str = ""
    network: str
    version: int
    partitionkey: str
    traceparent: str | None = None
    data: dict[str, Any]


def schema_name(signal_type: str) -> str:
    return f"urn:guildhall:schema:{signal_type}"


def encode(signal: Signal, *, id: UUID, time: datetime, origin: Origin, traceparent: str | None = None) -> bytes:
    """The signal as one JSON document."""
    document: dict[str, Any] = {
        "specversion": "1.0",
        "id": str(id),
        "source": f"/services/{signal.service()}",
        "type": signal.type,
        "subject": signal.subject,
        "time": time,
        "datacontenttype": "application/json",
        "dataschema": schema_name(signal.type),
        "network": origin.network,
        "version": signal.version,
        "partitionkey": signal.key,
        "data": signal.model_dump(mode="json"),
    }
    if traceparent:
        document["traceparent"] = traceparent
    return orjson.dumps(document, option=orjson.OPT_UTC_Z)


def decode(value: bytes) -> Envelope:
    """Read the envelope. Raises ValueError where the bytes are no CloudEvent of ours."""
    return Envelope.model_validate(orjson.loads(value))
