"""What the other services answer: each receipt is kept beside the erasure that it is about."""

from collections.abc import Sequence

import analytics_contracts
import events_contracts
import notifications_contracts
from membership_service.erasures import store
from servicekit.consumers import Delivery
from servicekit.database import Conn

Answer = (
    events_contracts.ErasureCarriedOut
    | notifications_contracts.ErasureCarriedOut
    | analytics_contracts.ErasureCarriedOut
)


async def keep_receipts(conn: Conn, answers: Sequence[Delivery[Answer]]) -> None:
    await store.keep_receipts(
        conn,
        [
            (answer.data.erasure_id, answer.data.service(), answer.cell, answer.data.version, answer.data.at)
            for answer in answers
        ],
    )
