"""What schemathesis is told of this house: which days there are, and how a rule may refuse what a schema takes.

A schema cannot say every rule: an event ends after it starts, a zone exists, a change has a version of its own. So a
request that fits its description may be refused with 410, 412 or 422, but not as if it did not fit: a refusal that
names fields, one by one, says that the description is wrong, unless what it says is no matter of a schema.
"""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import schemathesis
from hypothesis import strategies as st
from schemathesis.core.parameters import ParameterLocation

# The ends are `formatMinimum` and `formatMaximum` in the descriptions, words that schemathesis does not know.
FIRST = datetime(1900, 1, 1, tzinfo=UTC)
SECONDS = int((datetime(2199, 12, 30, tzinfo=UTC) - FIRST).total_seconds())
moments = st.integers(0, SECONDS).map(lambda seconds: FIRST + timedelta(seconds=seconds))
schemathesis.openapi.format("date-time", moments.map(datetime.isoformat))
schemathesis.openapi.format("date-time-local", moments.map(lambda one: one.replace(tzinfo=None).isoformat()))
schemathesis.openapi.format("date", st.dates(date(1900, 1, 1), date(2199, 12, 31)).map(date.isoformat))

BY_A_RULE = re.compile(
    "a contrast of|known: |give both|mail programs read|U\\+[0-9A-F]{5}, which|the first lies behind the last"
)
"""What is said of a field that no schema can say: how well a colour is read on another, which names are known."""


@schemathesis.hook
def filter_case(_ctx: Any, case: Any) -> bool:
    """Whatever stands in a file is text: what would be a list elsewhere is two brackets there, and no fault."""
    body = case.meta.components.get(ParameterLocation.BODY) if case.meta else None
    return case.media_type != "text/csv" or body is None or body.mode.is_positive


@schemathesis.check
def what_fits_is_not_called_malformed(_ctx: Any, response: Any, case: Any) -> None:
    if case.meta is None or not case.meta.generation.mode.is_positive or response.status_code != 422:
        return
    if not response.headers.get("content-type", [""])[0].startswith("application/problem+json"):
        return
    refusal = response.json()
    if any(not BY_A_RULE.search(fault["message"]) for fault in refusal.get("errors", ())):
        raise AssertionError(f"It fits its description, and was refused as malformed: {refusal.get('detail')}")
