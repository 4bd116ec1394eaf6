"""An edit names the version that it edits: `ETag` on what is read, `If-Match` on what changes it."""

import re
from typing import Annotated

from fastapi import Depends, Header, Response

from servicekit.problem import Invalid, PreconditionFailed, Problem

TAG = re.compile(r'"([0-9]{1,9})"')


class VersionRequired(Problem):
    status = 428
    code = "version-required"
    title = "Say which version you are changing"


def etag(version: int) -> str:
    """The value of `ETag` for a version."""
    return f'"{version}"'


def set_etag(response: Response, version: int) -> None:
    response.headers["etag"] = etag(version)


async def _expected_version(if_match: Annotated[str | None, Header(max_length=64)] = None) -> int:
    if if_match is None:
        raise VersionRequired('Send If-Match with the ETag that you have read, such as If-Match: "3".')
    found = TAG.fullmatch(if_match.strip())
    if found is None:
        raise Invalid('If-Match: expected one ETag as it was given, such as "3".')
    return int(found[1])


ExpectedVersion = Annotated[int, Depends(_expected_version)]
"""What an edit asks for: the version that the client has seen. Missing: 428."""


def check_version(expected: int, actual: int) -> None:
    """Raises PreconditionFailed (412) where somebody else was faster. Call it once the row is locked."""
    if expected != actual:
        raise PreconditionFailed(
            f"You have changed version {expected}, but version {actual} is there by now: read it again.",
            version=actual,
        )
