"""How a description says that a body names one of several things and not two."""

from typing import Any


def one_of(*names: str) -> dict[str, Any]:
    """For `json_schema_extra`, in words of JSON Schema: one of these is there, and not null."""
    return {"oneOf": [{"required": [name], "properties": {name: {"not": {"type": "null"}}}} for name in names]}
