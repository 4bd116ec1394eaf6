"""A partner's feed is written by the deployment that serves the agreement's cell, and by no other."""

import pytest
from notifications_house import House, network_id, published
from notifications_partner import made

from notifications_service.consumers import CONSUMERS
from servicekit.cells import NATIONAL
from servicekit.consumers import Serves
from servicekit.consumers.subscription import serves_all
from servicekit.envelope import Origin
from servicekit.testing.deliveries import as_record, deliver


def national_alone(cell: str) -> bool:
    return cell == NATIONAL


def midlands_alone(cell: str) -> bool:
    return cell == "midlands"


@pytest.mark.parametrize(
    ("serves", "feeds"),
    [(national_alone, {"national"}), (midlands_alone, {"midlands"}), (serves_all, {"national", "midlands"})],
)
async def test_each_agreement_has_its_feed_in_one_deployment(house: House, serves: Serves, feeds: set[str]) -> None:
    """The nation reads the region's events too, for its own partners; the last row takes the rule away."""
    await house.directory.network("national.midlands")
    agreements = {
        "national": await made(house),
        "midlands": await made(house, at="national.midlands"),
    }
    event = as_record(published(network_id=network_id("national.midlands")), at=Origin("midlands", "national.midlands"))

    await deliver(house.worker, CONSUMERS, event, serves=serves)

    async with house.worker.reading() as conn:
        items = await conn.fetch("SELECT agreement_id FROM stream_items")
    named = {agreement.agreement_id: cell for cell, agreement in agreements.items()}
    assert sorted(named[row["agreement_id"]] for row in items) == sorted(feeds)
