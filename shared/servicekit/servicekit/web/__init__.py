"""The web chassis: what every service's HTTP edge does the same way."""

from servicekit.web.after import readers
from servicekit.web.app import create_app
from servicekit.web.etags import ExpectedVersion, check_version, etag, set_etag
from servicekit.web.paging import Cursors, Page, Paged, Paging
from servicekit.web.rules import UnguardedRoute, routes_of
from servicekit.web.secrets import Keys, read_keys, write_keys
from servicekit.web.streams import Draining, pause, until
from servicekit.web.tokens import Token, TokenVerifier

__all__ = [
    "Cursors",
    "Draining",
    "ExpectedVersion",
    "Keys",
    "Page",
    "Paged",
    "Paging",
    "Token",
    "TokenVerifier",
    "UnguardedRoute",
    "check_version",
    "create_app",
    "etag",
    "pause",
    "read_keys",
    "readers",
    "routes_of",
    "set_etag",
    "until",
    "write_keys",
]
