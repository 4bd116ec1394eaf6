"""Claim, judge, sign, send, settle: many endpoints side by side, each with slots of its own, so that none waits.

A claim is committed before anything leaves, and lapses after a while: what a process had in hand when it died goes
again, under the same id. So a webhook arrives at least once.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from uuid import UUID

import structlog

from notifications_service.webhooks import actions, figures, judging, store
from notifications_service.webhooks.actions import Handled, handled
from notifications_service.webhooks.addresses import AddressRefused, target
from notifications_service.webhooks.model import (
    LARGEST_BODY,
    Settled,
    State,
    Tried,
    retry_after,
    settle,
    shown_answer,
)
from notifications_service.webhooks.outward import Answered, Outward
from notifications_service.webhooks.signing import Sealed, Unsealable, Vault, signed_headers
from notifications_service.webhooks.store import Claimed
from servicekit import clock
from servicekit.crash_points import Point, reached
from servicekit.database import Database
from servicekit.faults import is_away, is_contention
from servicekit.ids import new_id

log = structlog.get_logger(__name__)

SLOTS = 4
"""Attempts at one endpoint side by side; one at a time while it fails."""
IN_HAND = 1000
"""Attempts side by side in one process."""
IDLE_SECONDS = 0.2
DRAIN_SECONDS = 5.0


@dataclass(slots=True, kw_only=True)
class Sender:
    """test_targets: `host:port` of receivers that may be anywhere. chance: a seam, draws from 0 to 1."""

    db: Database
    vault: Vault
    outward: Outward = field(default_factory=Outward)
    test_targets: frozenset[str] = frozenset()
    slots: int = SLOTS
    chance: Callable[[], float] = random.random
    _in_hand: dict[asyncio.Task[Handled], UUID] = field(default_factory=dict)
    """Each attempt under way, and whose it is."""
    _unsettled: list[Handled] = field(default_factory=list)

    async def run(self, stopping: asyncio.Event) -> None:
        """Until told to stop; then what is under way has a few seconds to end."""
        stop = asyncio.create_task(stopping.wait())
        try:
            while not stopping.is_set():
                claimed = await self._quietly(self.take_up)
                if not claimed:
                    await asyncio.wait(
                        {*self._in_hand, stop}, timeout=IDLE_SECONDS, return_when=asyncio.FIRST_COMPLETED
                    )
                await self._quietly(self.settle_what_is_done)
            if self._in_hand:
                await asyncio.wait(self._in_hand, timeout=DRAIN_SECONDS)
            await self._quietly(self.settle_what_is_done)
        finally:
            for task in [stop, *self._in_hand]:
                task.cancel()

    async def round(self) -> int:
        """Take up what is due, carry it through, settle it; returns how many."""
        claimed = await self.take_up()
        if self._in_hand:
            await asyncio.wait(self._in_hand)
        await self.settle_what_is_done()
        return claimed

    async def take_up(self) -> int:
        """Claim what is due and begin to send it. Returns how many."""
        claim, busy = new_id(), Counter(self._in_hand.values())
        async with self.db.transaction() as conn:
            found = await store.claim(
                conn,
                claim=claim,
                busy=busy,
                slots=self.slots,
                limit=max(IN_HAND - len(self._in_hand), 0),
                now=clock.now(),
            )
        if found:
            reached(Point.WEBHOOK_CLAIMED)
        for claimed in found:
            self._in_hand[asyncio.create_task(self._carry(claimed, claim))] = claimed.subscription_id
        return len(found)

    async def settle_what_is_done(self) -> None:
        """Write down what has come of attempts; where that fails, it is kept and tried again."""
        for task in [task for task in self._in_hand if task.done()]:
            del self._in_hand[task]
            self._unsettled.append(task.result())
        if not self._unsettled:
            return
        async with self.db.transaction() as conn:
            await actions.settle(conn, self._unsettled, now=clock.now())
            reached(Point.WEBHOOK_SETTLING)
        for one in self._unsettled:
            figures.WEBHOOKS.labels(one.result.state).inc()
        self._unsettled.clear()

    async def _carry(self, claimed: Claimed, claim: UUID) -> Handled:
        now = clock.now()
        try:
            body = judging.body(claimed, today=clock.london_day(now))
        except Exception as error:  # one that cannot be written must not take all others with it
            log.error("webhooks.unwritable", delivery=str(claimed.id), exc_info=error)
            body = b""
        if body is None:
            return handled(claimed, claim, Settled(State.WITHHELD), None, at=now)
        tried = await self._try(claimed, body)
        if len(body) > LARGEST_BODY:
            return handled(claimed, claim, Settled(State.MISSED), tried, at=now)
        settled = settle(tried, attempts=claimed.attempts, is_test=claimed.is_test, now=clock.now(), chance=self.chance)
        return handled(claimed, claim, settled, tried, at=now)

    async def _try(self, claimed: Claimed, body: bytes) -> Tried:
        began, at = time.monotonic(), clock.now()
        answered = await self._post(claimed, body)
        if answered.status is not None:
            reached(Point.WEBHOOK_ANSWERED)
        return Tried(
            at=at,
            milliseconds=int((time.monotonic() - began) * 1000),
            status=answered.status,
            answer=shown_answer(answered.body),
            failure=answered.failure,
            retry_after=retry_after(answered.status, answered.headers.get("retry-after"), now=clock.now()),
        )

    async def _post(self, claimed: Claimed, body: bytes) -> Answered:
        if not body:
            return Answered(failure="it could not be written here")
        if len(body) > LARGEST_BODY:
            return Answered(failure=f"it is larger than {LARGEST_BODY:,} bytes")
        try:
            secrets = [self.vault.open(Sealed(*sealed), claimed.subscription_id) for sealed in claimed.secrets]
            there = target(claimed.url, test_targets=self.test_targets)
        except Unsealable:
            log.error("webhooks.secret-unsealable", subscription=str(claimed.subscription_id))
            return Answered(failure="its secret cannot be opened here")
        except AddressRefused as refusal:
            return Answered(failure=f"{refusal.code}: {refusal.detail}")
        headers = signed_headers(secrets, claimed.webhook_id, body, at=clock.now())
        return await self.outward.post(
            there,
            body,
            {**headers, "content-type": "application/json", "user-agent": "Guildhall-Webhooks/1", "accept": "*/*"},
        )

    async def _quietly(self, step: Callable[[], Awaitable[int | None]]) -> int:
        """A database that is away is waited for; whatever else goes wrong ends the process."""
        try:
            return await step() or 0
        except Exception as error:
            if not (is_away(error) or is_contention(error)):
                raise
            log.warning("webhooks.waiting", error=type(error).__name__)
            return 0
