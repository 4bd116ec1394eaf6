"""Settle what was tried, and tell owners by mail of endpoints that fail: before they are disabled, and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from notifications_service.erasures import store as erasures
from notifications_service.streams.model import ERASED
from notifications_service.webhooks import endpoints, operations, store
from notifications_service.webhooks.endpoints import Health
from notifications_service.webhooks.model import Settled, Tried
from notifications_service.webhooks.operations import about_disabling, about_failing
from notifications_service.webhooks.store import Claimed, Result
from servicekit import clock
from servicekit.database import Conn

GONE = "gone"
FAILING = "failing"
"""Why an endpoint was disabled: it answered 410, or nothing but failures for days."""


@dataclass(frozen=True, slots=True)
class Handled:
    """A claimed delivery and what came of it; no attempt where it was withheld."""

    claimed: Claimed
    result: Result
    tried: Tried | None


def handled(claimed: Claimed, claim: UUID, settled: Settled, tried: Tried | None, *, at: datetime) -> Handled:
    result = Result(
        delivery_id=claimed.id,
        subscription_id=claimed.subscription_id,
        claim=claim,
        state=settled.state.value,
        next_attempt_at=settled.next_attempt_at,
        at=tried.at if tried else at,
        milliseconds=tried.milliseconds if tried else 0,
        status=tried.status if tried else None,
        answer=tried.answer if tried else None,
        failure=tried.words if tried else None,
        tried=tried is not None,
    )
    return Handled(claimed, result, tried)


async def settle(conn: Conn, done: Sequence[Handled], *, now: datetime) -> None:
    """All in one transaction: outcomes, the log, how the endpoints fare, and who has to be told."""
    ours = await store.settle(conn, [one.result for one in done])
    if told := [one.claimed.id for one in done if one.claimed.type == ERASED and one.claimed.id in ours]:
        await erasures.note_delivered(conn, told, now=now)
    counted = [one for one in done if one.claimed.id in ours and one.tried and not one.claimed.is_test]
    seen = [
        Health(
            subscription_id=one.claimed.subscription_id,
            failure=one.tried.words,
            resume_at=now + one.tried.retry_after if one.tried.retry_after else None,
        )
        for one in counted
        if one.tried
    ]
    if seen:
        await endpoints.note(conn, seen, now=now)
    if gone := {one.claimed.subscription_id for one in counted if one.tried and one.tried.is_gone}:
        for troubled in await endpoints.disable(conn, sorted(gone), GONE, now=now):
            await operations.tell(conn, troubled, about_disabling(troubled), now=now)


async def look_after(conn: Conn, *, warn_after: timedelta, disable_after: timedelta, now: datetime) -> None:
    """End what has ended, disable what has failed for days, warn the owners of what has failed for a while."""
    await endpoints.end(conn, today=clock.london_day(now), now=now)
    failing = await endpoints.failing(conn, since=now - disable_after)
    for troubled in await endpoints.disable(conn, failing, FAILING, now=now) if failing else []:
        await operations.tell(conn, troubled, about_disabling(troubled), now=now)
    for troubled in await endpoints.warn(conn, failing_since=now - warn_after, now=now):
        await operations.tell(conn, troubled, about_failing(troubled, disable_after=disable_after), now=now)
