"""Who is who, who belongs where, who may do what: one projection and one policy for every service."""

from access.application import application
from access.guard import Caller, Db, anyone, may, signed_in
from access.principal import HeldGrant, Principal
from access.projection import ACCESS
from access.schema import schema

__all__ = [
    "ACCESS",
    "Caller",
    "Db",
    "HeldGrant",
    "Principal",
    "anyone",
    "application",
    "may",
    "schema",
    "signed_in",
]
