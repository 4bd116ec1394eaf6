"""Refusals: what a rule says no with, in words that a person can act on, mapped to RFC 9457 at the edge."""

from typing import Any, ClassVar


class Problem(Exception):
    """A refusal. `code` is stable and machine-readable, `detail` is for the person who asked."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "bad-request"
    title: ClassVar[str] = "The request cannot be carried out"

    def __init__(self, detail: str, **extra: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.extra = extra
        """Members added to the problem document, such as `errors` or `retry_after` (seconds)."""


class Invalid(Problem):
    status = 422
    code = "invalid"
    title = "The request has a mistake in it"


class NotSignedIn(Problem):
    status = 401
    code = "not-signed-in"
    title = "Sign in first"


class Forbidden(Problem):
    status = 403
    code = "forbidden"
    title = "You may not do this"


class NotFound(Problem):
    status = 404
    code = "not-found"
    title = "There is nothing here"


class NothingHere(NotFound):
    """The same words whether there is nothing, or nothing that the caller may see: nobody can tell which."""

    def __init__(self) -> None:
        super().__init__("There is nothing here that you can see.")


class Conflict(Problem):
    status = 409
    code = "conflict"
    title = "The present state does not allow this"


class Gone(Problem):
    status = 410
    code = "gone"
    title = "This is no longer kept"


class PreconditionFailed(Problem):
    status = 412
    code = "changed-meanwhile"
    title = "Somebody changed this meanwhile"


class TooLarge(Problem):
    status = 413
    code = "too-large"
    title = "The request is too large"


class Unavailable(Problem):
    status = 503
    code = "unavailable"
    title = "Not possible at the moment"


class CannotStart(RuntimeError):
    """Something that whoever runs the process must put right first; the message says what, and names nobody."""

    for_operators = True
