"""Which refusal an exception stands for; what is not listed here is a mistake of ours."""

from functools import cache
from http import HTTPStatus

from asyncpg import exceptions as postgres
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from servicekit.faults import is_away, is_contention
from servicekit.idempotency import InFlight
from servicekit.problem import Problem, Unavailable
from servicekit.web.validation import KnownFields, invalid

_OUR_WORDS = {
    404: ("not-found", "There is nothing here"),
    405: ("method-not-allowed", "This cannot be done here"),
}


@cache
def _refusal(status: int) -> type[Problem]:
    """A class for a status of the framework's own."""
    phrase = HTTPStatus(status).phrase
    code, title = _OUR_WORDS.get(status, (phrase.lower().replace(" ", "-"), phrase))
    return type("HttpRefusal", (Problem,), {"status": status, "code": code, "title": title})


def problem_of(error: Exception, known: KnownFields) -> Problem | None:
    """The refusal that `error` is, or None where it is unexpected."""
    match error:
        case Problem():
            return error
        case RequestValidationError():
            return invalid(error.errors(), error.body, known)
        case HTTPException():
            return _refusal(error.status_code)(str(error.detail))
        case postgres.UniqueViolationError() if error.table_name == "idempotency_keys":
            return InFlight(
                "The same request is being carried out at this moment; ask again in a second.", retry_after=1
            )
    if is_contention(error):
        return Unavailable("Others were changing the same things; ask again.", retry_after=1)
    if is_away(error):
        return Unavailable("Something that this needs does not answer at the moment; ask again.", retry_after=2)
    return None
