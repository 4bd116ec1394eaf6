"""What the database knows of its consumers: their projection, its active schema and epoch, their Kafka groups."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from servicekit.consumers.subscription import Consumer
from servicekit.database import Conn

OTHER = {"a": "b", "b": "a"}


@dataclass(frozen=True, slots=True)
class Active:
    """The active side of one projection."""

    name: str
    side: str
    epoch: int

    @property
    def idle_schema(self) -> str:
        return f"{self.name}_{OTHER[self.side]}"


async def register(conn: Conn, consumers: Sequence[Consumer]) -> None:
    """Make the consumers known; `migrate` does it, so that readers can tell what has been applied."""
    await conn.executemany(
        "INSERT INTO servicekit.projections (name) VALUES ($1) ON CONFLICT DO NOTHING",
        [(c.projection,) for c in consumers],
    )
    await conn.executemany(
        """
        INSERT INTO servicekit.consumers (consumer, projection) VALUES ($1, $2)
            ON CONFLICT (consumer) DO UPDATE SET projection = excluded.projection
        """,
        [(c.name, c.projection) for c in consumers],
    )


async def active(conn: Conn, projection: str) -> Active:
    row = await conn.fetchrow("SELECT name, active, epoch FROM servicekit.projections WHERE name = $1", projection)
    if row is None:
        raise LookupError(f"no projection {projection}: run migrate")
    return Active(row["name"], row["active"], row["epoch"])


async def group_name(conn: Conn, service: str, consumer: Consumer, *, prefix: str) -> str:
    """A Kafka group belongs to one database; a rebuild reads without one, so the name outlives its switch."""
    row = await conn.fetchrow(
        "SELECT id, group_number FROM servicekit.deployment, servicekit.projections WHERE name = $1",
        consumer.projection,
    )
    if row is None:
        raise LookupError(f"no projection {consumer.projection}: run migrate")
    return f"{prefix}{service}.{consumer.name}.{row['id']}.{row['group_number']}"


async def positions(conn: Conn, consumer: str, epoch: int) -> dict[tuple[str, int], int]:
    """By topic (without prefix) and partition: the offset that follows what is applied."""
    rows = await conn.fetch(
        "SELECT topic, partition, next_offset FROM servicekit.positions WHERE consumer = $1 AND epoch = $2",
        consumer,
        epoch,
    )
    return {(row["topic"], row["partition"]): row["next_offset"] for row in rows}


async def applied_positions(conn: Conn, consumer: str) -> dict[tuple[str, int], int]:
    """The same in the epoch that is on."""
    rows = await conn.fetch(
        """
        SELECT topic, partition, next_offset
          FROM servicekit.positions
          JOIN servicekit.consumers USING (consumer)
          JOIN servicekit.projections p ON p.name = consumers.projection AND p.epoch = positions.epoch
         WHERE consumer = $1
        """,
        consumer,
    )
    return {(row["topic"], row["partition"]): row["next_offset"] for row in rows}


async def pass_by(conn: Conn, consumer: str, passed: Mapping[tuple[str, int], int]) -> None:
    """Write down how far partitions are of which only heartbeats came; all before these offsets is applied."""
    await conn.execute(
        """
        INSERT INTO servicekit.positions AS held (consumer, epoch, topic, partition, next_offset)
        SELECT consumer, epoch, topic, partition, next_offset
          FROM unnest($2::text[], $3::int[], $4::bigint[]) AS passed (topic, partition, next_offset)
         CROSS JOIN servicekit.consumers
          JOIN servicekit.projections p ON p.name = consumers.projection
         WHERE consumer = $1
         ORDER BY topic, partition
            ON CONFLICT (consumer, epoch, topic, partition) DO UPDATE SET next_offset = excluded.next_offset
         WHERE held.next_offset < excluded.next_offset
        """,
        consumer,
        [topic for topic, _ in passed],
        [partition for _, partition in passed],
        list(passed.values()),
    )


async def epochs(conn: Conn, consumer: str) -> set[int]:
    """Those in which something was applied."""
    rows = await conn.fetch("SELECT DISTINCT epoch FROM servicekit.positions WHERE consumer = $1", consumer)
    return {row["epoch"] for row in rows}


async def forget_positions(conn: Conn, consumer: str, *, but: int) -> None:
    await conn.execute("DELETE FROM servicekit.positions WHERE consumer = $1 AND epoch <> $2", consumer, but)
