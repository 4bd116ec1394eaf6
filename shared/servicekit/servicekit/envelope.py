"""CloudEvents 1.0, structured JSON: how a signal is written on a topic and read from it."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from types import GenericAlias
from typing import Annotated, Any, Generic, Literal, NotRequired, TypeVar
from uuid import UUID

import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter
from typing_extensions import TypedDict

from servicekit.contract import Signal

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"

S = TypeVar("S", bound=Signal)
Text = Annotated[str, Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Origin:
    """The network that a signal belongs to: its cell, and its path as it is now."""

    cell: str
    network: str


class Envelope(BaseModel):
    """The context attributes of one signal; `data` is not looked into here."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: Literal["1.0"]
    id: UUID
    source: Text
    type: Text
    subject: Text
    time: AwareDatetime
    datacontenttype: str = "application/json"
    dataschema: str = ""
    network: str
    version: int
    partitionkey: str
    traceparent: str | None = None
    data: dict[str, Any]


class Whole(TypedDict, Generic[S]):
    """What is used of a signal whose data is of a known contract.

    A dictionary, since one is made for every signal that is consumed, and a model takes a third longer to make.
    """

    specversion: Literal["1.0"]
    id: UUID
    source: Text
    type: Text
    subject: Text
    time: AwareDatetime
    network: str
    version: int
    partitionkey: str
    traceparent: NotRequired[str | None]
    data: S


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


def decode_whole(value: bytes, contract: type[S]) -> Whole[S]:
    """Read envelope and data in one pass: half the time of one after the other. Raises ValueError."""
    return _whole(contract).validate_json(value)


@cache
def _whole(contract: type[S]) -> TypeAdapter[Whole[S]]:
    of_contract: Any = GenericAlias(Whole, (contract,))
    return TypeAdapter(of_contract)
