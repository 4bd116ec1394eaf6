"""Planning what becomes of networks, and cancelling it again; on its day it is carried out elsewhere."""

from collections.abc import Callable, Container, Sequence
from datetime import date, datetime
from uuid import UUID

from membership_service.changes import model, store
from membership_service.changes.model import CANCELLED, FAILED, PENDING, REPLACED, Change, Reconciled, Wish
from membership_service.networks import store as networks
from membership_service.networks.model import Network
from membership_service.organisations import model as organisations
from servicekit.database import Conn


async def plan(
    conn: Conn, change_id: UUID, wish: Wish, *, by: UUID | None, today: date, now: datetime, dry_run: bool = False
) -> Change:
    """A change made by hand. dry_run: only whether it could be. Raises what is in the way, in words."""
    await networks.hold_founding(conn)
    if wish.name is not None:
        wish = Wish(
            network_id=wish.network_id, what=wish.what, day=wish.day, name=organisations.checked_name(wish.name)
        )
    model.check(wish, await concerned(conn, wish), today=today)
    model.check_none_pending(wish, await store.in_state(conn, [PENDING]))
    change = Change(id=change_id, wish=wish, from_file=False, planned_by=by, planned_at=now)
    if not dry_run:
        await store.add_many(conn, [change])
    return change


async def cancel(conn: Conn, change_id: UUID, *, by: UUID | None, now: datetime) -> Change:
    """Raises NothingHere, ChangeSettled."""
    change = (await store.lock(conn, change_id)).settle(CANCELLED, by=by, at=now)
    await store.save_settled(conn, [change])
    return change


async def follow_file(
    conn: Conn,
    wishes: Sequence[Wish],
    undated: Container[Wish],
    *,
    by: UUID | None,
    now: datetime,
    draw_id: Callable[[], UUID],
    dry_run: bool,
) -> Reconciled:
    """Plan what a file asks for, under the founding lock; what it says again stays as it is. dry_run: only say what."""
    found = model.reconcile(
        wishes,
        undated,
        await store.in_state(conn, [PENDING]),
        await store.in_state(conn, [CANCELLED, FAILED]),
    )
    if not dry_run:
        settled = [
            *(one.settle(REPLACED, by=by, at=now, why="a later file says otherwise") for one in found.replaced),
            *(one.settle(CANCELLED, by=by, at=now, why="a later file no longer says so") for one in found.withdrawn),
        ]
        await store.save_settled(conn, settled)
        new = [Change(id=draw_id(), wish=one, from_file=True, planned_by=by, planned_at=now) for one in found.new]
        await store.add_many(conn, new)
    return found


async def concerned(conn: Conn, wish: Wish) -> dict[UUID, Network]:
    """The network, those that the wish names, and those below it. Raises NetworkNotFound."""
    named = [one for one in (wish.network_id, wish.parent_id, wish.successor_id) if one is not None]
    found = await networks.get_many(conn, named)
    return found | await networks.below(conn, found[wish.network_id].path)
